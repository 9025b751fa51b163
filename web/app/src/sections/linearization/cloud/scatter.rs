//! A cloud of images on a square, with one tab stop: the arrow keys lead from image to image.

use crate::{
    say,
    sections::linearization::{
        cloud::{
            Pair,
            marks::Marks,
            state::{Cloud, CloudState},
        },
        gesture::Gesture,
        state::{FARTHEST, set},
    },
    selection::Selection,
};
use leptos::{
    ev::{KeyboardEvent, PointerEvent},
    prelude::*,
};
use protocol::{
    cloud::{Dot, Square, nearest},
    places::next,
};

/// A mark is met within this distance, in pixels.
const REACH: f32 = 24.0;

/// What moves on the square: a handle, to be copied at will.
#[derive(Clone, Copy)]
struct Control {
    state: CloudState,
    cloud: Cloud,
    selection: Selection,
    gesture: Gesture,
    /// What a drag moves, if it moves something.
    r: Option<RwSignal<f32>>,
    /// Where that was when the pointer was put down.
    begin: StoredValue<f32>,
}

impl Control {
    /// The image under a pointer.
    fn under(self, event: &PointerEvent) -> Option<usize> {
        let place = self.gesture.place(event)?.map(|share| 100.0 * share);
        let width = self.gesture.node.get_untracked()?.client_width().max(1) as f32;
        let square = self.cloud.square.get_untracked();
        let place_of = |dot: &Dot| square.place(dot);
        let places: Vec<[f32; 2]> = self.cloud.dots.with_untracked(|dots| dots.iter().map(place_of).collect());
        nearest(&places, place, 100.0 * REACH / width)
    }

    fn look_at(self, image: Option<usize>) {
        if image != self.state.looked_at.get_untracked() {
            self.state.looked_at.set(image);
        }
    }

    fn press(self, event: &PointerEvent) {
        self.gesture.press(event);
        self.begin.set_value(self.r.map_or(0.0, |r| r.get_untracked()));
    }

    fn follow(self, event: &PointerEvent) {
        match (self.gesture.drags(event), self.r) {
            (true, Some(r)) => set(r, self.begin.get_value() + FARTHEST * self.gesture.gone(event).unwrap_or_default()),
            (true, None) => {}
            (false, _) => self.look_at(self.under(event)),
        }
    }

    fn lift(self, event: &PointerEvent) {
        if self.gesture.lift()
            && let Some(image) = self.under(event)
        {
            self.choose(image);
        }
    }

    /// The image becomes the page's.
    fn choose(self, image: usize) {
        self.look_at(Some(image));
        if let Some(tile) = self.state.tiles.with_untracked(|tiles| tiles.get(image).cloned()) {
            self.selection.choose_tile(tile);
        }
    }

    fn key(self, event: &KeyboardEvent) {
        let from = untrack(|| self.state.shown(self.selection)).unwrap_or_default();
        let direction = match event.key().as_str() {
            "ArrowLeft" => [-1.0, 0.0],
            "ArrowRight" => [1.0, 0.0],
            "ArrowUp" => [0.0, 1.0],
            "ArrowDown" => [0.0, -1.0],
            "Enter" | " " => {
                event.prevent_default();
                return self.choose(from);
            }
            _ => return,
        };
        event.prevent_default();
        let point = |dot: &Dot| [dot.across.margin, dot.up.margin];
        let points: Vec<[f32; 2]> = self.cloud.dots.with_untracked(|dots| dots.iter().map(point).collect());
        if let Some(image) = next(&points, from, direction) {
            self.look_at(Some(image));
        }
    }

    /// The ring around the image that is looked at.
    fn ring(self) -> Option<[f32; 2]> {
        let image = self.state.shown(self.selection)?;
        self.cloud.dots.with(|dots| Some(self.cloud.square.get().place(dots.get(image)?)))
    }
}

/// The cloud with its axes. A drag along it moves `r`.
#[component]
pub fn Scatter(
    cloud: Cloud,
    pair: Pair,
    #[prop(into)] label: Signal<String>,
    testid: &'static str,
    #[prop(optional)] r: Option<RwSignal<f32>>,
) -> impl IntoView {
    let control = Control {
        state: expect_context(),
        cloud,
        selection: expect_context(),
        gesture: Gesture::new(),
        r,
        begin: StoredValue::new(0.0),
    };
    let marks = Memo::new(move |_| cloud.dots.with(|dots| Marks::of(dots, cloud.square.get())));
    let part = move |part: fn(&Marks) -> &String| move || marks.with(|marks| part(marks).clone());
    let ring = Memo::new(move |_| control.ring());
    let ring_at = move |axis: usize| move || ring.get().map(|place| format!("{:.2}", place[axis]));
    view! {
        <div class="scatter">
            <p class="axis" aria-hidden="true">"↑ "{say::cloud_margin(pair.up)}</p>
            <div class="scatter-up" aria-hidden="true">{ticks(cloud.square, |square, tick| format!("bottom:{:.2}%", square.along(tick)))}</div>
            <div
                class="scatter-plane"
                class:draggable=r.is_some()
                tabindex="0"
                role="application"
                aria-roledescription=say::cloud_role()
                aria-label=label
                aria-describedby="cloud-keys"
                data-testid=testid
                node_ref=control.gesture.node
                on:pointerdown=move |event| control.press(&event)
                on:pointermove=move |event| control.follow(&event)
                on:pointerup=move |event| control.lift(&event)
                on:pointercancel=move |_| control.gesture.cancel()
                on:pointerleave=move |_| control.look_at(None)
                on:blur=move |_| control.look_at(None)
                on:keydown=move |event| control.key(&event)
            >
                <svg viewBox="0 0 100 100" aria-hidden="true">
                    <path class="grid" d=move || zeros(cloud.square.get()) />
                    <path class="diagonal" d="M0 100L100 0" />
                    <path class="apart" d=part(|marks| &marks.apart) />
                    <path class="both" d=part(|marks| &marks.both) />
                    <path class="none" d=part(|marks| &marks.none) />
                    <path class="one" d=part(|marks| &marks.one) />
                    <circle class="ring" r="2.8" cx=ring_at(0) cy=ring_at(1) visibility=move || ring.get().is_none().then_some("hidden") />
                </svg>
            </div>
            <div class="scatter-across" aria-hidden="true">{ticks(cloud.square, |square, tick| format!("left:{:.2}%", square.along(tick)))}</div>
            <p class="axis across" aria-hidden="true">{say::cloud_margin(pair.across)}" →"</p>
        </div>
    }
}

/// Numbers along an axis.
fn ticks(square: Memo<Square>, style: fn(Square, f32) -> String) -> impl IntoView {
    move || {
        let square = square.get();
        let tick = |tick: f32| view! { <span style=style(square, tick)>{tick.to_string().replace('-', "−")}</span> };
        square.ticks().into_iter().map(tick).collect_view()
    }
}

/// Where a margin is zero, which parts right from wrong.
fn zeros(square: Square) -> String {
    let zero = square.along(0.0);
    format!("M{zero:.2} 0V100M0 {:.2}H100", 100.0 - zero)
}
