//! The interface: small, there at once, and never waiting for the engine.

mod browser;
mod canvas;
mod choice;
mod engine;
mod engine_link;
mod examples;
mod gallery;
mod insight;
mod language;
mod later;
mod logit;
mod page;
mod parts;
mod precomputed;
mod say;
mod sections;
mod selection;
mod setting;
mod url_state;
mod words;

fn main() {
    sections::languages::speak(language::Language::wanted());
    leptos::mount::mount_to_body(page::Page);
}
