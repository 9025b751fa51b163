//! What the page shows, one section a file, in the order in which the data flow.

mod ablation;
mod board;
mod camera;
mod check;
mod choice;
mod engine;
mod gallery;
mod gradient;
mod intro;
mod languages;
pub mod later;
mod line;
mod map;
mod matrix;
mod network;
mod picture;
mod predictions;
mod select;
mod similar;
mod spatial;
mod terms;
mod tour;
mod train;
mod upload;

use crate::{canvas, language::Language, later::Program, say, state::State};
use leptos::prelude::*;
use protocol::terms::Terms;
use vocabulary::Mode;

/// The whole page.
#[component]
pub fn Page() -> impl IntoView {
    let state = State::start();
    provide_context(state);
    provide_context(canvas::palette());
    similar::ask(state);
    let language = RwSignal::new(Language::spoken());
    // Another language is another page on the same state.
    let page = move || {
        language.track();
        untrack(|| view! { <Sections /> })
    };
    view! {
        <languages::Languages language />
        {page}
    }
}

/// All of it in the language that is spoken.
#[component]
fn Sections() -> impl IntoView {
    let later = expect_context::<State>().later;
    let view = move |which: fn(&Program) -> fn() -> AnyView| move || later.get().map(|program| which(program)());
    view! {
        <intro::Intro />
        <main>
            <section class="choose" id="choose" aria-labelledby="choose-title">
                <h2 id="choose-title">{say::choose_title()}</h2>
                <choice::Chosen />
                <div class="sources">
                    <gallery::GalleryView />
                    <upload::Upload />
                    {view(|later| later.sources)}
                </div>
            </section>
            <network::NetworkView />
            {view(|later| later.gradient)}
            <ResultView />
            {view(|later| later.after_result)}
        </main>
        {view(|later| later.tour)}
    }
}

/// Everything that is said of the chosen image.
#[component]
fn ResultView() -> impl IntoView {
    let state = expect_context::<State>();
    let data_for = move || state.shown_for();
    let scope = move || state.shown.with(|shown| shown.as_ref().map(|shown| shown.scope.name()));
    let busy = move || if state.is_busy() { "true" } else { "false" };
    view! {
        <div class="result" data-testid="result" data-for=data_for data-scope=scope aria-busy=busy>
            <predictions::Predictions />
            <terms::TermsView />
        </div>
    }
}

/// What else there is to say, for those who ask.
#[component]
fn Deeper(text: &'static str) -> impl IntoView {
    view! {
        <details class="deeper">
            <summary>{say::deeper()}</summary>
            <p inner_html=text></p>
        </details>
    }
}

/// One model's terms on show.
fn shown_terms(state: State, mode: Mode) -> Memo<Option<Vec<Terms>>> {
    Memo::new(move |_| state.shown.with(|shown| shown.as_ref()?.terms.get(&mode).cloned()))
}

/// A model's name for people.
pub fn title(mode: Mode) -> &'static str {
    match mode {
        Mode::Activation => say::mode_activation(),
        Mode::Gradient => say::mode_gradient(),
        Mode::Full => say::mode_full(),
        Mode::Finetune => say::mode_finetune(),
    }
}

/// What a model is, in a few words.
fn subtitle(mode: Mode) -> &'static str {
    match mode {
        Mode::Activation => say::about_activation(),
        Mode::Gradient => say::about_gradient(),
        Mode::Full => say::about_full(),
        Mode::Finetune => say::about_finetune(),
    }
}

/// A model's formula (Eq. 2).
fn formula(mode: Mode) -> impl IntoView {
    view! {
        <span class="formula">
            {match mode {
                Mode::Full => view! { {activation_term()}" + "{gradient_term()} }.into_any(),
                Mode::Activation => activation_term().into_any(),
                Mode::Gradient => gradient_term().into_any(),
                Mode::Finetune => view! { <var>"F"</var>"("<var>"x"</var>")" }.into_any(),
            }}
        </span>
    }
}

/// `w1ᵀ f`.
fn activation_term() -> impl IntoView {
    view! {
        <span class="term-activation">
            <var>"w"</var><sub>"1"</sub><sup>"⊤"</sup>" "<var>"f"</var>
        </span>
    }
}

/// `ω̄ᵀ J w2`.
fn gradient_term() -> impl IntoView {
    view! {
        <span class="term-gradient">
            <var>"ω̄"</var><sup>"⊤"</sup>" "<var>"J"</var>" "<var>"w"</var><sub>"2"</sub>
        </span>
    }
}
