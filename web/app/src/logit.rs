//! The logit that is looked into.

use crate::{say, selection::Selection, setting::kept};
use leptos::prelude::*;
use protocol::{
    gradient::{ClassChoice, Contrast},
    numbers::best,
};
use vocabulary::Mode;

/// Which class's logit is looked into: a handle, to be copied at will.
#[derive(Clone, Copy)]
pub struct Logit {
    /// The class; none for the predicted one.
    pub class: RwSignal<ClassChoice>,
    /// The class whose logit is subtracted.
    pub against: RwSignal<ClassChoice>,
    selection: Selection,
}

impl Logit {
    /// As the address says.
    pub fn new(selection: Selection) -> Self {
        let [class, against] = ["class", "against"].map(|name| kept(name, ClassChoice::default()));
        Self { class, against, selection }
    }

    /// The class that was set, or else the one that the full model predicts, and what is subtracted from it.
    pub fn contrast(self) -> Option<Contrast> {
        let predicted = || self.selection.shown.with(|shown| Some(best(shown.as_ref()?.terms.get(&Mode::Full)?)?.0));
        let class = self.class.get().0.or_else(predicted)?;
        Some(Contrast { class, against: self.against.get().0.filter(|&against| against != class) })
    }
}

/// A logit's name for people.
pub fn name(Contrast { class, against }: Contrast) -> String {
    match against {
        None => say::class(class),
        Some(against) => format!("{} − {}", say::class(class), say::class(against)),
    }
}
