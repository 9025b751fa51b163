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
                {option.name()}
                {latin(option).map(|code| view! { " "<small>{code}</small> })}
            </button>
        }
    };
    let label = move || {
        language.track();
        say::languages()
    };
    view! { <nav class="languages zoom" aria-label=label>{Language::ALL.map(button).collect_view()}</nav> }
}

/// Letters for a language whose name needs a font that not every machine has.
fn latin(language: Language) -> Option<&'static str> {
    (language == Language::Chinese).then_some("ZH")
}
