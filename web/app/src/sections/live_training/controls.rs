//! What live training is on, and how it goes: buttons, classes, settings.

use crate::{
    parts::{modes::title, select::Select},
    say,
    sections::live_training::state::{LiveTraining, MOST_SPEED, MOST_STEPS, Phase},
    setting::{MOST_SEED, SCOPES},
    words,
};
use leptos::prelude::*;
use protocol::{
    lesson,
    training::{Fitted, MOST_IMAGES},
};
use vocabulary::classes::CIFAR10;

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
            <Select label=say::images_a_class() testid="train-images" setting=training.images options=plain(&[2, 5, 10, 20, lesson::IMAGES, MOST_IMAGES]) />
            <Select label=say::train_held() testid="train-held" setting=training.held options=plain(&[10, 50, 100, lesson::HELD]) />
            <Select label=say::train_scope() testid="train-scope" setting=training.scope options=SCOPES.map(|scope| (scope, scope.to_string())).to_vec() />
            <Select label=say::train_steps() testid="train-steps" setting=training.steps options=plain(&[5, 50, 100, 200, lesson::STEPS, 500, 1000, MOST_STEPS]) />
            <Select label=say::train_speed() testid="train-speed" setting=training.speed options=plain(&[1, 2, 4, 10, MOST_SPEED]) />
            <label class="select">
                <span>{say::seed()}</span>
                <input type="number" min="0" max=MOST_SEED.to_string() data-testid="train-seed" prop:value=move || training.seed.get().to_string() on:change=seed />
            </label>
        </div>
    }
}

/// The one button that most visitors need: play, pause, and play again with other images.
#[component]
pub fn Play() -> impl IntoView {
    let training = expect_context::<LiveTraining>();
    let is_over = move || training.phase.with(|phase| *phase == Phase::Done);
    let pressed = move |_| match (training.playing.get_untracked(), untrack(is_over)) {
        (true, _) => training.pause(),
        (false, true) => training.play_again(),
        (false, false) => training.play(),
    };
    let name = move || match (training.playing.get(), is_over()) {
        (true, _) => say::train_pause(),
        (false, true) => say::train_again(),
        (false, false) => say::train_play(),
    };
    view! {
        <div class="controls">
            <button class="primary" data-testid="train-play" on:click=pressed>{name}</button>
            <p class="note phase-note" role="status" data-testid="train-status">{move || status(training)}</p>
        </div>
        {move || training.note.get().map(|note| view! { <p class="error" role="alert" data-testid="train-note">{note}</p> })}
    }
}

/// A single step, and back to the beginning.
#[component]
pub fn Controls() -> impl IntoView {
    let training = expect_context::<LiveTraining>();
    let is_over = move || training.phase.with(|phase| *phase == Phase::Done);
    view! {
        <div class="controls">
            <button data-testid="train-step" prop:disabled=is_over on:click=move |_| training.step()>{say::train_step()}</button>
            <button data-testid="train-reset" on:click=move |_| training.forget()>{say::train_reset()}</button>
        </div>
    }
}

/// Where training stands, said seldom enough to be listened to.
fn status(training: LiveTraining) -> String {
    match training.phase.get() {
        Phase::Idle => {
            training.loaded.with(|loaded| loaded.as_ref().map_or_else(|| say::train_idle().to_owned(), read))
        }
        // In quarters: every change is read out.
        Phase::Preparing(share) => say::train_preparing((share * 4.0) as u32 * 25),
        Phase::Learning if training.playing.get() => say::train_learning().to_owned(),
        Phase::Learning => say::train_paused().to_owned(),
        Phase::Done => say::train_done().to_owned(),
        Phase::Failed(message) => message,
    }
}

/// What was read from files.
fn read(Fitted { classes, modes, .. }: &Fitted) -> String {
    let models = words::list(modes.iter().map(|&mode| title(mode).to_lowercase()).collect());
    say::train_loaded(models.unwrap_or_default(), words::list(classes.clone()).unwrap_or_default())
}
