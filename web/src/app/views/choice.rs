//! The chosen image, enlarged, with its true class.

use super::class_name;
use crate::state::{Choice, State};
use leptos::prelude::*;
use wasm_bindgen::{Clamped, JsCast};
use web::cifar10::SIDE;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

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
    match choice {
        Choice::Tile(tile) => {
            let name = class_name(tile.label);
            let description = format!("Test image {}: {name}", tile.index);
            view! {
                <div class="picture" role="img" aria-label=description style=tile.style()></div>
                <figcaption>
                    <strong>{name}</strong>
                    <span>{format!("test image {}, as labelled", tile.index)}</span>
                </figcaption>
            }
            .into_any()
        }
        Choice::Upload { name, pixels, .. } => view! {
            <Canvas pixels />
            <figcaption>
                <strong class="file-name">{name}</strong>
                <span>"your image, as the network sees it"</span>
            </figcaption>
        }
        .into_any(),
    }
}

/// An image of planar bytes, pixel for pixel.
#[component]
fn Canvas(pixels: Vec<u8>) -> impl IntoView {
    let canvas = NodeRef::new();
    Effect::new(move |_| {
        if let Some(canvas) = canvas.get() {
            paint(&canvas, &pixels);
        }
    });
    let side = SIDE.to_string();
    view! {
        <canvas class="picture" node_ref=canvas width=side.clone() height=side role="img" aria-label="Your image, 32 by 32 pixels"></canvas>
    }
}

fn paint(canvas: &HtmlCanvasElement, planar: &[u8]) {
    let plane = SIDE * SIDE;
    let rgba: Vec<u8> =
        (0..plane).flat_map(|at| [planar[at], planar[at + plane], planar[at + 2 * plane], 255]).collect();
    let image = ImageData::new_with_u8_clamped_array(Clamped(&rgba), SIDE as u32);
    let context = canvas.get_context("2d").ok().flatten().map(JsCast::unchecked_into::<CanvasRenderingContext2d>);
    if let (Ok(image), Some(context)) = (image, context) {
        // It fails only for images from elsewhere, and this one is made here.
        let _ = context.put_image_data(&image, 0.0, 0.0);
    }
}
