//! The matrix: all its entries, to be zoomed and moved by pointer and keyboard, between its two factors.

use crate::{
    canvas, logit,
    parts::picture::{Numbers, Picture},
    say,
    sections::gradient::{shown::Shown, state::GradientState},
    setting::SCOPES,
};
use leptos::{
    ev::{self, KeyboardEvent, PointerEvent, WheelEvent},
    html,
    prelude::*,
};
use protocol::{
    insight::Drawn,
    messages::Draw,
    numbers::precise,
    viewport::{Entry, Size, Viewport, Window},
};
use vocabulary::palette::{Palette, extent};

/// The finest picture that is drawn, in pixels.
const FINEST: [f64; 2] = [2048.0, 1024.0];
/// Shift and an arrow move by this share of what is on show.
const LEAP: usize = 10;

/// What moves the view and the cursor: a handle, to be copied at will.
#[derive(Clone, Copy)]
struct Control {
    view: RwSignal<Viewport>,
    shown: Shown,
    node: NodeRef<html::Canvas>,
    drag: RwSignal<Option<Drag>>,
}

/// What of the canvas a pointer may move by and still click, as a share.
const STILL: f64 = 0.01;

/// Where a drag began.
#[derive(Clone, Copy)]
struct Drag {
    place: [f64; 2],
    view: Viewport,
}

impl Control {
    fn window(self) -> Window {
        self.view.get().of(self.shown.size.get())
    }

    fn size(self) -> Size {
        self.shown.size.get_untracked()
    }

    /// Where an event of the canvas is in the picture, each from 0 to 1.
    fn place(self, x: i32, y: i32) -> Option<[f64; 2]> {
        let node = self.node.get_untracked()?;
        let share = |at: i32, length: i32| f64::from(at) / f64::from(length.max(1));
        Some([share(x, node.client_width()), share(y, node.client_height())])
    }

    fn point(self, [x, y]: [f64; 2]) {
        self.shown.cursor.set(Some(untrack(|| self.window()).entry_at(x, y)));
    }

    fn zoom(self, closer: bool, fixed: Entry) {
        self.view.update(|view| *view = view.zoomed(self.size(), closer, fixed));
    }

    /// Zooms about the cursor where it is on show, else about the middle.
    fn zoom_at_cursor(self, closer: bool) {
        let window = untrack(|| self.window());
        let cursor = untrack(|| self.shown.entry());
        self.zoom(closer, if window.contains(cursor) { cursor } else { window.middle() });
    }

    fn press(self, event: &PointerEvent) {
        let Some(place) = self.place(event.offset_x(), event.offset_y()) else { return };
        self.point(place);
        self.drag.set(Some(Drag { place, view: self.view.get_untracked() }));
        if let Some(node) = self.node.get_untracked() {
            // Without it a drag that leaves the picture ends there; nothing else depends on it.
            let _ = node.set_pointer_capture(event.pointer_id());
        }
    }

    /// A pointer that has not moved chooses the weight under it.
    fn release(self, event: &PointerEvent) {
        let Some(drag) = self.drag.try_update(Option::take).flatten() else { return };
        let Some(place) = self.place(event.offset_x(), event.offset_y()) else { return };
        if (0..2).all(|axis| (place[axis] - drag.place[axis]).abs() < STILL) {
            self.shown.choose(untrack(|| self.window()).entry_at(place[0], place[1]));
        }
    }

    fn follow(self, event: &PointerEvent) {
        let Some(place) = self.place(event.offset_x(), event.offset_y()) else { return };
        match self.drag.get_untracked() {
            None => self.point(place),
            Some(drag) => {
                let window = drag.view.of(self.size());
                let by = |axis: usize, count: usize| ((drag.place[axis] - place[axis]) * count as f64).round() as isize;
                let moved = drag.view.moved(self.size(), by(0, window.across), by(1, window.down));
                if moved != self.view.get_untracked() {
                    self.view.set(moved);
                }
            }
        }
    }

