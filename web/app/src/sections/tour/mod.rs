//! The tour's bar, at the foot of the window while somebody is on it.

pub mod button;
pub mod place;
mod steps;

use self::{
    place::{Place, Tour},
    steps::{STEPS, Step, Toured},
};
use crate::{parts::section::Section, say};
use leptos::{ev::KeyboardEvent, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// The section.
pub const SECTION: Section = Section { set_up: || (), view: || view! { <TourView /> }.into_any() };

/// Marks the section that the tour is in.
const TOURED: &str = "data-toured";

/// The bar, and what the steps do to the page.
#[component]
fn TourView() -> impl IntoView {
    let (place, page) = (expect_context::<Tour>().place, Toured::of_the_page());
    let step = Memo::new(move |_| place.get().0);
    Effect::new(move |_| {
        let step = step.get().and_then(|step| STEPS.get(step));
        if let Some(step) = step {
            untrack(|| step.prepare(page));
        }
        show(step);
    });
    view! { <Show when=move || step.get().is_some()><Bar /></Show> }
}

/// Brings a step's section into view and marks it.
fn show(step: Option<&Step>) {
    let find = |selector: &str| document().query_selector(selector).ok().flatten();
    if let Some(before) = find(&format!("[{TOURED}]")).and_then(|before| before.dyn_into::<HtmlElement>().ok()) {
        // Taking an attribute away does not fail.
        let _ = before.remove_attribute(TOURED);
        if step.is_none() {
            // Whoever leaves goes on from where the tour was, not from the top.
            before.set_tab_index(-1);
            let _ = before.focus();
        }
    }
    if let Some(section) = step.and_then(|step| find(&format!("#{}", step.section))) {
        section.scroll_into_view();
        let _ = section.set_attribute(TOURED, "");
    }
}

#[component]
fn Bar() -> impl IntoView {
    let (place, page) = (expect_context::<Tour>().place, Toured::of_the_page());
    let slider = NodeRef::new();
    Effect::new(move |_| {
        if let Some(slider) = slider.get() {
            let slider: leptos::web_sys::HtmlInputElement = slider;
            // Then the arrow keys go from step to step.
            let _ = slider.focus();
        }
    });
    let last = STEPS.len() - 1;
    // The bar is there only for a step that is.
    let at = move || place.get().0.unwrap_or_default().min(last);
    let step = move || &STEPS[at()];
    let go = move |to: Option<usize>| place.set(Place(to));
    let scrubbed = move |event| {
        if let Ok(place_of) = event_target_value(&event).parse::<Place>() {
            place.set(place_of);
        }
    };
    let key = move |event: KeyboardEvent| {
        if event.key() == "Escape" {
            go(None);
        }
    };
    let text = move || (step().text)(page).unwrap_or_else(|| say::tour_waiting().to_owned());
    view! {
        <aside class="tour" aria-label=say::tour_label() data-testid="tour" data-step=move || (at() + 1).to_string() on:keydown=key>
            <div class="tour-text" aria-live="polite">
                <p><strong>{move || say::tour_place(at() + 1, STEPS.len(), (step().title)())}</strong><span data-testid="tour-text">{text}</span></p>
            </div>
            <div class="tour-controls">
                <button data-testid="tour-back" disabled=move || at() == 0 on:click=move |_| go(at().checked_sub(1))>{say::tour_back()}</button>
                <input
                    type="range"
                    min="1"
                    max=STEPS.len().to_string()
                    prop:value=move || (at() + 1).to_string()
                    aria-label=say::tour_scrub()
                    aria-valuetext=move || say::tour_place(at() + 1, STEPS.len(), (step().title)())
                    data-testid="tour-scrub"
                    node_ref=slider
                    on:input=scrubbed
                />
                <button data-testid="tour-next" disabled=move || at() == last on:click=move |_| go(Some(at() + 1))>{say::tour_next()}</button>
                <button data-testid="tour-leave" on:click=move |_| go(None)>{say::tour_leave()}</button>
            </div>
        </aside>
    }
}
