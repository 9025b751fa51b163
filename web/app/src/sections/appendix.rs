//! What goes deeper than the story, closed at first.

use crate::say;
use leptos::prelude::*;

/// The appendix around its sections.
#[component]
pub fn Appendix(children: Children) -> impl IntoView {
    view! {
        <details class="appendix" id="appendix" data-testid="appendix">
            <summary><h2>{say::appendix_title()}</h2></summary>
            {children()}
        </details>
    }
}
