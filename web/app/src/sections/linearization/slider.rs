//! The slider of r.

use crate::{
    say,
    sections::linearization::state::{FARTHEST, LinearizationState, set},
};
use leptos::prelude::*;

const STEP: f32 = 0.02;

/// How far the weights move.
#[component]
pub fn Slider() -> impl IntoView {
    let LinearizationState { r, .. } = expect_context();
    let moved = move |event| {
        if let Ok(value) = event_target_value(&event).parse() {
            set(r, value);
        }
    };
    view! {
        <label class="slider">
            <span>{say::line_slider()}" "<var>"r"</var>" = "{move || format!("{:.2}", r.get())}</span>
            <input
                type="range"
                min="0"
                max=FARTHEST.to_string()
                step=STEP.to_string()
                data-testid="line-r"
                prop:value=move || r.get().to_string()
                on:input=moved
            />
            <span class="ends" aria-hidden="true"><span>"0"</span><span>"1"</span><span>"2"</span></span>
        </label>
    }
}
