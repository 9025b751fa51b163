//! The steps of the tour: what each shows and says. The visitor uses the page's own controls; the tour sets nothing.

use crate::{
    choice::Choice,
    logit::Logit,
    parts::modes::title,
    say,
    sections::{gradient::state::GradientState, tour::place},
    selection::Selection,
    words,
};
use leptos::prelude::*;
use protocol::{
    numbers::{best, percent, signed},
    terms::Terms,
};
use vocabulary::Mode;

/// What the tour speaks of.
#[derive(Clone, Copy)]
pub struct Toured {
    selection: Selection,
    logit: Logit,
    gradient: GradientState,
}

impl Toured {
    /// What is on the page.
    pub fn of_the_page() -> Self {
        Self { selection: expect_context(), logit: expect_context(), gradient: expect_context() }
    }

    /// Tracks what things come and go with.
    pub fn changed(self) {
        self.selection.shown.track();
        self.gradient.gradient.track();
    }
}

/// One step of the tour.
pub struct Step {
    /// What it shows: the first of these selectors that finds anything.
    pub shows: &'static [&'static str],
    /// What it is about.
    pub title: fn() -> &'static str,
    /// What it says, with the numbers of the chosen image; none while they are not there.
    pub text: fn(Toured) -> Option<String>,
}

/// The steps, in the order of the page, and the visitor's own image last.
pub const STEPS: [Step; place::STEPS] = [
    Step { shows: &["#claim .models"], title: say::tour_claim_title, text: claim },
    Step { shows: &["#claim .chosen"], title: say::tour_image_title, text: image },
    Step { shows: &["#gradient .nudge", "#gradient"], title: say::tour_gradient_title, text: gradient },
    Step { shows: &["#terms table", "#predictions"], title: say::tour_terms_title, text: terms },
    Step { shows: &["#line .clouds", "#line"], title: say::tour_line_title, text: line },
    Step { shows: &["[data-testid=train-play]"], title: say::tour_train_title, text: train },
    Step { shows: &["#claim .sources"], title: say::tour_own_title, text: own },
];

fn claim(_: Toured) -> Option<String> {
    Some(say::tour_claim(title(Mode::Activation), title(Mode::Gradient)))
}

/// The chosen image, and what the models say of it.
fn image(page: Toured) -> Option<String> {
    let said = |&mode| {
        let (class, share) = page.selection.shown.with(|shown| best(shown.as_ref()?.terms.get(&mode)?))?;
        Some(say::tour_reader(title(mode), say::class(class), percent(share)))
    };
    let readers = words::clauses(Mode::ALL.iter().map(said).collect::<Option<Vec<_>>>()?);
    Some(match page.selection.choice.get()? {
        Choice::Tile(tile) => say::tour_image_tile(tile.index, say::class(tile.label), readers),
        Choice::Upload { name, .. } => say::tour_image_own(name, readers),
    })
}

fn gradient(page: Toured) -> Option<String> {
    Some(say::tour_gradient(say::class(page.logit.contrast()?.class)))
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

fn line(_: Toured) -> Option<String> {
    Some(say::tour_line().to_owned())
}

fn train(_: Toured) -> Option<String> {
    Some(say::tour_train(say::train_play()))
}

fn own(_: Toured) -> Option<String> {
    Some(say::tour_own().to_owned())
}
