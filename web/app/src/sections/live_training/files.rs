//! The models as files.

use crate::{parts::modes::title, say, sections::live_training::state::LiveTraining};
use leptos::prelude::*;
use vocabulary::Mode;
use web_sys::HtmlInputElement;

/// Save each model, load some.
#[component]
pub fn Files() -> impl IntoView {
    let training = expect_context::<LiveTraining>();
    let nothing = move || training.course.with(|course| course.marks.is_empty());
    let save = move |&mode: &Mode| {
        view! {
            <button
                data-testid="train-save"
                data-mode=mode.name()
                prop:disabled=nothing
                on:click=move |_| training.save(mode)
            >
                {say::train_save_model(title(mode))}
            </button>
        }
    };
    let chosen = move |event| {
        let input: HtmlInputElement = event_target(&event);
        if let Some(files) = input.files() {
            training.load((0..files.length()).filter_map(|at| files.get(at)).map(Into::into));
        }
        input.set_value("");
    };
    view! {
        <div class="controls upload">
            {Mode::ALL.iter().map(save).collect_view()}
            <label>
                <input type="file" accept=".safetensors" multiple data-testid="train-load" on:change=chosen />
                <span class="upload-button">{say::train_load()}</span>
            </label>
        </div>
    }
}
