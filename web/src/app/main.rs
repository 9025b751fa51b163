//! The interface: small, there at once, and never waiting for the engine.

mod browser;
mod engine_link;
mod gallery;
mod state;
mod url_state;
mod views;

fn main() {
    leptos::mount::mount_to_body(views::Page);
}
