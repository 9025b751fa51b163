//! The guided tour: what its steps show, say and set. Each sets all that it speaks of, so that any order of them gives
//! the same page; the image stays the visitor's.

use crate::{
    state::{Choice, State},
    views::{class_name, title},
};
use leptos::prelude::*;
use std::{fmt, str::FromStr};
use web::{
    gradient::{ClassChoice, Order},
    line::Point,
    messages::{Mode, Terms},
    numbers::{best, percent, signed},
    viewport::Viewport,
};

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
    pub title: &'static str,
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
        settings.scope.set(String::new());
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
    Step { section: "choose", title: "An image", text: image, set: nothing },
    Step { section: "network", title: "Activations", text: activations, set: nothing },
    Step { section: "network", title: "Tangents", text: tangents, set: nothing },
    Step { section: "gradient", title: "A gradient", text: gradient, set: nothing },
    Step { section: "gradient", title: "The same, sorted", text: sorted, set: sort },
    Step { section: "predictions", title: "Four readers", text: readers, set: nothing },
    Step { section: "terms", title: "Two terms", text: terms, set: nothing },
    Step {
        section: "line",
        title: "Where the tangent starts",
        text: start_of_line,
        set: |state| state.settings.r.set(0.0),
    },
    Step { section: "line", title: "Where the model reads it", text: end_of_line, set: nothing },
    Step { section: "similar", title: "What is alike", text: alike, set: |state| state.settings.compare.set(true) },
    Step { section: "train", title: "Your turn", text: train, set: nothing },
    Step { section: "check", title: "Do not take our word", text: check, set: nothing },
];

fn sort(state: State) {
    state.settings.rows.set(Order::Value);
    state.settings.columns.set(Order::Value);
}

fn image(state: State) -> Option<String> {
    let what = match state.choice.get()? {
        Choice::Tile(tile) => format!("This is test image {}, labelled {}.", tile.index, class_name(tile.label)),
        Choice::Upload { name, .. } => format!("This is {name}, as the network sees it."),
    };
    Some(format!(
        "{what} It is 32 × 32 pixels, 3,072 numbers. Choose another whenever you like: the tour goes on with it."
    ))
}

fn activations(_: State) -> Option<String> {
    let text = "Five convolutions, which learned without labels by telling how an image was turned, make 512 activations \
                f of it. Below is what the last one answers to this image.";
    Some(text.to_owned())
}

fn tangents(_: State) -> Option<String> {
    let text = "Beside them, how the same 512 numbers would change if the weights moved along w₂: J w₂. Both come out of one \
                forward pass, and no Jacobian is ever written down.";
    Some(text.to_owned())
}

fn gradient(state: State) -> Option<String> {
    let class = class_name(state.contrast()?.class);
    Some(format!(
        "One number for each of 2.1 million weights: by how much the logit of {class} would rise if that weight did. Blue \
         and orange are its two signs. This is what the gradient model reads."
    ))
}

fn sorted(_: State) -> Option<String> {
    let text = "It is an outer product: 512 numbers of the output times 4,096 of the input. With rows and columns in order one \
                sees it: strong at the corners, nothing in the middle.";
    Some(text.to_owned())
}

fn readers(state: State) -> Option<String> {
    let said = |mode| {
        let (class, share) = state.shown.with(|shown| best(shown.as_ref()?.terms.get(&mode)?))?;
        Some(format!("{} says {}, {}", title(mode), class_name(class), percent(share)))
    };
    let all = Mode::ALL.iter().map(|&mode| said(mode)).collect::<Option<Vec<_>>>()?;
    Some(format!(
        "{}. On all 10,000 test images the last three are right far more often than the first.",
        all.join("; ")
    ))
}

fn terms(state: State) -> Option<String> {
    let (class, terms) = full_terms(state)?;
    Some(format!(
        "The full model’s logit of {class} is w₁ᵀ f + ω̄ᵀ J w₂: {} from the activations, in blue, and {} from the gradient, in \
         orange, together {}.",
        signed(terms.activation),
        signed(terms.gradient),
        signed(terms.total())
    ))
}

/// The full model's terms of the class that it predicts.
fn full_terms(state: State) -> Option<(String, Terms)> {
    state.shown.with(|shown| {
        let terms = shown.as_ref()?.terms.get(&Mode::Full)?;
        let (class, _) = best(terms)?;
        Some((class_name(class), *terms.get(class)?))
    })
}

fn start_of_line(state: State) -> Option<String> {
    let Point { network, tangent, .. } = point(state)?;
    Some(format!(
        "The gradient term is a tangent. At r = 0 the weights have not moved, and network and tangent agree: {} and {}. Move \
         r and see them part.",
        signed(network),
        signed(tangent)
    ))
}

fn end_of_line(state: State) -> Option<String> {
    let point = point(state)?;
    Some(format!(
        "At r = 1 the weights are θ̄₂ + w₂. The network itself says {}, its tangent {}: the error of the linearisation is {}.",
        signed(point.network),
        signed(point.tangent),
        signed(point.error())
    ))
}

/// Where the line is at r.
fn point(state: State) -> Option<Point> {
    let (r, contrast) = (state.settings.r.get(), state.contrast()?);
    state.insights.line.with(|told| told.as_ref()?.what.at(r, contrast))
}

fn alike(_: State) -> Option<String> {
    let text = "Two images are alike when their features point the same way. Compare the two rows: what is near by activations \
                need not be near by gradients, and how often a row keeps to the image’s class is written above it.";
    Some(text.to_owned())
}

fn train(state: State) -> Option<String> {
    let settings = state.settings;
    let classes = settings.classes.get();
    let names: Vec<_> = (0..).zip(classes.0).filter(|(_, taken)| *taken).map(|(class, _)| class_name(class)).collect();
    Some(format!(
        "Press Train: all four models learn {} from {} images a class, here and now. Add your own classes from files or the \
         camera; five images a class show a difference.",
        names.join(" and "),
        settings.images.get()
    ))
}

fn check(_: State) -> Option<String> {
    let text = "Press Check: the page holds its derivative against small steps and against reverse mode, on this image and \
                this machine, and shows the numbers.";
    Some(text.to_owned())
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
