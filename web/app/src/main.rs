//! The interface: small, there at once, and never waiting for the engine.

mod ablation;
mod baked;
mod browser;
mod canvas;
mod choice;
mod engine_link;
mod gallery;
mod insights;
mod language;
mod later;
mod say;
mod settings;
mod state;
mod tour;
mod training;
mod url_state;
mod views;
mod words;

fn main() {
    language::Language::wanted().speak();
    leptos::mount::mount_to_body(views::Page);
}