    /// Zooms with Ctrl or ⌘ and the wheel, which is also what two fingers on a touchpad send; the wheel alone is the
    /// page's.
    fn turn(self, event: &WheelEvent) {
        if !(event.ctrl_key() || event.meta_key()) {
            return;
        }
        event.prevent_default();
        if let Some([x, y]) = self.place(event.offset_x(), event.offset_y()) {
            self.zoom(event.delta_y() < 0.0, untrack(|| self.window()).entry_at(x, y));
        }
    }

    fn key(self, event: &KeyboardEvent) {
        let Entry { row, column } = untrack(|| self.shown.entry());
        let (size, window) = (self.size(), untrack(|| self.window()));
        let step = |count: usize| if event.shift_key() { count.div_ceil(LEAP) } else { 1 };
        let (right, down) = (step(window.across), step(window.down));
        let last = |count: usize| count.saturating_sub(1);
        let entry = match event.key().as_str() {
            "ArrowLeft" => Entry { row, column: column.saturating_sub(right) },
            "ArrowRight" => Entry { row, column: (column + right).min(last(size.columns)) },
            "ArrowUp" => Entry { row: row.saturating_sub(down), column },
            "ArrowDown" => Entry { row: (row + down).min(last(size.rows)), column },
            "Home" => Entry { row, column: 0 },
            "End" => Entry { row, column: last(size.columns) },
            "+" | "=" => return self.stay(event, |control| control.zoom_at_cursor(true)),
            "-" => return self.stay(event, |control| control.zoom_at_cursor(false)),
            "0" => return self.stay(event, |control| control.view.set(Viewport::default())),
            "Enter" | " " => return self.stay(event, |control| control.shown.choose(Entry { row, column })),
            _ => return,
        };
        self.stay(event, |control| {
            control.shown.cursor.set(Some(entry));
            control.view.update(|view| *view = view.showing(size, entry));
        });
    }

    /// Does what a key stands for here, and keeps it from the page.
    fn stay(self, event: &KeyboardEvent, act: impl Fn(Self)) {
        event.prevent_default();
        act(self);
    }
}

/// The matrix, its factors and the buttons that zoom.
#[component]
pub fn Matrix(shown: Shown) -> impl IntoView {
    let state = expect_context::<GradientState>();
    let control = Control { view: state.view, shown, node: NodeRef::new(), drag: RwSignal::new(None) };
    let window = Memo::new(move |_| control.window());
    draw(state, control, window);
    show(state, control);
    let whole = move || control.view.get().is_whole(shown.size.get());
    let rows = Signal::derive(move || {
        let Window { top, down, .. } = window.get();
        shown.rows.with(|rows| part(&rows.numbers, top, down, 1))
    });
    let columns = Signal::derive(move || {
        let Window { left, across, .. } = window.get();
        shown.columns.with(|columns| part(&columns.numbers, left, across, across))
    });
    let rows_scale = Signal::derive(move || shown.rows.with(|rows| extent(&rows.numbers)));
    let columns_scale = Signal::derive(move || shown.columns.with(|columns| extent(&columns.numbers)));
    view! {
        <div class="matrix" class:whole=whole>
            <div class="factor-rows">
                <Picture numbers=rows scale=rows_scale label=say::matrix_row_factor() testid="gradient-row-factor" />
            </div>
            <div class="plane">
                <canvas
                    node_ref=control.node
                    tabindex="0"
                    role="application"
                    aria-roledescription=say::matrix_role()
                    aria-label=move || description(shown)
                    aria-describedby="matrix-keys"
                    data-testid="gradient-matrix"
                    data-drawn=move || drawn_window(state, window.get())
                    on:pointerdown=move |event| control.press(&event)
                    on:pointermove=move |event| control.follow(&event)
                    on:pointerup=move |event| control.release(&event)
                    on:pointercancel=move |_| control.drag.set(None)
                    on:keydown=move |event| control.key(&event)
                    on:wheel=move |event| control.turn(&event)
                ></canvas>
                <i class="cursor" style=move || cursor_style(window.get(), Some(shown.entry()))></i>
                <i class="cursor chosen-weight" style=move || cursor_style(window.get(), shown.weight_entry())></i>
            </div>
            <div class="factor-columns">
                <Picture numbers=columns scale=columns_scale label=say::matrix_column_factor() testid="gradient-column-factor" />
            </div>
        </div>
        <div class="matrix-line">
            <div class="zoom" role="group" aria-label=say::matrix_zoom()>
                <button data-testid="zoom-in" aria-label=say::matrix_zoom_in() on:click=move |_| control.zoom_at_cursor(true)>"+"</button>
                <button data-testid="zoom-out" aria-label=say::matrix_zoom_out() disabled=whole on:click=move |_| control.zoom_at_cursor(false)>"−"</button>
                <button data-testid="zoom-all" disabled=whole on:click=move |_| control.view.set(Viewport::default())>{say::matrix_all()}</button>
            </div>
            <p class="note" data-testid="gradient-range">{move || range(window.get(), shown.size.get())}</p>
            <p class="note" id="matrix-keys">{say::matrix_keys()}</p>
        </div>
    }
}

