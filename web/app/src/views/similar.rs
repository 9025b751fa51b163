//! Similarity: which images of the gallery are nearest, by activation and by gradient.

use super::{Deeper, gradient::contrast_name, map::MapView};
use crate::{
    gallery::Tile,
    say,
    state::{Gallery, State},
    words,
};
use leptos::prelude::*;
use protocol::{insight::Similar, messages::Compare, similarity::nearest};

/// How many of the nearest are shown.
const NEAREST: usize = 8;

/// The section.
#[component]
pub fn SimilarView() -> impl IntoView {
    let state = expect_context::<State>();
    let tiles = Memo::new(move |_| tiles(state));
    let similar = state.insights.similar;
    let told_of = move || similar.with(|told| Some(told.as_ref()?.of.key()));
    let known = Memo::new(move |_| similar.with(|told| told.as_ref().map_or(0, |told| told.what.by_gradient.len())));
    let on = state.settings.compare;
    let name = move || state.contrast().map(contrast_name).unwrap_or_default();
    let trouble = move || similar.with(|told| told.as_ref()?.what.trouble.as_ref().map(words::trouble));
    view! {
        <section
            class="similar"
            id="similar"
            aria-labelledby="similar-title"
            data-testid="similar"
            data-for=told_of
            data-known=move || known.get().to_string()
        >
            <h2 id="similar-title">{say::similar_title()}</h2>
            <p class="lead">{say::similar_lead()}</p>
            <Deeper text=say::similar_deeper() />
            <Show
                when=move || on.get()
                fallback=move || view! {
                    <button class="compare" data-testid="similar-start" on:click=move |_| on.set(true)>
                        {move || say::similar_start(tiles.with(Vec::len))}
                    </button>
                }
            >
                <p class="note" role="status" data-testid="similar-progress">
                    {move || match tiles.with(Vec::len) {
                        all if known.get() == all => say::similar_done(all),
                        all => say::similar_progress(known.get(), all),
                    }}
                </p>
                {move || trouble().map(|trouble| view! { <p class="error" role="alert">{say::sentence(trouble)}</p> })}
                <Nearest title=Signal::derive(|| say::similar_by_activation().to_owned()) testid="similar-activation" tiles numbers=|similar| &similar.by_activation />
                <Nearest title=Signal::derive(move || say::similar_by_gradient(name())) testid="similar-gradient" tiles numbers=|similar| &similar.by_gradient />
                <MapView tiles name />
            </Show>
        </section>
    }
}

/// The images that the gallery shows.
fn tiles(state: State) -> Vec<Tile> {
    let open = state.open_sheets.get();
    state.gallery.with(|gallery| match gallery {
        Gallery::Ready(index) => (0..open).flat_map(|sheet| index.tiles(sheet)).collect(),
        _ => Vec::new(),
    })
}

/// Has the images compared whenever the chosen one, its logit or the gallery changes.
pub fn ask(state: State) {
    let tiles = Memo::new(move |_| tiles(state));
    Effect::new(move |_| {
        let (true, Some(contrast)) = (state.settings.compare.get(), state.contrast()) else { return };
        state.insights.gradient.with(|told| {
            if let Some(told) = told {
                let tiles = tiles.with(|tiles| tiles.iter().map(Tile::source).collect());
                state.compare(Compare { omega: told.what.omega(contrast), tiles });
            }
        });
    });
}

/// The nearest images by one measure, nearest first.
#[component]
fn Nearest(
    #[prop(into)] title: Signal<String>,
    testid: &'static str,
    tiles: Memo<Vec<Tile>>,
    numbers: fn(&Similar) -> &Vec<f32>,
) -> impl IntoView {
    let state = expect_context::<State>();
    let found = Memo::new(move |_| {
        state.insights.similar.with(|told| {
            let Some(told) = told else { return Vec::new() };
            let (own, numbers) = (told.of.key(), numbers(&told.what));
            tiles.with(|tiles| {
                let places = nearest(numbers, NEAREST + 1).into_iter();
                let pairs = places.filter_map(|place| Some((tiles.get(place)?.clone(), numbers[place])));
                pairs.filter(|(tile, _)| tile.index.to_string() != own).take(NEAREST).collect::<Vec<_>>()
            })
        })
    });
    let label = Memo::new(move |_| state.insights.similar.with(|told| told.as_ref()?.of.label()));
    let share = move || {
        let label = label.get()?;
        let alike = found.with(|found| found.iter().filter(|(tile, _)| tile.label == label).count());
        Some(say::similar_share(alike, found.with(Vec::len), say::class(label)))
    };
    let item = move |(tile, similarity): (Tile, f32)| {
        let name = say::class(tile.label);
        let description = say::similar_tile(&name, tile.index, format!("{similarity:.2}"));
        let alike = label.get() == Some(tile.label);
        let (style, index) = (tile.style(), tile.index.to_string());
        view! {
            <li>
                <button
                    class="tile"
                    style=style
                    aria-label=description
                    data-testid=testid
                    data-index=index
                    data-similarity=similarity.to_string()
                    on:click=move |_| state.choose_tile(tile.clone())
                ></button>
                <span class:right=alike>{name}</span>
                <span class="note">{format!("{similarity:.2}")}</span>
            </li>
        }
    };
    view! {
        <h3>{title}</h3>
        <p class="note">{share}</p>
        <ol class="nearest">{move || found.get().into_iter().map(item).collect_view()}</ol>
    }
}
