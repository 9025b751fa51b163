//! The appendix: what some ask for. It is closed at first, and costs nothing until it is opened.

use crate::{
    browser,
    parts::section::Section,
    say,
    sections::{ablation, network, self_check, similar},
};
use leptos::{ev, html, prelude::*, task::spawn_local};
use serde::de::DeserializeOwned;
use web_sys::HtmlElement;

/// The section.
pub const SECTION: Section = Section { set_up, view: || view! { <AppendixView /> }.into_any() };

/// What is in it.
const PARTS: [Section; 4] = [ablation::SECTION, similar::SECTION, network::SECTION, self_check::SECTION];

/// Where its figures are, beside the model that they are of.
const FOLDER: &str = "cifar10-rotation";

/// Whether it is open: a handle, to be copied at will.
#[derive(Clone, Copy)]
pub struct Appendix {
    /// Whether it is open.
    pub open: RwSignal<bool>,
}

impl Appendix {
    /// What a file of figures says, fetched when the appendix is first open.
    pub fn file<T: DeserializeOwned + Send + Sync + 'static>(self, name: &'static str) -> RwSignal<Option<T>> {
        let found = RwSignal::new(None);
        Effect::new(move |is_asked: Option<bool>| {
            let is_open = self.open.get();
            if is_open && !is_asked.unwrap_or_default() {
                spawn_local(async move {
                    let path = format!("{}/{FOLDER}/{name}", browser::published("models"));
                    // Without the file the section has no figures, and says what it can.
                    found.set(browser::fetch_json(&path).await.ok());
                });
            }
            is_open || is_asked.unwrap_or_default()
        });
        found
    }
}

fn set_up() {
    provide_context(Appendix { open: RwSignal::new(false) });
    for part in PARTS {
        (part.set_up)();
    }
}

#[component]
fn AppendixView() -> impl IntoView {
    let open = expect_context::<Appendix>().open;
    let node = NodeRef::<html::Details>::new();
    follow_links(open, node);
    let toggled = move |_| {
        if let Some(node) = node.get_untracked() {
            open.set(node.open());
        }
    };
    view! {
        <details class="appendix" id="appendix" data-testid="appendix" node_ref=node prop:open=open on:toggle=toggled>
            <summary data-testid="appendix-summary"><h2>{say::appendix_title()}</h2><span>{say::appendix_lead()}</span></summary>
            {PARTS.map(|part| (part.view)()).collect_view()}
        </details>
    }
}

/// Opens the appendix for links that lead into it, also for the one that led to the page.
fn follow_links(open: RwSignal<bool>, node: NodeRef<html::Details>) {
    let follow = move || {
        if let Some(target) = node.get_untracked().and_then(|appendix| aimed_at(&appendix)) {
            open.set(true);
            // Closed things have no place to scroll to.
            request_animation_frame(move || target.scroll_into_view());
        }
    };
    node.on_load(move |_| request_animation_frame(follow));
    let listener = window_event_listener(ev::hashchange, move |_| follow());
    on_cleanup(move || listener.remove());
}

/// What the address names of the appendix.
fn aimed_at(appendix: &HtmlElement) -> Option<web_sys::Element> {
    let hash = window().location().hash().ok()?;
    let target = document().get_element_by_id(hash.strip_prefix('#')?)?;
    appendix.contains(Some(&target)).then_some(target)
}
