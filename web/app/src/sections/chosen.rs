//! The chosen image, enlarged, with its true class.

use crate::{choice::Choice, parts::image::Image, say, selection::Selection, words};
use leptos::prelude::*;
use protocol::numbers::{best, percent};
use vocabulary::Mode;

/// The chosen image.
#[component]
pub fn Chosen() -> impl IntoView {
    let selection = expect_context::<Selection>();
    view! {
        <figure class="chosen" data-testid="chosen">
            {move || match selection.choice.get() {
                None => view! { <div class="picture"></div> }.into_any(),
                Some(choice) => picture(choice).into_any(),
            }}
        </figure>
    }
}

fn picture(choice: Choice) -> impl IntoView {
    let (name, note, notes) = match &choice {
        Choice::Tile(tile) => (say::class(tile.label), say::choose_tile(tile.index), vec![]),
        Choice::Upload { name, notes, .. } => (name.clone(), say::choose_own().to_owned(), notes.clone()),
    };
    let note_view = |note| view! { <span data-testid="image-note">{words::note(note)}</span> };
    let terms = expect_context::<Selection>().shown_terms(Mode::Full);
    let verdict = Memo::new(move |_| {
        let (class, share) = terms.with(|terms| best(terms.as_ref()?))?;
        Some(say::choose_verdict(say::class(class), percent(share)))
    });
    view! {
        <Image choice />
        <figcaption>
            <strong>{name}</strong>
            <span>{note}</span>
            {notes.into_iter().map(note_view).collect_view()}
            {move || verdict.get().map(|verdict| view! { <a href="#predictions" data-testid="verdict">{verdict}</a> })}
        </figcaption>
    }
}
