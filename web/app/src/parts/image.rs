//! An image, enlarged.

use crate::{canvas, choice::Choice, say};
use leptos::prelude::*;
use vocabulary::SIDE;

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
