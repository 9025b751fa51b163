//! What each model says the image is, and the two terms that its logits are made of.

use crate::{
    choice::{Choice, Outcome},
    parts::{
        deeper::Deeper,
        image::Image,
        modes::{formula, title},
    },
    say,
    sections::{equation::Equation, terms::TermsView},
    selection::Selection,
    words,
};
use leptos::prelude::*;
use protocol::numbers::{best, percent};
use vocabulary::Mode;

/// The formula, the chosen image with one card a model, and the terms.
#[component]
pub fn Predictions() -> impl IntoView {
    let selection = expect_context::<Selection>();
    let is_precomputed =
        Memo::new(move |_| selection.shown.with(|shown| shown.as_ref().is_some_and(|shown| shown.is_precomputed)));
    let spoken = move || selection.shown.with(|shown| shown.as_ref().filter(|shown| shown.is_complete()).map(sentence));
    view! {
        <section class="predictions" id="predictions" aria-labelledby="predictions-title">
            <h2 id="predictions-title">{say::predictions_title()}</h2>
            <Equation />
            <p class="lead">{say::predictions_lead()}</p>
            <Deeper text=say::predictions_deeper() />
            {move || selection.trouble.get().map(|trouble| view! {
                <p class="error" role="alert" data-testid="result-error">{trouble}</p>
                <button class="retry" on:click=move |_| selection.retry()>{say::try_again()}</button>
            })}
            <div class="judged">
                <div>
                    {move || selection.choice.get().map(thumbnail)}
                    <div class="cards">
                        {Mode::ALL.iter().map(|&mode| view! { <Card mode /> }).collect_view()}
                    </div>
                    {move || selection.shown.with(Option::is_some).then(|| origin(is_precomputed.get()))}
                </div>
                <TermsView />
            </div>
            <p class="visually-hidden" role="status">{spoken}</p>
        </section>
    }
}

/// The chosen image, small, so that it is never far from what is said of it.
fn thumbnail(choice: Choice) -> impl IntoView {
    let (name, note) = match &choice {
        Choice::Tile(tile) => (say::class(tile.label), say::chosen_tile(tile.index)),
        Choice::Upload { name, .. } => (name.clone(), say::chosen_own().to_owned()),
    };
    view! {
        <figure class="thumbnail" data-testid="result-image">
            <Image choice />
            <figcaption><strong>{name}</strong><span>{note}</span></figcaption>
        </figure>
    }
}

/// Where the results come from.
fn origin(is_precomputed: bool) -> impl IntoView {
    let (name, text) = match is_precomputed {
        true => ("baked", say::predictions_precomputed()),
        false => ("live", say::predictions_live()),
    };
    view! { <p class="note" data-testid="origin" data-origin=name>{text}</p> }
}

#[component]
fn Card(mode: Mode) -> impl IntoView {
    let selection = expect_context::<Selection>();
    let terms = selection.shown_terms(mode);
    let best = Memo::new(move |_| terms.with(|terms| best(terms.as_ref()?)));
    let label = Memo::new(move |_| selection.shown.with(|shown| shown.as_ref()?.label));
    let class = move || best.get().map(|(class, _)| class.to_string());
    let probability = move || best.get().map(|(_, probability)| probability.to_string());
    let width = move || format!("width:{}%", best.get().map_or(0.0, |(_, probability)| 100.0 * probability));
    view! {
        <article class="card" class:waiting=move || best.get().is_none()>
            <h3>{title(mode)}" "<span aria-hidden="true">{formula(mode)}</span></h3>
            {move || match best.get() {
                None => view! { <p class="verdict">"…"</p> }.into_any(),
                Some((found, share)) => view! {
                    <p
                        class="verdict"
                        data-testid="prediction"
                        data-mode=mode.name()
                        data-class=class
                        data-probability=probability
                    >
                        <strong>{say::class(found)}</strong>
                        <span class="share">{percent(share)}</span>
                    </p>
                }
                .into_any(),
            }}
            <div class="meter" aria-hidden="true"><div style=width></div></div>
            <p class="judgement">{move || judgement(best.get().map(|(class, _)| class), label.get())}</p>
        </article>
    }
}

/// Whether the class is that of the label.
fn judgement(found: Option<usize>, label: Option<usize>) -> impl IntoView {
    found.zip(label).map(|(found, label)| match found == label {
        true => view! { <span class="right">{say::predictions_right()}</span> }.into_any(),
        false => view! { <span class="wrong">{say::predictions_wrong(say::class(label))}</span> }.into_any(),
    })
}

/// The predictions as one sentence, for those who hear the page.
fn sentence(outcome: &Outcome) -> String {
    let says = |(mode, terms): (&Mode, &Vec<_>)| {
        best(terms).map(|(class, share)| say::predictions_says(title(*mode), say::class(class), percent(share)))
    };
    let image = match outcome.label {
        Some(label) => say::predictions_image(&outcome.key, say::class(label)),
        None => say::predictions_own().to_owned(),
    };
    say::predictions_all(image, words::clauses(outcome.terms.iter().filter_map(says)))
}
