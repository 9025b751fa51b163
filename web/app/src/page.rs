//! The page: what is there at first, and where the rest goes.

use crate::{
    canvas,
    engine::Engine,
    gallery::Gallery,
    language::Language,
    later::{Later, Program},
    say,
    sections::{
        chosen, gallery_view, intro, languages,
        network::{self, NetworkState},
        result, tour, upload,
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
    provide_context(NetworkState::new(engine, selection));
    provide_context(tour::place::Tour::from_address());
    let later = Later::new(engine);
    provide_context(later);
    later.start();
}

/// All of it in the language that is spoken.
#[component]
fn Sections() -> impl IntoView {
    let program = expect_context::<Later>().program;
    let view = move |which: fn(&Program) -> AnyView| move || program.get().map(which);
    view! {
        <intro::Intro />
        <main>
            <section class="choose" id="choose" aria-labelledby="choose-title">
                <h2 id="choose-title">{say::choose_title()}</h2>
                <chosen::Chosen />
                <div class="sources">
                    <gallery_view::GalleryView />
                    <upload::Upload />
                    {view(Program::sources)}
                </div>
            </section>
            <network::NetworkView />
            {view(Program::gradient)}
            <result::ResultView />
            {view(Program::after_result)}
        </main>
        {view(Program::tour)}
    }
}
