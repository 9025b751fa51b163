//! Other images than the first sheet's: further test images, and the visitor's own.

use super::{tiles::MoreSheets, upload::Upload};
use crate::{
    later::{Later, Program},
    say,
};
use leptos::prelude::*;

/// All of it, closed at first.
#[component]
pub fn OwnImage() -> impl IntoView {
    let program = expect_context::<Later>().program;
    view! {
        <details class="sources" data-testid="sources">
            <summary>{say::own_image()}</summary>
            <div class="own-sources">
                <Upload />
                {move || program.get().map(Program::sources)}
            </div>
            <MoreSheets />
        </details>
    }
}
