//! The gradient section's state.

use crate::{
    engine::Engine,
    insight::{Newest, newest},
    selection::Selection,
    setting::{kept, kept_within},
};
use leptos::prelude::*;
use protocol::{
    gradient::Order,
    insight::{Drawn, Gradient, Insight},
    messages::{Draw, FromEngine, ToEngine},
    nudge::{STEPS, WeightChoice},
    viewport::Viewport,
};

/// How far the weight has moved at first, in steps: short of every kink.
const FIRST_STEPS: i32 = 5;

/// A handle, to be copied at will.
#[derive(Clone, Copy)]
pub struct GradientState {
    /// The gradient of the logits.
    pub gradient: Newest<Gradient>,
    /// The weight that is moved; none for the one with the largest gradient.
    pub weight: RwSignal<WeightChoice>,
    /// How far it has moved, in steps.
    pub steps: RwSignal<i32>,
    /// The order of the matrix's rows.
    pub rows: RwSignal<Order>,
    /// The order of its columns.
    pub columns: RwSignal<Order>,
    /// The part of it that is on show.
    pub view: RwSignal<Viewport>,
    /// The picture that was drawn last.
    pub drawn: RwSignal<Option<Drawn>>,
    engine: Engine,
    /// Whether a picture is being drawn.
    drawing: StoredValue<bool>,
    /// What to draw after it.
    to_draw: StoredValue<Option<Draw>>,
}

impl GradientState {
    /// As the address says.
    pub fn new(engine: Engine, selection: Selection) -> Self {
        let gradient = newest(engine, selection, |insight| match insight {
            Insight::Gradient(gradient) => Some(gradient),
            _ => None,
        });
        let state = Self {
            gradient,
            weight: kept("weight", WeightChoice::default()),
            steps: kept_within("nudge", FIRST_STEPS, -STEPS..=STEPS),
            rows: kept("rows", Order::default()),
            columns: kept("columns", Order::default()),
            view: kept("view", Viewport::default()),
            drawn: RwSignal::new(None),
            engine,
            drawing: StoredValue::new(false),
            to_draw: StoredValue::new(None),
        };
        engine.listen(move |message| match message {
            FromEngine::Drawn(drawn) => state.take(drawn),
            FromEngine::Ready(_) => state.drawing.set_value(false),
            _ => {}
        });
        state
    }

    /// Asks for a picture, now or as soon as the one that is being drawn is there.
    pub fn draw(self, draw: Draw) {
        match self.drawing.get_value() {
            true => self.to_draw.set_value(Some(draw)),
            false => self.drawing.set_value(self.engine.send(&ToEngine::Draw(draw))),
        }
    }

    fn take(self, drawn: &Drawn) {
        self.drawn.set(Some(drawn.clone()));
        self.drawing.set_value(false);
        if let Some(draw) = self.to_draw.try_update_value(Option::take).flatten() {
            self.draw(draw);
        }
    }
}
