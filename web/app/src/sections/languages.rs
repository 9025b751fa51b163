//! The switch between the page's languages.

use crate::{language::Language, say};
use leptos::prelude::*;

/// From now on the page speaks this language, and its title does.
pub fn speak(language: Language) {
    language.speak();
    document().set_title(say::title());
}

/// One button a language, each in its own words.
#[component]
pub fn Languages(language: RwSignal<Language>) -> impl IntoView {
    let button = move |option: Language| {
        let choose = move |_| {
            speak(option);
            option.keep();
            language.set(option);
        };
        view! {
            <button
                lang=option.tag()
                data-testid=format!("language-{}", option.code())
                aria-pressed=move || (language.get() == option).to_string()
                on:click=choose
            >
                {match option {
                    Language::English => option.name().into_any(),
                    Language::Chinese => view! { <DrawnName name=option.name() /> }.into_any(),
                }}
            </button>
        }
    };
    let label = move || {
        language.track();
        say::languages()
    };
    view! { <nav class="languages zoom" aria-label=label>{Language::ALL.map(button).collect_view()}</nav> }
}

/// 中文 as strokes: not every machine has a font with it, and those who look for it should find it all the same.
#[component]
fn DrawnName(name: &'static str) -> impl IntoView {
    const STROKES: &str = "M3 6H19V15H3ZM11 1V23M34 1L36 4M25 7H47M43 7C41 15 34 20 26 23M29 7C31 15 38 20 46 23";
    view! {
        <svg class="drawn-name" viewBox="0 0 50 24" aria-hidden="true"><path d=STROKES /></svg>
        <span class="visually-hidden">{name}</span>
    }
}
