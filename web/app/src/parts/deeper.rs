//! More about a section, for those who ask.

use crate::say;
use leptos::prelude::*;

/// A text that is closed at first.
#[component]
pub fn Deeper(#[prop(into)] text: Signal<String>) -> impl IntoView {
    view! {
        <details class="deeper">
            <summary>{say::deeper()}</summary>
            <p inner_html=move || text.get()></p>
        </details>
    }
}
