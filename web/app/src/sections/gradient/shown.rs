//! What the parts of this section share.

use crate::{logit::Logit, sections::gradient::state::GradientState};
use leptos::prelude::*;
use protocol::{
    gradient::{Contrast, Ordered, Part},
    insight::Gradient,
    viewport::{Entry, Size},
};
use vocabulary::palette::extent;

/// What the parts of this section share: a handle, to be copied at will.
#[derive(Clone, Copy)]
pub struct Shown {
    /// `ω ∘ d` in the order that was set.
    pub rows: Memo<Ordered>,
    /// `y` in the order that was set.
    pub columns: Memo<Ordered>,
    /// The matrix's size.
    pub size: Memo<Size>,
    /// The entry that the formula is of, if one was pointed at.
    pub cursor: RwSignal<Option<Entry>>,
    /// What the gradient is of.
    pub contrast: Memo<Option<Contrast>>,
}

impl Shown {
    pub fn new(state: GradientState, logit: Logit) -> Self {
        let contrast = Memo::new(move |_| logit.contrast());
        let of = move |make: &dyn Fn(&Gradient, Contrast) -> Ordered| {
            let contrast = contrast.get()?;
            state.gradient.with(|gradient| Some(make(&gradient.as_ref()?.value, contrast)))
        };
        let rows =
            Memo::new(move |_| of(&|gradient, contrast| gradient.rows(contrast, state.rows.get())).unwrap_or_default());
        let columns = Memo::new(move |_| of(&|gradient, _| gradient.columns(state.columns.get())).unwrap_or_default());
        let size = Memo::new(move |_| Size {
            rows: rows.with(|rows| rows.numbers.len()),
            columns: columns.with(|columns| columns.numbers.len()),
        });
        let cursor = RwSignal::new(None);
        // Another order has another entry in the same place.
        Effect::new(move |_| {
            state.rows.track();
            state.columns.track();
            cursor.set(None);
        });
        Self { rows, columns, size, cursor, contrast }
    }

    /// The entry that the formula is of: the strongest one until one is pointed at.
    pub fn entry(self) -> Entry {
        self.cursor.get().unwrap_or_else(|| Entry {
            row: self.rows.with(Ordered::strongest),
            column: self.columns.with(Ordered::strongest),
        })
    }

    /// The largest magnitude of the whole matrix.
    pub fn extent(self) -> f32 {
        self.rows.with(|rows| extent(&rows.numbers)) * self.columns.with(|columns| extent(&columns.numbers))
    }

    /// The entry with its parts.
    pub fn part(self, state: GradientState) -> Option<Part> {
        let (contrast, entry) = (self.contrast.get()?, self.entry());
        state.gradient.with(|gradient| {
            let gradient = &gradient.as_ref()?.value;
            self.rows.with(|rows| self.columns.with(|columns| gradient.part(contrast, rows, columns, entry)))
        })
    }
}
