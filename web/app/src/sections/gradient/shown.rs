//! What the parts of this section share.

use crate::{logit::Logit, sections::gradient::state::GradientState};
use leptos::prelude::*;
use protocol::{
    gradient::{Contrast, Ordered, Part},
    insight::Gradient,
    nudge::{Nudge, Weight, WeightChoice},
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
    /// The weight that is moved: the strongest until one is chosen.
    pub weight: Memo<Option<Weight>>,
    /// What the logit does when it moves.
    pub nudge: Memo<Option<Nudge>>,
    state: GradientState,
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
        let weight = Memo::new(move |_| chosen(state, size.get()).or_else(|| strongest(rows, columns)));
        let nudge = Memo::new(move |_| {
            let (contrast, weight) = (contrast.get()?, weight.get()?);
            state.gradient.with(|gradient| gradient.as_ref()?.value.nudge(contrast, weight))
        });
        Self { rows, columns, size, cursor, contrast, weight, nudge, state }
    }

    /// The entry that the formula is of: the strongest one until one is pointed at.
    pub fn entry(self) -> Entry {
        self.cursor.get().unwrap_or_else(|| strongest_entry(self.rows, self.columns))
    }

    /// Where the weight that is moved is shown.
    pub fn weight_entry(self) -> Option<Entry> {
        let Weight { output, column } = self.weight.get()?;
        let find = |ordered: &Ordered, number: usize| ordered.places.iter().position(|&place| place == number);
        let row = self.rows.with(|rows| find(rows, output))?;
        Some(Entry { row, column: self.columns.with(|columns| find(columns, column))? })
    }

    /// From now on moves the weight that is shown at `entry`.
    pub fn choose(self, entry: Entry) {
        let weight = untrack(|| weight_at(self.rows, self.columns, entry));
        self.state.weight.set(WeightChoice(weight));
    }

    /// The largest magnitude of the whole matrix.
    pub fn extent(self) -> f32 {
        self.rows.with(|rows| extent(&rows.numbers)) * self.columns.with(|columns| extent(&columns.numbers))
    }

    /// The entry with its parts.
    pub fn part(self) -> Option<Part> {
        let (contrast, entry) = (self.contrast.get()?, self.entry());
        self.state.gradient.with(|gradient| {
            let gradient = &gradient.as_ref()?.value;
            self.rows.with(|rows| self.columns.with(|columns| gradient.part(contrast, rows, columns, entry)))
        })
    }
}

/// The weight that the visitor chose, if the matrix has it.
fn chosen(state: GradientState, size: Size) -> Option<Weight> {
    state.weight.get().0.filter(|weight| weight.output < size.rows && weight.column < size.columns)
}

fn strongest(rows: Memo<Ordered>, columns: Memo<Ordered>) -> Option<Weight> {
    weight_at(rows, columns, strongest_entry(rows, columns))
}

fn strongest_entry(rows: Memo<Ordered>, columns: Memo<Ordered>) -> Entry {
    Entry { row: rows.with(Ordered::strongest), column: columns.with(Ordered::strongest) }
}

fn weight_at(rows: Memo<Ordered>, columns: Memo<Ordered>, Entry { row, column }: Entry) -> Option<Weight> {
    let place = |ordered: &Ordered, at: usize| ordered.places.get(at).copied();
    let output = rows.with(|rows| place(rows, row))?;
    Some(Weight { output, column: columns.with(|columns| place(columns, column))? })
}