/// Has the window drawn whenever it, the factors or the canvas's size change.
fn draw(state: GradientState, control: Control, window: Memo<Window>) {
    let resized = RwSignal::new(());
    let listener = window_event_listener(ev::resize, move |_| resized.set(()));
    on_cleanup(move || listener.remove());
    Effect::new(move |_| {
        resized.track();
        let (Some(node), window) = (control.node.get(), window.get()) else { return };
        let ratio = leptos::prelude::window().device_pixel_ratio();
        let pixels = |length: i32, finest: f64| (f64::from(length) * ratio).clamp(1.0, finest) as usize;
        state.draw(Draw {
            rows: control.shown.rows.with(|rows| rows.numbers.clone()),
            columns: control.shown.columns.with(|columns| columns.numbers.clone()),
            window,
            width: pixels(node.client_width(), FINEST[0]),
            height: pixels(node.client_height(), FINEST[1]),
        });
    });
}

/// Shows what was drawn.
fn show(state: GradientState, control: Control) {
    let palette = expect_context::<RwSignal<Palette>>();
    Effect::new(move |_| {
        let (Some(node), palette) = (control.node.get(), palette.get()) else { return };
        state.drawn.with(|drawn| {
            if let Some(Drawn { width, pixels, .. }) = drawn {
                canvas::paint(&node, &palette.paint(pixels, control.shown.extent()), *width);
            }
        });
    });
}

/// The numbers of a factor that are on show, as a picture.
fn part(numbers: &[f32], first: usize, count: usize, width: usize) -> Option<Numbers> {
    Some(Numbers { values: numbers.get(first..first + count)?.to_vec(), width })
}

/// The window, once what is on show is what was asked for.
fn drawn_window(state: GradientState, window: Window) -> Option<String> {
    let is_drawn = state.drawn.with(|drawn| drawn.as_ref().is_some_and(|drawn| drawn.window == window));
    is_drawn.then(|| format!("{},{},{},{}", window.left, window.across, window.top, window.down))
}

/// A frame around the entry, at least a few pixels wide; nowhere when it is not on show.
fn cursor_style(window: Window, entry: Option<Entry>) -> String {
    let Some(entry) = entry.filter(|&entry| window.contains(entry)) else { return "display:none".to_owned() };
    let place = |at: usize, first: usize, count: usize| 100.0 * (at - first) as f64 / count as f64;
    format!(
        "left:{:.3}%;top:{:.3}%;width:{:.3}%;height:{:.3}%",
        place(entry.column, window.left, window.across),
        place(entry.row, window.top, window.down),
        100.0 / window.across as f64,
        100.0 / window.down as f64,
    )
}

fn range(Window { left, across, top, down }: Window, size: Size) -> String {
    match across == size.columns {
        true => say::matrix_whole(size.rows, size.columns),
        false => say::matrix_window(top, top + down - 1, left, left + across - 1),
    }
}

fn description(shown: Shown) -> String {
    let Size { rows, columns } = shown.size.get();
    let name = shown.contrast.get().map(logit::name).unwrap_or_default();
    let extent = precise(shown.extent());
    say::matrix_description(name, SCOPES[0], rows, columns, extent)
}
