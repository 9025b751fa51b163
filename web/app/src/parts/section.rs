//! A section that comes behind the first look.

use leptos::prelude::AnyView;

/// How the page gets a section.
#[derive(Clone, Copy)]
pub struct Section {
    /// Makes the section's state, once, and provides it as a context. It outlives the view, which is another one in
    /// another language.
    pub set_up: fn(),
    /// Shows it.
    pub view: fn() -> AnyView,
}
