//! The four models: their names and their formulas.

use crate::say;
use leptos::prelude::*;
use vocabulary::Mode;

/// A model's name for people.
pub fn title(mode: Mode) -> &'static str {
    match mode {
        Mode::Activation => say::mode_activation(),
        Mode::Gradient => say::mode_gradient(),
        Mode::Full => say::mode_full(),
        Mode::Finetune => say::mode_finetune(),
    }
}

/// A model's formula (Eq. 2).
pub fn formula(mode: Mode) -> impl IntoView {
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
pub fn activation_term() -> impl IntoView {
    view! {
        <span class="term-activation">
            <var>"w"</var><sub>"1"</sub><sup>"⊤"</sup>" "<var>"f"</var>
        </span>
    }
}

/// `ω̄ᵀ J w2`.
pub fn gradient_term() -> impl IntoView {
    view! {
        <span class="term-gradient">
            <var>"ω̄"</var><sup>"⊤"</sup>" "<var>"J"</var>" "<var>"w"</var><sub>"2"</sub>
        </span>
    }
}
