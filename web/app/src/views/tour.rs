//! The tour's bar, at the foot of the window while somebody is on it, and the button that leads there.

use crate::{
    say,
    state::State,
    tour::{Place, STEPS, Step},
};
use leptos::{ev::KeyboardEvent, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// Marks the section that the tour is in.
const TOURED: &str = "data-toured";

/// Begins the tour, or goes on with it where it was left.
#[component]
pub fn TourButton() -> impl IntoView {
    let place = expect_context::<State>().settings.tour;
    // Where it was last; what is left is where somebody leaves it.
    let last = Memo::new(move |last: Option<&Place>| match place.get() {
        Place(None) => last.copied().unwrap_or_default(),
        on => on,
    });
    let words = move || match last.get() {
        Place(None) => say::tour_start().to_owned(),
        left => say::tour_go_on(left),
    };
    let go = move |_| place.set(Place(last.get().0.or(Some(0))));
    view! {
        <button class="tour-start" data-testid="tour-start" on:click=go hidden=move || place.get().0.is_some()>{words}</button>
    }
}

/// The bar, and what the steps do to the page.
#[component]
pub fn Tour() -> impl IntoView {
    let state = expect_context::<State>();
    let place = state.settings.tour;
    let step = Memo::new(move |_| place.get().0);
    Effect::new(move |_| {
        let step = step.get().and_then(|step| STEPS.get(step));
        if let Some(step) = step {
            untrack(|| step.prepare(state));
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
    let state = expect_context::<State>();
    let place = state.settings.tour;
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
    let text = move || (step().text)(state).unwrap_or_else(|| say::tour_waiting().to_owned());
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
