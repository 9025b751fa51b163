//! What live training is on, and how it goes: classes, settings, buttons.

use crate::{
    parts::select::Select,
    say,
    sections::live_training::state::{LiveTraining, MOST_SPEED, MOST_STEPS, Phase},
    setting::{MOST_SEED, SCOPES},
};
use leptos::prelude::*;
use protocol::training::MOST_IMAGES;
use vocabulary::classes::CIFAR10;
use web_sys::HtmlInputElement;

/// Which classes of CIFAR-10.
#[component]
pub fn Classes() -> impl IntoView {
    let classes = expect_context::<LiveTraining>().classes;
    let option = move |label: usize| {
        let changed = move |event| classes.update(|classes| classes.0[label] = event_target_checked(&event));
        view! {
            <label>
                <input
                    type="checkbox"
                    data-testid="train-class"
                    data-class=label.to_string()
                    prop:checked=move || classes.get().0[label]
                    on:change=changed
                />
                {say::class(label)}
            </label>
        }
    };
    view! {
        <fieldset class="scopes">
            <legend>{say::train_classes()}</legend>
            {(0..CIFAR10.len()).map(option).collect_view()}
        </fieldset>
    }
}

/// How training goes.
#[component]
pub fn Settings() -> impl IntoView {
    let training = expect_context::<LiveTraining>();
    let plain = |numbers: &[usize]| numbers.iter().map(|number| (*number, number.to_string())).collect::<Vec<_>>();
    let seed = move |event| {
        if let Ok(seed) = event_target_value(&event).parse() {
            training.seed.set(MOST_SEED.min(seed));
        }
    };
    view! {
        <div class="controls">
            <Select label=say::images_a_class() testid="train-images" setting=training.images options=plain(&[2, 5, 10, 20, 50, 80, MOST_IMAGES]) />
            <Select label=say::train_scope() testid="train-scope" setting=training.scope options=SCOPES.map(|scope| (scope, scope.to_string())).to_vec() />
            <Select label=say::train_steps() testid="train-steps" setting=training.steps options=plain(&[5, 50, 100, 200, 500, 1000, MOST_STEPS]) />
            <Select label=say::train_speed() testid="train-speed" setting=training.speed options=plain(&[1, 2, 4, 10, MOST_SPEED]) />
            <label class="select">
                <span>{say::seed()}</span>
                <input type="number" min="0" max=MOST_SEED.to_string() data-testid="train-seed" prop:value=move || training.seed.get().to_string() on:change=seed />
            </label>
        </div>
    }
}

/// Play, pause, step, reset, load.
#[component]
pub fn Controls() -> impl IntoView {
    let training = expect_context::<LiveTraining>();
    let playing = training.playing;
    let toggle = move |_| if playing.get_untracked() { training.pause() } else { training.play() };
    let is_over = move || training.phase.with(|phase| *phase == Phase::Done);
    let chosen = move |event| {
        let input: HtmlInputElement = event_target(&event);
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            training.load(file.into());
        }
        input.set_value("");
    };
    view! {
        <div class="controls upload">
            <button data-testid="train-play" prop:disabled=is_over on:click=toggle>
                {move || if playing.get() { say::train_pause() } else { say::train_play() }}
            </button>
            <button data-testid="train-step" prop:disabled=is_over on:click=move |_| training.step()>{say::train_step()}</button>
            <button data-testid="train-reset" on:click=move |_| training.reset()>{say::train_reset()}</button>
            <label>
                <input type="file" accept=".safetensors" data-testid="train-load" on:change=chosen />
                <span class="upload-button">{say::train_load()}</span>
            </label>
        </div>
        <p class="note phase-note" role="status" data-testid="train-status">{move || status(training)}</p>
        {move || training.note.get().map(|note| view! { <p class="error" role="alert" data-testid="train-note">{note}</p> })}
    }
}

/// Where training stands, said seldom enough to be listened to.
fn status(training: LiveTraining) -> String {
    match training.phase.get() {
        Phase::Idle => say::train_idle().to_owned(),
        // In quarters: every change is read out.
        Phase::Preparing(share) => say::train_preparing((share * 4.0) as u32 * 25),
        Phase::Learning if training.playing.get() => say::train_learning().to_owned(),
        Phase::Learning => say::train_paused().to_owned(),
        Phase::Done => say::train_done().to_owned(),
        Phase::Failed(message) => message,
    }
}
