//! Where the tour's text stands in the page: in the flow, before the thing that it speaks of, so that it covers nothing.

use crate::sections::tour::steps::Step;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// Marks the thing that the tour speaks of.
const MARK: &str = "data-toured";

/// Puts the tour's text before the thing that a step speaks of, and marks that; whether the text has lost the focus by
/// that.
pub fn attach(text: &HtmlElement, step: &Step) -> bool {
    let Some(shown) = find(step) else { return false };
    mark(&shown);
    let place = before(shown);
    let (neighbour, parent) = (place.previous_element_sibling(), place.parent_node());
    let Some(parent) = parent.filter(|_| neighbour.as_ref() != Some(text)) else { return false };
    let had_focus = document().active_element().is_some_and(|focused| text.contains(Some(&focused)));
    parent.insert_before(text, Some(&place)).is_ok() && had_focus
}

/// Brings the tour's text to the top of the window, where the arrow keys lead to the next step.
pub fn show(text: &HtmlElement) {
    // Without the focus the text can be read all the same.
    let _ = text.focus();
    text.scroll_into_view();
}

/// Takes the mark away. Whoever leaves goes on from where the tour was, not from the top.
pub fn leave() {
    let Some(shown) = unmark().and_then(|shown| shown.dyn_into::<HtmlElement>().ok()) else { return };
    shown.set_tab_index(-1);
    let _ = shown.focus();
}

/// The first of a step's things that is in the page, with all that is folded around it opened.
fn find(step: &Step) -> Option<Element> {
    let shown = step.shows.iter().find_map(|selector| document().query_selector(selector).ok().flatten())?;
    let mut around = shown.closest("details").ok().flatten();
    while let Some(details) = around {
        let _ = details.set_attribute("open", "");
        around = details.parent_element().and_then(|parent| parent.closest("details").ok().flatten());
    }
    Some(shown)
}

fn mark(shown: &Element) {
    if !shown.has_attribute(MARK) {
        unmark();
        let _ = shown.set_attribute(MARK, "");
    }
}

fn unmark() -> Option<Element> {
    let marked = document().query_selector(&format!("[{MARK}]")).ok().flatten()?;
    let _ = marked.remove_attribute(MARK);
    Some(marked)
}

/// The thing itself, or the part of the page around it that is not one of several side by side.
fn before(shown: Element) -> Element {
    let mut place = shown;
    while let Some(parent) = place.parent_element().filter(|parent| !stacks(parent)) {
        place = parent;
    }
    place
}

/// Whether what is in an element stands one below the other, so that a text fits between.
fn stacks(element: &Element) -> bool {
    let Some(style) = window().get_computed_style(element).ok().flatten() else { return true };
    let property = |name| style.get_property_value(name).unwrap_or_default();
    match property("display").as_str() {
        "block" | "flow-root" | "list-item" => true,
        "flex" => property("flex-direction") == "column",
        _ => false,
    }
}
