//! The claim, on the first screen: which of 100 test images each model gets right, from precomputed results.

mod chosen;
mod own_image;
mod tiles;
mod upload;

use crate::{
    gallery::Gallery,
    later::{CONTENTS, Link},
    parts::modes::title,
    precomputed::{self, TestFigure, TestFigures},
    say,
    sections::{engine_status, tour::button::TourButton},
    selection::Selection,
    setting::kept,
};
use leptos::prelude::*;
use protocol::numbers::{grouped, half_width};
use vocabulary::Mode;

/// The section's state: a handle, to be copied at will.
#[derive(Clone, Copy)]
pub struct ClaimState {
    /// The model whose right and wrong images are marked.
    pub mode: RwSignal<Mode>,
    /// What the models reach on all test images.
    figures: RwSignal<Option<TestFigures>>,
}

impl ClaimState {
    /// As the address says.
    pub fn from_address() -> Self {
        Self { mode: kept("model", Mode::Activation), figures: precomputed::test_figures() }
    }

    fn figure(self) -> Option<TestFigure> {
        self.figures.with(|figures| figures.as_ref()?.get(&self.mode.get()).copied())
    }
}

/// The section.
#[component]
pub fn ClaimView() -> impl IntoView {
    view! {
        <section class="claim" id="claim" aria-labelledby="claim-title">
            <div class="claim-screen">
                <div class="claim-words">
                    <h1 id="claim-title">{say::title()}</h1>
                    <p class="idea" inner_html=say::claim_idea()></p>
                    <Models />
                    <Count />
                    <Figures />
                </div>
                <tiles::FirstSheet />
                <chosen::Chosen />
            </div>
            <own_image::OwnImage />
            <div class="claim-foot">
                <TourButton />
                <Contents />
                <engine_status::EngineView />
            </div>
        </section>
    }
}

/// The switch between the four models.
#[component]
fn Models() -> impl IntoView {
    let state = expect_context::<ClaimState>();
    let option = move |&mode: &Mode| {
        view! {
            <label>
                <input
                    type="radio"
                    name="claim-mode"
                    value=mode.name()
                    data-testid="claim-mode"
                    data-mode=mode.name()
                    prop:checked=move || state.mode.get() == mode
                    on:change=move |_| state.mode.set(mode)
                />
                <span>{title(mode)}</span>
            </label>
        }
    };
    view! {
        <fieldset class="models">
            <legend class="visually-hidden">{say::claim_models()}</legend>
            {Mode::ALL.iter().map(option).collect_view()}
        </fieldset>
    }
}

/// How many of the first sheet's images the model gets right.
#[component]
fn Count() -> impl IntoView {
    let (state, gallery) = (expect_context::<ClaimState>(), expect_context::<Gallery>());
    let selection = expect_context::<Selection>();
    let count = Memo::new(move |_| {
        let mode = state.mode.get();
        let tiles = gallery.sheet(0);
        let right = tiles.iter().map(|tile| selection.is_right(tile, mode)).collect::<Option<Vec<_>>>()?;
        (!right.is_empty()).then(|| (right.iter().filter(|&&right| right).count(), right.len()))
    });
    let text = move || count.get().map(|(right, all)| say::claim_count(right, all));
    view! {
        <p
            class="claim-count"
            role="status"
            data-testid="claim-count"
            data-count=move || count.get().map(|(right, _)| right.to_string())
            inner_html=text
        ></p>
    }
}

/// What the model reaches on all test images.
#[component]
fn Figures() -> impl IntoView {
    let state = expect_context::<ClaimState>();
    let reached = move || {
        state.figure().map(|TestFigure { test_accuracy, images, .. }| {
            let [share, half] =
                [test_accuracy, half_width(test_accuracy, images)].map(|share| format!("{:.1}", 100.0 * share));
            say::claim_test(grouped(images), share, half)
        })
    };
    let agreement = move || {
        state.figure().map(|figure| match state.mode.get() {
            Mode::Finetune => say::claim_finetuned().to_owned(),
            _ => say::claim_agreement(format!("{:.0}", 100.0 * figure.finetune_agreement)),
        })
    };
    view! {
        <p class="claim-test note" data-testid="claim-test">
            <span>{reached}</span>
            " "
            <span>{agreement}</span>
        </p>
    }
}

/// The sections.
#[component]
fn Contents() -> impl IntoView {
    let link = |(id, name): Link| view! { <a href=format!("#{id}") data-testid=format!("to-{id}")>{name()}</a> };
    view! { <nav class="contents" aria-label=say::sections()>{CONTENTS.map(link).collect_view()}</nav> }
}
