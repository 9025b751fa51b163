//! One choice of few.

use leptos::prelude::*;
use std::{fmt::Display, str::FromStr};

/// A labelled list of choices, each kept by its one spelling. A value that the address has set and that is not in the
/// list is one more choice.
#[component]
pub fn Select<T>(
    label: &'static str,
    testid: &'static str,
    setting: RwSignal<T>,
    #[prop(into)] mut options: Vec<(T, String)>,
) -> impl IntoView
where
    T: Copy + PartialEq + Display + FromStr + Send + Sync + 'static,
{
    let set = setting.get_untracked();
    if options.iter().all(|(value, _)| *value != set) {
        options.push((set, set.to_string()));
    }
    let changed = move |event| {
        if let Ok(value) = event_target_value(&event).parse() {
            setting.set(value);
        }
    };
    let option = move |(value, name): (T, String)| {
        let selected = move || setting.get() == value;
        view! { <option value=value.to_string() selected=selected() prop:selected=selected>{name}</option> }
    };
    view! {
        <label class="select">
            <span>{label}</span>
            <select data-testid=testid on:change=changed>
                {options.into_iter().map(option).collect_view()}
            </select>
        </label>
    }
}
