//! The visitor's own models on the chosen image.

use crate::{
    choice::Choice,
    engine::Engine,
    parts::{image::Image, modes::title},
    say,
    sections::live_training::state::LiveTraining,
    selection::Selection,
    words,
};
use leptos::prelude::*;
use protocol::{
    messages::FromEngine,
    numbers::percent,
    training::{FromTrainer, Verdicts},
    trouble::Trouble,
};
use vocabulary::{Mode, classes::CIFAR10};

/// What the models say: a handle, to be copied at will.
#[derive(Clone, Copy)]
pub struct Trial {
    /// Of which image, and what, or why nothing.
    said: RwSignal<Option<(Choice, Result<Verdicts, Trouble>)>>,
    asked: StoredValue<(u32, Option<Choice>)>,
}

impl Trial {
    /// Asks the models whenever they or the chosen image are others.
    pub fn new(engine: Engine, training: LiveTraining, selection: Selection) -> Self {
        let trial = Self { said: RwSignal::new(None), asked: StoredValue::default() };
        engine.listen(move |message| {
            if let FromEngine::Trained(FromTrainer::Predicted { id, verdicts }) = message {
                trial.take(*id, verdicts);
            }
        });
        let version = Memo::new(move |_| {
            let marks = training.course.with(|course| course.marks.len());
            (training.has_models(), marks, training.loaded.get())
        });
        Effect::new(move |_| {
            let (has_models, ..) = version.get();
            match selection.choice.get().filter(|_| has_models) {
                Some(choice) => {
                    let id = trial.expect(Some(choice.clone()));
                    training.predict(id, choice.source());
                }
                None => {
                    trial.expect(None);
                    trial.said.set(None);
                }
            }
        });
        trial
    }

    /// The number of the next answer.
    fn expect(self, choice: Option<Choice>) -> u32 {
        self.asked.update_value(|asked| *asked = (asked.0 + 1, choice));
        self.asked.with_value(|asked| asked.0)
    }

    fn take(self, id: u32, verdicts: &Result<Verdicts, Trouble>) {
        if let (asked, Some(choice)) = self.asked.get_value()
            && asked == id
        {
            self.said.set(Some((choice, verdicts.clone())));
        }
    }
}

/// The chosen image with what the visitor's own models say of it.
#[component]
pub fn TrialView() -> impl IntoView {
    let (trial, training) = (expect_context::<Trial>(), expect_context::<LiveTraining>());
    let image = move || trial.said.with(|said| said.as_ref().map(|(choice, _)| choice.key()));
    let shown = move || match trial.said.get() {
        None => view! { <p class="note">{say::trial_idle()}</p> }.into_any(),
        Some((_, Err(trouble))) => {
            view! { <p class="error" role="alert">{say::sentence(words::trouble(&trouble))}</p> }.into_any()
        }
        Some((choice, Ok(verdicts))) => verdicts_view(choice, &verdicts).into_any(),
    };
    let tiles = move || training.offered.get().into_iter().map(|tile| view! { <Offered tile /> }).collect_view();
    view! {
        <div class="trial" data-testid="trial" data-for=image>
            <h3>{say::trial_title()}</h3>
            {shown}
            <div class="trial-tiles" role="group" aria-label=say::trial_tiles() hidden=move || training.offered.with(Vec::is_empty)>
                {tiles}
            </div>
        </div>
    }
}

fn verdicts_view(choice: Choice, verdicts: &Verdicts) -> impl IntoView {
    let label = choice.label().map(|label| CIFAR10[label].to_owned());
    let card = |&mode: &Mode| {
        let (class, share) = verdicts.best(mode)?;
        let judgement = label.as_ref().filter(|label| verdicts.classes.contains(label)).map(|label| label == class);
        Some(verdict(mode, class, share, judgement))
    };
    let cards = Mode::ALL.iter().filter_map(card).collect_view();
    view! {
        <div class="trial-verdicts">
            <Image choice />
            <div class="cards">{cards}</div>
        </div>
        <p class="note">{say::trial_how()}</p>
    }
}

/// What one model says, and whether that is right, where it can be known.
fn verdict(mode: Mode, class: &str, share: f32, judgement: Option<bool>) -> impl IntoView {
    let judgement = judgement.map(|is_right| match is_right {
        true => view! { <span class="right">{say::predictions_right()}</span> }.into_any(),
        false => view! { <span class="wrong">{say::trial_wrong()}</span> }.into_any(),
    });
    view! {
        <article
            class="card"
            data-testid="trial-verdict"
            data-mode=mode.name()
            data-class=class.to_owned()
            data-probability=share.to_string()
        >
            <h4>{title(mode)}</h4>
            <p class="verdict"><strong>{name(class)}</strong><span class="share">{percent(f64::from(share))}</span></p>
            <div class="meter" aria-hidden="true"><div style=format!("width:{}%", 100.0 * share)></div></div>
            <p class="judgement">{judgement}</p>
        </article>
    }
}

/// A class's name for people.
fn name(class: &str) -> String {
    CIFAR10.iter().position(|known| *known == class).map_or_else(|| class.to_owned(), say::class)
}

/// An image that was held out.
#[component]
fn Offered(tile: crate::gallery::Tile) -> impl IntoView {
    let selection = expect_context::<Selection>();
    let index = tile.index;
    let is_chosen =
        move || selection.choice.with(|choice| matches!(choice, Some(Choice::Tile(chosen)) if chosen.index == index));
    let (style, description) = (tile.style(), say::choose_picture(index, say::class(tile.label)));
    view! {
        <button
            class="tile"
            data-testid="trial-tile"
            data-image=index.to_string()
            aria-label=description
            aria-pressed=move || is_chosen().to_string()
            style=style
            on:click=move |_| selection.choose_tile(tile.clone())
        ></button>
    }
}
