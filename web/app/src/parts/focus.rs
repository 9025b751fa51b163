//! Moving the focus.

use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// Puts the focus on an element.
pub fn focus(element: &HtmlElement) {
    // Only an element without focus behaviour refuses, and these are buttons.
    let _ = element.focus();
}

/// An element's children.
pub fn children(element: &HtmlElement) -> Vec<HtmlElement> {
    let children = element.children();
    (0..children.length()).filter_map(|at| children.item(at)).map(JsCast::unchecked_into).collect()
}
