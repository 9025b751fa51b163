//! The button that leads to the guided tour.

use crate::{
    say,
    sections::tour::place::{Place, Tour},
};
use leptos::prelude::*;

/// Begins the tour, or goes on with it where it was left.
#[component]
pub fn TourButton() -> impl IntoView {
    let place = expect_context::<Tour>().place;
    // Where somebody left it. From its end it begins anew.
    let last = Memo::new(move |last: Option<&Place>| match place.get() {
        Place(None) => last.copied().filter(|last| !last.is_last()).unwrap_or_default(),
        on => on,
    });
    let words = move || match last.get() {
        Place(None) => say::tour_start().to_owned(),
        left => say::tour_go_on(left),
    };
    let go = move |_| place.set(Place(last.get().0.or(Some(0))));
    view! {
        <button class="tour-start primary" data-testid="tour-start" on:click=go hidden=move || place.get().0.is_some()>{words}</button>
    }
}
