//! The page: what is there at first, and where the rest goes.

use crate::{
    canvas,
    engine::Engine,
    gallery::Gallery,
    language::Language,
    later::{Later, Program},
    sections::{
        claim::{self, ClaimState},
        footer, languages, result, tour,
    },
    selection::Selection,
};
use leptos::prelude::*;

/// The whole page.
#[component]
pub fn Page() -> impl IntoView {
    provide_state();
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

/// Provides what the sections share, and the state of those that are there at first; then has the rest loaded.
fn provide_state() {
    let (engine, gallery) = (Engine::new(), Gallery::new());
    let selection = Selection::new(engine, gallery);
    provide_context(engine);
    provide_context(gallery);
    provide_context(selection);
    provide_context(canvas::palette());
    provide_context(ClaimState::from_address());
    provide_context(tour::place::Tour::from_address());
    let later = Later::new(engine);
    provide_context(later);
    later.start();
}

/// All of it in the language that is spoken: the claim, its story in four sections, and the appendix.
#[component]
fn Sections() -> impl IntoView {
    let program = expect_context::<Later>().program;
    let view = move |which: fn(&Program) -> AnyView| move || program.get().map(which);
    view! {
        <main>
            <claim::ClaimView />
            {move || match program.get() {
                Some(program) => program.gradient(),
                None => view! { <div class="to-come"></div> }.into_any(),
            }}
            <result::ResultView />
            {view(Program::line)}
            {view(Program::train)}
            {view(Program::appendix)}
        </main>
        <footer::FooterView />
        {view(Program::tour)}
    }
}
