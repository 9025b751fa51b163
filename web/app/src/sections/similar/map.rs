//! A map of the gallery's images: alike is near.

use crate::{
    gallery::Tile,
    parts::{
        focus::{children, focus},
        select::Select,
    },
    say,
    sections::similar::state::{Measure, SimilarState},
    selection::Selection,
};
use leptos::{ev::KeyboardEvent, html, prelude::*};
use protocol::{
    insight::{Layout, Plane},
    numbers::percent,
    places::{Frame, next},
};
use vocabulary::classes::CIFAR10;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// The map by one measure, and the colours of the classes.
#[component]
pub fn MapView(tiles: Memo<Vec<Tile>>, name: impl Fn() -> String + Send + Sync + Copy + 'static) -> impl IntoView {
    let SimilarState { layout, map, .. } = expect_context();
    let is_there = Memo::new(move |_| layout.with(Option::is_some));
    let of = move || layout.with(|layout| Some(layout.as_ref()?.image.key()));
    let class = |class: usize| view! { <span><i class="swatch" data-class=class></i>{say::class(class)}</span> };
    view! {
        <h3>{say::map_title()}</h3>
        <p class="note">{say::map_note()}</p>
        <div class="controls"><Select label=say::map_by() testid="map-by" setting=map options=measures() /></div>
        <Show when=move || is_there.get() fallback=|| view! { <p class="note">{say::map_waits()}</p> }>
            <div class="legend map-legend">{(0..CIFAR10.len()).map(class).collect_view()} <span><i class="swatch own"></i>{say::map_own()}</span></div>
            <div class="image-maps" data-testid="image-maps" data-for=of>
                {move || match map.get() {
                    Measure::Gradient => view! {
                        <Map tiles testid="map-gradient" title=Signal::derive(move || say::similar_by_gradient(name())) plane=|layout| &layout.by_gradient />
                    }.into_any(),
                    Measure::Activation => view! {
                        <Map tiles testid="map-activation" title=Signal::derive(|| say::similar_by_activation().to_owned()) plane=|layout| &layout.by_activation />
                    }.into_any(),
                }}
            </div>
        </Show>
    }
}

fn measures() -> Vec<(Measure, String)> {
    let names = [(Measure::Gradient, say::mode_gradient()), (Measure::Activation, say::mode_activation())];
    names.map(|(measure, name)| (measure, name.to_owned())).to_vec()
}

/// What a map shows.
#[derive(Debug, Clone, PartialEq, Default)]
struct Points {
    labels: Vec<usize>,
    places: Vec<[f32; 2]>,
    own: [f32; 2],
    share: f32,
}

impl Points {
    fn new(tiles: &[Tile], plane: &Plane) -> Self {
        let (points, _) = plane.points.as_chunks::<2>();
        let frame = Frame::around(points);
        let places = points.iter().zip(tiles).map(|(&point, _)| frame.place(point)).collect();
        // The chosen image may be farther out than all others.
        let own = frame.place(plane.own).map(|value| value.clamp(-2.0, 102.0));
        Self { labels: tiles.iter().map(|tile| tile.label).collect(), places, own, share: plane.share }
    }

    /// The map in words.
    fn summary(&self, title: &str) -> String {
        let count = self.places.len();
        let alike =
            (0..count).filter(|&at| self.nearest(at).is_some_and(|other| self.labels[other] == self.labels[at]));
        say::map_summary(count, title, alike.count(), percent(self.share.into()))
    }

    fn nearest(&self, at: usize) -> Option<usize> {
        let [x, y] = self.places[at];
        let distance = |other: &usize| (self.places[*other][0] - x).hypot(self.places[*other][1] - y);
        (0..self.places.len()).filter(|&other| other != at).min_by(|a, b| distance(a).total_cmp(&distance(b)))
    }
}

