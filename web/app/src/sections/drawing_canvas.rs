//! A canvas of 32×32 pixels to draw on: with a mouse, a finger, or the keyboard.

use crate::{canvas, parts::section::Section, say, selection::Selection};
use leptos::{
    ev::{KeyboardEvent, PointerEvent},
    html,
    prelude::*,
};
use protocol::drawing::{Colour, Drawing, Place};
use std::time::Duration;
use vocabulary::SIDE;

/// How long a drawing rests before it is looked at.
const SETTLED: Duration = Duration::from_millis(250);

/// The name in the page's attributes, the name for people, the colour.
type Paint = (&'static str, fn() -> &'static str, Colour);

const COLOURS: [Paint; 8] = [
    ("black", say::colour_black, [0, 0, 0]),
    ("white", say::colour_white, [255, 255, 255]),
    ("grey", say::colour_grey, [128, 128, 128]),
    ("red", say::colour_red, [200, 40, 40]),
    ("brown", say::colour_brown, [130, 80, 40]),
    ("yellow", say::colour_yellow, [235, 200, 60]),
    ("green", say::colour_green, [60, 130, 60]),
    ("blue", say::colour_blue, [80, 140, 210]),
];

/// The section.
pub const SECTION: Section = Section { set_up: || (), view: || view! { <DrawingCanvas /> }.into_any() };

/// The button that opens the drawing canvas, and the drawing canvas.
#[component]
fn DrawingCanvas() -> impl IntoView {
    let open = RwSignal::new(false);
    let expanded = move || if open.get() { "true" } else { "false" };
    view! {
        <div class="board">
            <button data-testid="board-open" aria-expanded=expanded on:click=move |_| open.update(|open| *open = !*open)>
                {move || if open.get() { say::drawing_close() } else { say::drawing_open() }}
            </button>
            <Show when=move || open.get()>
                <Open />
            </Show>
        </div>
    }
}

#[component]
fn Open() -> impl IntoView {
    let selection = expect_context::<Selection>();
    let drawing = RwSignal::new(Drawing::default());
    let colour = RwSignal::new(COLOURS[0].2);
    let at = RwSignal::new([SIDE as i32 / 2; 2]);
    let node = NodeRef::<html::Canvas>::new();
    Effect::new(move |_| {
        if let Some(node) = node.get() {
            drawing.with(|drawing| canvas::paint(&node, &drawing.pixels, SIDE));
        }
    });
    let mut offer = leptos::leptos_dom::helpers::debounce(SETTLED, move |()| {
        if let Some(node) = node.get_untracked() {
            canvas::to_file(&node, say::drawing_file(), move |file| selection.offer(file));
        }
    });
    // Whatever is drawn is looked at; an empty canvas is not.
    Effect::new(move |before: Option<()>| {
        drawing.track();
        if before.is_some() {
            offer(());
        }
    });
    let stroke = move |from: Place, to: Place| {
        drawing.update(|drawing| drawing.stroke(from, to, colour.get_untracked()));
        at.set(to);
    };
    let down = move |event: PointerEvent| {
        if let (Some(node), Some(place)) = (node.get_untracked(), place(node, &event)) {
            // Without it, a stroke ends at the edge.
            let _ = node.set_pointer_capture(event.pointer_id());
            stroke(place, place);
        }
    };
    let dragged = move |event: PointerEvent| {
        if let (true, Some(place)) = (event.buttons() & 1 == 1, place(node, &event)) {
            stroke(at.get_untracked(), place);
        }
    };
    let pressed = move |event: KeyboardEvent| {
        let [x, y] = at.get_untracked();
        let to = match event.key().as_str() {
            "ArrowLeft" => [x - 1, y],
            "ArrowRight" => [x + 1, y],
            "ArrowUp" => [x, y - 1],
            "ArrowDown" => [x, y + 1],
            " " | "Enter" => [x, y],
            _ => return,
        };
        event.prevent_default();
        let to = to.map(|value| value.clamp(0, SIDE as i32 - 1));
        match (to == [x, y], event.shift_key()) {
            (false, false) => at.set(to),
            _ => stroke([x, y], to),
        }
    };
    let cursor = move || {
        let [x, y] = at.get().map(|value| 100.0 * f64::from(value) / SIDE as f64);
        format!("left:{x}%;top:{y}%")
    };
    let name = move || {
        let [x, y] = at.get();
        say::drawing_name(x + 1, y + 1)
    };
    view! {
        <div class="board-plane">
            <canvas
                node_ref=node
                tabindex="0"
                role="application"
                aria-label=name
                data-testid="board"
                on:pointerdown=down
                on:pointermove=dragged
                on:keydown=pressed
            ></canvas>
            <i class="cursor" style=cursor></i>
        </div>
        <fieldset class="colours">
            <legend class="visually-hidden">{say::drawing_colours()}</legend>
            {COLOURS.map(|paint| swatch(paint, colour)).collect_view()}
        </fieldset>
        <button data-testid="board-clear" on:click=move |_| drawing.set(Drawing::default())>{say::drawing_clear()}</button>
    }
}

fn swatch((name, say, value): Paint, colour: RwSignal<Colour>) -> impl IntoView {
    let [red, green, blue] = value;
    let said = say();
    view! {
        <input
            type="radio"
            name="brush"
            title=said
            aria-label=said
            data-testid=format!("board-{name}")
            style=format!("background:rgb({red} {green} {blue})")
            prop:checked=move || colour.get() == value
            on:change=move |_| colour.set(value)
        />
    }
}

/// Which pixel of the canvas a pointer is at; it may be outside.
fn place(node: NodeRef<html::Canvas>, event: &PointerEvent) -> Option<Place> {
    let node = node.get_untracked()?;
    // The cast of a floating point number saturates.
    let at = |offset: i32, length: i32| (SIDE as f64 * f64::from(offset) / f64::from(length.max(1))).floor() as i32;
    let place = [at(event.offset_x(), node.client_width()), at(event.offset_y(), node.client_height())];
    Some(place.map(|value| value.clamp(-2, SIDE as i32 + 1)))
}
