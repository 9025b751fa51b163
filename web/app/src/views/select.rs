//! One choice of few.

use crate::{say, state::State};
use leptos::prelude::*;
use protocol::gradient::ClassChoice;
use std::{fmt::Display, str::FromStr};
use vocabulary::classes::CIFAR10;

/// A labelled list of choices, each kept by its one spelling.
#[component]
pub fn Select<T>(
    label: &'static str,
    testid: &'static str,
    setting: RwSignal<T>,
    #[prop(into)] options: Vec<(T, String)>,
) -> impl IntoView
where
    T: Copy + PartialEq + Display + FromStr + Send + Sync + 'static,
{
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

/// Which class's logit is looked into, and which one's is taken away from it.
#[component]
pub fn ClassSelect(testid: &'static str, against_testid: &'static str) -> impl IntoView {
    let settings = expect_context::<State>().settings;
    let options = |none: &str| {
        let classes = (0..CIFAR10.len()).map(|class| (ClassChoice(Some(class)), say::class(class)));
        std::iter::once((ClassChoice(None), none.to_owned())).chain(classes).collect::<Vec<_>>()
    };
    view! {
        <Select label=say::logit_of() testid setting=settings.class options=options(say::logit_predicted()) />
        <Select label=say::logit_minus() testid=against_testid setting=settings.against options=options(say::logit_none()) />
    }
}
