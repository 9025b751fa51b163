//! Which logit is looked into.

use crate::{logit::Logit, parts::select::Select, say};
use leptos::prelude::*;
use protocol::gradient::ClassChoice;
use vocabulary::classes::CIFAR10;

/// Which class's logit is looked into, and which one's is taken away from it.
#[component]
pub fn LogitSelect(testid: &'static str, against_testid: &'static str) -> impl IntoView {
    let logit = expect_context::<Logit>();
    let options = |none: &str| {
        let classes = (0..CIFAR10.len()).map(|class| (ClassChoice(Some(class)), say::class(class)));
        std::iter::once((ClassChoice(None), none.to_owned())).chain(classes).collect::<Vec<_>>()
    };
    view! {
        <Select label=say::logit_of() testid setting=logit.class options=options(say::logit_predicted()) />
        <Select label=say::logit_minus() testid=against_testid setting=logit.against options=options(say::logit_none()) />
    }
}
