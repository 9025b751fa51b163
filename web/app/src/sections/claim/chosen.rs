//! The chosen image: its true class, and what the four models say it is.

use crate::{
    choice::Choice,
    parts::{image::Image, modes::title},
    say,
    selection::Selection,
    words,
};
use leptos::prelude::*;
use protocol::numbers::{best, percent};
use vocabulary::Mode;

/// The chosen image with its verdicts, and why the last file was not taken.
#[component]
pub fn Chosen() -> impl IntoView {
    let selection = expect_context::<Selection>();
    view! {
        <div class="chosen">
            <figure data-testid="chosen">
                {move || match selection.choice.get() {
                    None => view! { <div class="picture"></div><figcaption></figcaption> }.into_any(),
                    Some(choice) => picture(choice).into_any(),
                }}
            </figure>
            <ul class="verdicts">{Mode::ALL.iter().map(|&mode| view! { <Verdict mode /> }).collect_view()}</ul>
            {move || selection.upload_error.get().map(|error| view! {
                <p class="error" role="alert" data-testid="upload-error">{error}</p>
            })}
        </div>
    }
}

fn picture(choice: Choice) -> impl IntoView {
    let (name, note, notes) = match &choice {
        Choice::Tile(tile) => (say::class(tile.label), say::chosen_tile(tile.index), vec![]),
        Choice::Upload { name, notes, .. } => (name.clone(), say::chosen_own().to_owned(), notes.clone()),
    };
    let note_view = |note| view! { <span data-testid="image-note">{words::note(note)}</span> };
    view! {
        <Image choice />
        <figcaption>
            <strong>{name}</strong>
            <span>{note}</span>
            {notes.into_iter().map(note_view).collect_view()}
        </figcaption>
    }
}

/// What one model says the image is, and whether that is right.
#[component]
fn Verdict(mode: Mode) -> impl IntoView {
    let selection = expect_context::<Selection>();
    let terms = selection.shown_terms(mode);
    let best = Memo::new(move |_| terms.with(|terms| best(terms.as_ref()?)));
    let label = Memo::new(move |_| selection.shown.with(|shown| shown.as_ref()?.label));
    let right = Memo::new(move |_| Some(best.get()?.0 == label.get()?));
    let class = move || best.get().map_or_else(|| "…".to_owned(), |(class, _)| say::class(class));
    let share = move || best.get().map(|(_, share)| percent(share));
    view! {
        <li
            data-testid="verdict"
            data-mode=mode.name()
            data-class=move || best.get().map(|(class, _)| class.to_string())
            data-right=move || right.get().map(|right| right.to_string())
        >
            <span class="verdict-mode">{title(mode)}</span>
            <span class="verdict-class">{class}</span>
            <span class="share">{share}</span>
            {move || right.get().map(mark)}
        </li>
    }
}

/// A sign for right or wrong that needs no colour.
fn mark(right: bool) -> impl IntoView {
    let (class, sign, name) = match right {
        true => ("right", "✓", say::verdict_right()),
        false => ("wrong", "✗", say::verdict_wrong()),
    };
    view! { <span class=class role="img" aria-label=name>{sign}</span> }
}
