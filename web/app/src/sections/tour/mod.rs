//! The tour: a text in the page, beside what it speaks of.

mod anchor;
pub mod button;
pub mod place;
mod steps;

use self::{
    place::{Place, Tour},
    steps::{STEPS, Step, Toured},
};
use crate::{parts::section::Section, say};
use leptos::{ev::KeyboardEvent, html, prelude::*};

/// The section.
pub const SECTION: Section = Section { set_up: || (), view: || view! { <TourView /> }.into_any() };

/// The text of the step that somebody is at, with the buttons that lead on.
#[component]
fn TourView() -> impl IntoView {
    let (place, page) = (expect_context::<Tour>().place, Toured::of_the_page());
    let text = NodeRef::<html::Div>::new();
    follow(place, page, text);
    let at = Memo::new(move |_| place.get().0);
    let step = move || at.get().map(|at| &STEPS[at]);
    let title =
        move || step().map(|step| say::tour_place(at.get().unwrap_or_default() + 1, STEPS.len(), (step.title)()));
    let said = move || step().map(|step| (step.text)(page).unwrap_or_else(|| say::tour_waiting().to_owned()));
    view! {
        <div
            class="tour"
            role="region"
            aria-labelledby="tour-title"
            aria-describedby="tour-text"
            tabindex="-1"
            data-testid="tour"
            data-step=move || at.get().map(|at| (at + 1).to_string())
            hidden=move || at.get().is_none()
            node_ref=text
            on:keydown=move |event| press(place, &event)
        >
            <p id="tour-title"><strong>{title}</strong></p>
            <p id="tour-text" data-testid="tour-text">{said}</p>
            <Controls />
        </div>
    }
}

#[component]
fn Controls() -> impl IntoView {
    let place = expect_context::<Tour>().place;
    let next = move || if place.get().is_last() { say::tour_end() } else { say::tour_next() };
    view! {
        <div class="tour-controls">
            <button
                data-testid="tour-back"
                disabled=move || place.get() == Place(Some(0))
                on:click=move |_| place.update(Place::back)
            >
                {say::tour_back()}
            </button>
            <button class="primary" data-testid="tour-next" on:click=move |_| place.update(Place::next)>{next}</button>
            <button data-testid="tour-leave" on:click=move |_| place.set(Place(None))>{say::tour_leave()}</button>
        </div>
    }
}

/// The arrow keys lead from step to step, and Escape out.
fn press(place: RwSignal<Place>, event: &KeyboardEvent) {
    match event.key().as_str() {
        "ArrowRight" if !place.get_untracked().is_last() => place.update(Place::next),
        "ArrowLeft" => place.update(Place::back),
        "Escape" => place.set(Place(None)),
        _ => {}
    }
}

/// Keeps the text beside what it speaks of, which may come later than the step.
fn follow(place: RwSignal<Place>, page: Toured, text: NodeRef<html::Div>) {
    Effect::new(move |before: Option<Place>| {
        let place = place.get();
        page.changed();
        request_animation_frame(move || settle(place, before, text));
        place
    });
}

fn settle(place: Place, before: Option<Place>, text: NodeRef<html::Div>) {
    let Some(text) = text.get_untracked() else { return };
    let is_new = before != Some(place);
    match place.0.and_then(|at| STEPS.get(at)) {
        Some(step) => go_to(step, &text, is_new),
        None if is_new => anchor::leave(),
        None => {}
    }
}

fn go_to(step: &Step, text: &web_sys::HtmlElement, is_new: bool) {
    let lost_focus = anchor::attach(text, step);
    if is_new || lost_focus {
        anchor::show(text);
    }
}
