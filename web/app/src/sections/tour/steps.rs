//! The guided tour: what its steps show, say and set. Each sets all that it speaks of, so that any order of them gives
//! the same page; the image stays the visitor's.

use crate::{
    choice::Choice,
    logit::Logit,
    parts::modes::title,
    say,
    sections::{
        gradient::state::GradientState, linearization::LinearizationState, live_training::state::LiveTraining,
        network::NetworkState, similar::state::SimilarState, tour::place,
    },
    selection::Selection,
    setting::SCOPES,
    words,
};
use leptos::prelude::*;
use protocol::{
    gradient::{ClassChoice, Order},
    linearization::Point,
    numbers::{best, percent, signed},
    terms::Terms,
    viewport::Viewport,
};
use vocabulary::Mode;

/// What the tour shows and sets: the sections' states.
#[derive(Clone, Copy)]
pub struct Toured {
    selection: Selection,
    logit: Logit,
    network: NetworkState,
    gradient: GradientState,
    linearization: LinearizationState,
    similar: SimilarState,
    training: LiveTraining,
}

impl Toured {
    /// Those of the page.
    pub fn of_the_page() -> Self {
        Self {
            selection: expect_context(),
            logit: expect_context(),
            network: expect_context(),
            gradient: expect_context(),
            linearization: expect_context(),
            similar: expect_context(),
            training: expect_context(),
        }
    }
}

/// One step of the tour.
pub struct Step {
    /// The section that it is in, by its id.
    pub section: &'static str,
    /// What it is about.
    pub title: fn() -> &'static str,
    /// What it says, with the numbers of the chosen image; none while they are not there.
    pub text: fn(Toured) -> Option<String>,
    /// What it sets, beyond what all start from.
    set: fn(Toured),
}

impl Step {
    /// Sets the page's controls to what the step speaks of.
    pub fn prepare(&self, page: Toured) {
        page.logit.class.set(ClassChoice::default());
        page.logit.against.set(ClassChoice::default());
        page.selection.scope.set(SCOPES[0]);
        page.network.layer.set(String::new());
        page.gradient.rows.set(Order::default());
        page.gradient.columns.set(Order::default());
        page.gradient.view.set(Viewport::default());
        page.linearization.r.set(1.0);
        (self.set)(page);
    }
}

fn nothing(_: Toured) {}

/// The steps, in the order in which the data flow.
pub const STEPS: [Step; place::STEPS] = [
    Step { section: "claim", title: say::tour_image_title, text: image, set: nothing },
    Step {
        section: "maps",
        title: say::tour_activations_title,
        text: |_| always(say::tour_activations()),
        set: nothing,
    },
    Step { section: "maps", title: say::tour_tangents_title, text: |_| always(say::tour_tangents()), set: nothing },
    Step { section: "gradient", title: say::tour_gradient_title, text: gradient, set: nothing },
    Step { section: "gradient", title: say::tour_sorted_title, text: |_| always(say::tour_sorted()), set: sort },
    Step { section: "predictions", title: say::tour_readers_title, text: readers, set: nothing },
    Step { section: "terms", title: say::tour_terms_title, text: terms, set: nothing },
    Step {
        section: "line",
        title: say::tour_start_title,
        text: start_of_line,
        set: |page| page.linearization.r.set(0.0),
    },
    Step { section: "line", title: say::tour_end_title, text: end_of_line, set: nothing },
    Step {
        section: "similar",
        title: say::tour_alike_title,
        text: |_| always(say::tour_alike()),
        set: |page| page.similar.on.set(true),
    },
    Step { section: "train", title: say::tour_train_title, text: train, set: nothing },
    Step { section: "check", title: say::tour_check_title, text: |_| always(say::tour_check()), set: nothing },
];

fn always(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn sort(page: Toured) {
    page.gradient.rows.set(Order::Value);
    page.gradient.columns.set(Order::Value);
}

fn image(page: Toured) -> Option<String> {
    Some(match page.selection.choice.get()? {
        Choice::Tile(tile) => say::tour_image_tile(tile.index, say::class(tile.label)),
        Choice::Upload { name, .. } => say::tour_image_own(name),
    })
}

fn gradient(page: Toured) -> Option<String> {
    Some(say::tour_gradient(say::class(page.logit.contrast()?.class)))
}

fn readers(page: Toured) -> Option<String> {
    let said = |&mode| {
        let (class, share) = page.selection.shown.with(|shown| best(shown.as_ref()?.terms.get(&mode)?))?;
        Some(say::tour_reader(title(mode), say::class(class), percent(share)))
    };
    Some(say::tour_readers(Mode::ALL.iter().map(said).collect::<Option<Vec<_>>>().map(words::clauses)?))
}

fn terms(page: Toured) -> Option<String> {
    let (class, terms) = full_terms(page)?;
    let [activation, gradient, total] = [terms.activation, terms.gradient, terms.total()].map(signed);
    Some(say::tour_terms(say::class(class), activation, gradient, total))
}

/// The class that the full model predicts, and its terms.
fn full_terms(page: Toured) -> Option<(usize, Terms)> {
    page.selection.shown.with(|shown| {
        let terms = shown.as_ref()?.terms.get(&Mode::Full)?;
        let (class, _) = best(terms)?;
        Some((class, *terms.get(class)?))
    })
}

fn start_of_line(page: Toured) -> Option<String> {
    let Point { network, tangent, .. } = point(page)?;
    Some(say::tour_start_of_line(signed(network), signed(tangent)))
}

fn end_of_line(page: Toured) -> Option<String> {
    let point = point(page)?;
    Some(say::tour_end_of_line(signed(point.network), signed(point.tangent), signed(point.error())))
}

/// Where the line is at r.
fn point(page: Toured) -> Option<Point> {
    let (r, contrast) = (page.linearization.r.get(), page.logit.contrast()?);
    page.linearization.line.with(|line| line.as_ref()?.value.at(r, contrast))
}

fn train(page: Toured) -> Option<String> {
    let classes = page.training.classes.get().0.into_iter().enumerate().filter(|(_, taken)| *taken);
    let names = words::list(classes.map(|(class, _)| say::class(class)).collect());
    Some(say::tour_train(names?, page.training.images.get()))
}
