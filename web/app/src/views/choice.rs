//! The chosen image, enlarged, with its true class.

use super::shown_terms;
use crate::{canvas, choice::Choice, say, state::State, words};
use leptos::prelude::*;
use protocol::numbers::{best, percent};
use vocabulary::Mode;
use vocabulary::SIDE;

/// The chosen image.
#[component]
pub fn Chosen() -> impl IntoView {
    let state = expect_context::<State>();
    view! {
        <figure class="chosen" data-testid="chosen">
            {move || match state.choice.get() {
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
    let state = expect_context::<State>();
    let terms = shown_terms(state, Mode::Full);
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

/// An image alone.
#[component]
pub fn Image(choice: Choice) -> impl IntoView {
    match choice {
        Choice::Tile(tile) => {
            let description = say::choose_picture(tile.index, say::class(tile.label));
            view! { <div class="picture" role="img" aria-label=description style=tile.style()></div> }.into_any()
        }
        Choice::Upload { pixels, .. } => view! { <Canvas pixels /> }.into_any(),
    }
}

/// An image of planar bytes, pixel for pixel.
#[component]
fn Canvas(pixels: Vec<u8>) -> impl IntoView {
    let node = NodeRef::new();
    Effect::new(move |_| {
        if let Some(node) = node.get() {
            canvas::paint(&node, &interleaved(&pixels), SIDE);
        }
    });
    view! { <canvas class="picture" node_ref=node role="img" aria-label=say::choose_own_picture()></canvas> }
}

/// Planar bytes as pixels of four bytes.
fn interleaved(planar: &[u8]) -> Vec<u8> {
    let plane = SIDE * SIDE;
    (0..plane).flat_map(|at| [planar[at], planar[at + plane], planar[at + 2 * plane], 255]).collect()
}
