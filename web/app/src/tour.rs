//! The guided tour: what its steps show, say and set. Each sets all that it speaks of, so that any order of them gives
//! the same page; the image stays the visitor's.

use crate::{choice::Choice, say, settings::SCOPES, state::State, views::title, words};
use leptos::prelude::*;
use protocol::{
    gradient::{ClassChoice, Order},
    line::Point,
    numbers::{best, percent, signed},
    terms::Terms,
    viewport::Viewport,
};
use std::{fmt, str::FromStr};
use vocabulary::Mode;

/// Where the tour is, counted from 0; nowhere when nobody is on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place(pub Option<usize>);

/// A step is counted from 1 where people see it.
impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |step| write!(out, "{}", step + 1))
    }
}

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let step = text.parse::<usize>().ok().and_then(|step| step.checked_sub(1));
        step.filter(|&step| step < STEPS.len()).map(|step| Self(Some(step))).ok_or(())
    }
}

/// One step of the tour.
pub struct Step {
    /// The section that it is in, by its id.
    pub section: &'static str,
    /// What it is about.
    pub title: fn() -> &'static str,
    /// What it says, with the numbers of the chosen image; none while they are not there.
    pub text: fn(State) -> Option<String>,
    /// What it sets, beyond what all start from.
    set: fn(State),
}

impl Step {
    /// Sets the page's controls to what the step speaks of.
    pub fn prepare(&self, state: State) {
        let settings = state.settings;
        settings.class.set(ClassChoice::default());
        settings.against.set(ClassChoice::default());
        settings.scope.set(SCOPES[0]);
        settings.layer.set(String::new());
        settings.rows.set(Order::default());
        settings.columns.set(Order::default());
        settings.view.set(Viewport::default());
        settings.r.set(1.0);
        (self.set)(state);
    }
}

fn nothing(_: State) {}

/// The steps, in the order in which the data flow.
pub const STEPS: [Step; 12] = [
    Step { section: "choose", title: say::tour_image_title, text: image, set: nothing },
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
    Step { section: "line", title: say::tour_start_title, text: start_of_line, set: |state| state.settings.r.set(0.0) },
    Step { section: "line", title: say::tour_end_title, text: end_of_line, set: nothing },
    Step {
        section: "similar",
        title: say::tour_alike_title,
        text: |_| always(say::tour_alike()),
        set: |state| state.settings.compare.set(true),
    },
    Step { section: "train", title: say::tour_train_title, text: train, set: nothing },
    Step { section: "check", title: say::tour_check_title, text: |_| always(say::tour_check()), set: nothing },
];

fn always(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn sort(state: State) {
    state.settings.rows.set(Order::Value);
    state.settings.columns.set(Order::Value);
}

fn image(state: State) -> Option<String> {
    Some(match state.choice.get()? {
        Choice::Tile(tile) => say::tour_image_tile(tile.index, say::class(tile.label)),
        Choice::Upload { name, .. } => say::tour_image_own(name),
    })
}

fn gradient(state: State) -> Option<String> {
    Some(say::tour_gradient(say::class(state.contrast()?.class)))
}

fn readers(state: State) -> Option<String> {
    let said = |&mode| {
        let (class, share) = state.shown.with(|shown| best(shown.as_ref()?.terms.get(&mode)?))?;
        Some(say::tour_reader(title(mode), say::class(class), percent(share)))
    };
    Some(say::tour_readers(Mode::ALL.iter().map(said).collect::<Option<Vec<_>>>().map(words::clauses)?))
}

fn terms(state: State) -> Option<String> {
    let (class, terms) = full_terms(state)?;
    let [activation, gradient, total] = [terms.activation, terms.gradient, terms.total()].map(signed);
    Some(say::tour_terms(say::class(class), activation, gradient, total))
}

/// The class that the full model predicts, and its terms.
fn full_terms(state: State) -> Option<(usize, Terms)> {
    state.shown.with(|shown| {
        let terms = shown.as_ref()?.terms.get(&Mode::Full)?;
        let (class, _) = best(terms)?;
        Some((class, *terms.get(class)?))
    })
}

fn start_of_line(state: State) -> Option<String> {
    let Point { network, tangent, .. } = point(state)?;
    Some(say::tour_start_of_line(signed(network), signed(tangent)))
}

fn end_of_line(state: State) -> Option<String> {
    let point = point(state)?;
    Some(say::tour_end_of_line(signed(point.network), signed(point.tangent), signed(point.error())))
}

/// Where the line is at r.
fn point(state: State) -> Option<Point> {
    let (r, contrast) = (state.settings.r.get(), state.contrast()?);
    state.insights.line.with(|told| told.as_ref()?.what.at(r, contrast))
}

fn train(state: State) -> Option<String> {
    let classes = state.settings.classes.get().0.into_iter().enumerate().filter(|(_, taken)| *taken);
    let names = words::list(classes.map(|(class, _)| say::class(class)).collect());
    Some(say::tour_train(names?, state.settings.images.get()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn places_are_counted_from_one_and_end_with_the_steps() {
        assert_eq!("1".parse(), Ok(Place(Some(0))));
        assert_eq!(Place(Some(STEPS.len() - 1)).to_string().parse(), Ok(Place(Some(STEPS.len() - 1))));
        for wrong in ["0", "", "-1", "13", "two"] {
            assert_eq!(wrong.parse::<Place>(), Err(()), "{wrong}");
        }
    }
}