#[component]
fn Map(
    tiles: Memo<Vec<Tile>>,
    testid: &'static str,
    #[prop(into)] title: Signal<String>,
    plane: fn(&Layout) -> &Plane,
) -> impl IntoView {
    let (SimilarState { layout, .. }, selection) = (expect_context(), expect_context::<Selection>());
    let points = Memo::new(move |_| {
        let points = |layout: &Layout| tiles.with(|tiles| Points::new(tiles, plane(layout)));
        layout.with(|layout| layout.as_ref().map(|layout| points(&layout.value))).unwrap_or_default()
    });
    let chosen = Memo::new(move |_| selection.choice.with(|choice| Some(choice.as_ref()?.key())));
    // The one button that Tab reaches: the chosen image's, or else the first.
    let tab_stop = Memo::new(move |_| {
        let key = |tile: &Tile| tile.index.to_string();
        let is_chosen = |tile: &&Tile| chosen.with(|chosen| Some(key(tile)) == *chosen);
        tiles.with(|tiles| tiles.iter().find(is_chosen).or(tiles.first()).map(key))
    });
    let looked_at = RwSignal::new(None::<String>);
    let group = NodeRef::<html::Div>::new();
    let summary = Memo::new(move |_| points.with(|points| points.summary(&title.get())));
    let own = move || points.with(|points| style(points.own));
    let share = move || points.with(|points| say::map_share(percent(points.share.into())));
    let said = move || looked_at.get().unwrap_or_else(|| say::map_point().to_owned());
    view! {
        <figure>
            <h4>{title}</h4>
            <div
                class="image-map"
                role="group"
                aria-label=summary
                data-testid=testid
                node_ref=group
                on:keydown=move |event| points.with_untracked(|points| move_focus(&event, group, &points.places))
            >
                <For each=move || tiles.get().into_iter().enumerate() key=|(at, tile)| (*at, tile.index) let((at, tile))>
                    {
                        let place = move || points.with(|points| points.places.get(at).copied().map(style));
                        point(selection, tile, Signal::derive(place), chosen, tab_stop, looked_at)
                    }
                </For>
                <i class="own" style=own aria-hidden="true"></i>
            </div>
            <figcaption>
                <span data-testid=format!("{testid}-reading")>{said}</span>
                <span>{share}</span>
            </figcaption>
        </figure>
    }
}

fn point(
    selection: Selection,
    tile: Tile,
    place: Signal<Option<String>>,
    chosen: Memo<Option<String>>,
    tab_stop: Memo<Option<String>>,
    looked_at: RwSignal<Option<String>>,
) -> impl IntoView {
    let key = tile.index.to_string();
    let name = say::gallery_tile(say::class(tile.label), &key);
    let is_in = |key: String, memo: Memo<Option<String>>| move || memo.with(|found| found.as_ref() == Some(&key));
    let (is_chosen, is_stop) = (is_in(key.clone(), chosen), is_in(key.clone(), tab_stop));
    let picture = tile.style();
    let style = move || format!("{picture};{}", place.get().unwrap_or_else(|| "display:none".to_owned()));
    let look = {
        let name = name.clone();
        move || looked_at.set(Some(name.clone()))
    };
    let look_too = look.clone();
    view! {
        <button
            class="tile"
            style=style
            tabindex=move || if is_stop() { "0" } else { "-1" }
            aria-label=name
            aria-pressed=move || if is_chosen() { "true" } else { "false" }
            data-class=tile.label
            data-index=key
            on:focus=move |_| look()
            on:pointerenter=move |_| look_too()
            on:click=move |_| selection.choose_tile(tile.clone())
        ></button>
    }
}

fn style([left, top]: [f32; 2]) -> String {
    format!("left:{left:.2}%;top:{top:.2}%")
}

/// Moves the focus to the next image in the direction of an arrow key.
fn move_focus(event: &KeyboardEvent, group: NodeRef<html::Div>, places: &[[f32; 2]]) {
    let direction = match event.key().as_str() {
        "ArrowLeft" => [-1.0, 0.0],
        "ArrowRight" => [1.0, 0.0],
        "ArrowUp" => [0.0, -1.0],
        "ArrowDown" => [0.0, 1.0],
        _ => return,
    };
    event.prevent_default();
    let Some(group) = group.get_untracked() else { return };
    let points: Vec<HtmlElement> = children(&group);
    let focused = document().active_element();
    let at = points.iter().position(|point| focused.as_ref() == Some(point.unchecked_ref()));
    if let Some(point) = at.and_then(|at| points.get(next(places, at, direction)?)) {
        focus(point);
    }
}
