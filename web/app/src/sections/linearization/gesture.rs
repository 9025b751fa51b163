//! What a pointer does on a plot: it taps, or it drags along.

use leptos::{ev::PointerEvent, html, prelude::*};

/// A tap moves by less than this, in pixels.
const STILL: i32 = 5;

/// A pointer on a plot: a handle, to be copied at will.
#[derive(Clone, Copy)]
pub struct Gesture {
    /// The plot.
    pub node: NodeRef<html::Div>,
    press: StoredValue<Option<Press>>,
}

/// Where a pointer was put down.
#[derive(Clone, Copy)]
struct Press {
    x: i32,
    y: i32,
    is_drag: bool,
}

impl Gesture {
    pub fn new() -> Self {
        Self { node: NodeRef::new(), press: StoredValue::new(None) }
    }

    /// Where an event is on the plot, from the left and the upper edge, each from 0 to 1.
    pub fn place(self, event: &PointerEvent) -> Option<[f32; 2]> {
        let bounds = self.node.get_untracked()?.get_bounding_client_rect();
        let share = |at: i32, edge: f64, length: f64| ((f64::from(at) - edge) / length.max(1.0)) as f32;
        Some([
            share(event.client_x(), bounds.left(), bounds.width()),
            share(event.client_y(), bounds.top(), bounds.height()),
        ])
    }

    /// The pointer is put down.
    pub fn press(self, event: &PointerEvent) {
        if !event.is_primary() || event.button() != 0 {
            return;
        }
        self.press.set_value(Some(Press { x: event.client_x(), y: event.client_y(), is_drag: false }));
        if let Some(node) = self.node.get_untracked() {
            // Without it a drag that leaves the plot ends there; nothing else depends on it.
            let _ = node.set_pointer_capture(event.pointer_id());
        }
    }

    /// Whether the pointer drags, and has gone far enough for it.
    pub fn drags(self, event: &PointerEvent) -> bool {
        let is_drag = |press: &mut Option<Press>| {
            let Some(press) = press else { return false };
            let far = |from: i32, to: i32| (to - from).abs() >= STILL;
            press.is_drag |= far(press.x, event.client_x()) || far(press.y, event.client_y());
            press.is_drag
        };
        self.press.try_update_value(is_drag).unwrap_or_default()
    }

    /// How far a drag has gone to the right, as a share of the plot's width.
    pub fn gone(self, event: &PointerEvent) -> Option<f32> {
        let (press, node) = (self.press.get_value()?, self.node.get_untracked()?);
        Some((event.client_x() - press.x) as f32 / node.client_width().max(1) as f32)
    }

    /// The pointer is lifted; whether that was a tap.
    pub fn lift(self) -> bool {
        self.press.try_update_value(Option::take).flatten().is_some_and(|press| !press.is_drag)
    }

    /// The browser takes the pointer for something else, for instance to scroll.
    pub fn cancel(self) {
        self.press.set_value(None);
    }
}
