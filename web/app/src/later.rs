//! What comes behind the first look. It is a program of its own, which `web/split` makes of all that is used only from
//! here, so that the first one is small and there at once.

use crate::{state::State, views::later as views};
use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};

/// What the first program knows of the second.
pub struct Program {
    /// Starts the engine and listens to it.
    pub start_engine: fn(State),
    /// Other sources of images than the gallery and files.
    pub sources: fn() -> AnyView,
    /// The gradient.
    pub gradient: fn() -> AnyView,
    /// All that follows the predictions.
    pub after_result: fn() -> AnyView,
    /// The guided tour.
    pub tour: fn() -> AnyView,
}

static PROGRAM: Program = Program {
    start_engine: State::launch_first,
    sources: views::sources,
    gradient: views::gradient,
    after_result: views::after_result,
    tour: views::tour,
};

/// Loads the second program, once.
#[wasm_split(later, wasm_split_path = leptos::wasm_split, fallible)]
pub fn program() -> Result<&'static Program, SplitLoaderError> {
    Ok(&PROGRAM)
}
