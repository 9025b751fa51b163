//! Everything that the models say of the chosen image.

use crate::{sections::predictions::Predictions, selection::Selection};
use leptos::prelude::*;

/// The predictions and their terms.
#[component]
pub fn ResultView() -> impl IntoView {
    let selection = expect_context::<Selection>();
    let data_for = move || selection.shown_for();
    let scope = move || selection.shown.with(|shown| shown.as_ref().map(|shown| shown.scope.name()));
    let busy = move || if selection.is_busy() { "true" } else { "false" };
    view! {
        <div class="result" data-testid="result" data-for=data_for data-scope=scope aria-busy=busy>
            <Predictions />
        </div>
    }
}
