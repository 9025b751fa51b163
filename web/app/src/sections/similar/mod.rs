//! Similarity: which images of the gallery are nearest, by activation and by gradient.

mod map;
pub mod state;

use self::{
    map::MapView,
    state::{Measured, SimilarState},
};
use crate::{
    engine::Engine,
    gallery::{Gallery, Tile},
    logit::{self, Logit},
    parts::{deeper::Deeper, section::Section},
    say,
    sections::gradient::state::GradientState,
    selection::Selection,
    words,
};
use leptos::prelude::*;
use protocol::{
    insight::Similar,
    nearest::nearest,
    numbers::{grouped, percent},
};

/// How many of the nearest are shown.
const NEAREST: usize = 8;

/// The section.
pub const SECTION: Section = Section { set_up, view: || view! { <SimilarView /> }.into_any() };

fn set_up() {
    let (engine, gallery) = (expect_context::<Engine>(), expect_context::<Gallery>());
    let state = SimilarState::new(engine, expect_context::<Selection>());
    state.follow(engine, gallery, expect_context::<Logit>(), expect_context::<GradientState>().gradient);
    provide_context(state);
}

#[component]
fn SimilarView() -> impl IntoView {
    let (gallery, logit) = (expect_context::<Gallery>(), expect_context::<Logit>());
    let tiles = Memo::new(move |_| gallery.open_tiles());
    let SimilarState { on, similar, measured, .. } = expect_context();
    let of = move || similar.with(|similar| Some(similar.as_ref()?.image.key()));
    let known = Memo::new(move |_| similar.with(|all| all.as_ref().map_or(0, |all| all.value.by_gradient.len())));
    let name = move || logit.contrast().map(logit::name).unwrap_or_default();
    let trouble = move || similar.with(|similar| similar.as_ref()?.value.trouble.as_ref().map(words::trouble));
    view! {
        <section
            class="similar"
            id="similar"
            aria-labelledby="similar-title"
            data-testid="similar"
            data-for=of
            data-known=move || known.get().to_string()
        >
            <h2 id="similar-title">{say::similar_title()}</h2>
            <p class="lead">{say::similar_lead()}</p>
            {move || measured.get().map(measured_view)}
            <Deeper text=say::similar_deeper() />
            <Show
                when=move || on.get()
                fallback=move || view! {
                    <button class="compare primary" data-testid="similar-start" on:click=move |_| on.set(true)>
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

/// How often the nearest images are of the same class, over the whole gallery.
fn measured_view(Measured { images, nearest, activation, gradient, chance }: Measured) -> impl IntoView {
    let [by_gradient, by_activation, by_chance] = [gradient, activation, chance].map(percent);
    view! {
        <p
            data-testid="similar-measured"
            data-activation=activation.to_string()
            data-gradient=gradient.to_string()
            data-chance=chance.to_string()
        >
            {say::similar_measured(grouped(images), by_gradient, nearest, by_activation, by_chance)}
        </p>
    }
}

/// The nearest images by one measure, nearest first.
#[component]
fn Nearest(
    #[prop(into)] title: Signal<String>,
    testid: &'static str,
    tiles: Memo<Vec<Tile>>,
    numbers: fn(&Similar) -> &Vec<f32>,
) -> impl IntoView {
    let (SimilarState { similar, .. }, selection) = (expect_context(), expect_context::<Selection>());
    let found = Memo::new(move |_| {
        similar.with(|similar| {
            let Some(similar) = similar else { return Vec::new() };
            let (own, numbers) = (similar.image.key(), numbers(&similar.value));
            tiles.with(|tiles| {
                let places = nearest(numbers, NEAREST + 1).into_iter();
                let pairs = places.filter_map(|place| Some((tiles.get(place)?.clone(), numbers[place])));
                pairs.filter(|(tile, _)| tile.index.to_string() != own).take(NEAREST).collect::<Vec<_>>()
            })
        })
    });
    let label = Memo::new(move |_| similar.with(|similar| similar.as_ref()?.image.label()));
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
                    on:click=move |_| selection.choose_tile(tile.clone())
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
