//! Pictures of signed numbers in the one palette, and its legend.

use crate::{canvas, say};
use leptos::{html, prelude::*};
use protocol::numbers::precise;
use vocabulary::palette::{Palette, extent};

/// Numbers as a picture.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Numbers {
    /// `[height, width]`.
    pub values: Vec<f32>,
    /// Numbers in a row.
    pub width: usize,
}

/// A picture with one pixel a number, stretched by the style sheet. `scale` has the last colour, or else the largest
/// magnitude.
#[component]
pub fn Picture(
    #[prop(into)] numbers: Signal<Option<Numbers>>,
    #[prop(into, optional)] scale: Option<Signal<f32>>,
    #[prop(into)] label: Signal<String>,
    testid: &'static str,
) -> impl IntoView {
    let palette = expect_context::<RwSignal<Palette>>();
    let node = NodeRef::<html::Canvas>::new();
    Effect::new(move |_| {
        let (Some(node), palette) = (node.get(), palette.get()) else { return };
        numbers.with(|numbers| {
            if let Some(Numbers { values, width }) = numbers {
                let scale = scale.map_or_else(|| extent(values), |scale| scale.get());
                canvas::paint(&node, &palette.paint(values, scale), *width);
            }
        });
    });
    view! { <canvas node_ref=node role="img" aria-label=label data-testid=testid></canvas> }
}

/// The palette from −`extent` to `extent`.
#[component]
pub fn Legend(#[prop(into)] extent: Signal<f32>, what: &'static str) -> impl IntoView {
    const STEPS: i16 = 100;
    // Evenly spaced colours: the palette goes by the square root.
    let ramp = (-STEPS..=STEPS).map(|step| f32::from(step) / f32::from(STEPS)).map(|at| at * at.abs()).collect();
    let ramp = Numbers { values: ramp, width: 2 * STEPS as usize + 1 };
    let tick = move |share: f32| view! { <span>{move || precise(share * extent.get())}</span> };
    let label = move || say::legend(what, precise(-extent.get()), precise(extent.get()));
    view! {
        <figure class="palette">
            <Picture
                numbers=Signal::stored(Some(ramp))
                scale=Signal::stored(1.0)
                label=Signal::derive(label)
                testid="legend"
            />
            <div class="ticks" aria-hidden="true">{[-1.0, -0.25, 0.0, 0.25, 1.0].map(tick).collect_view()}</div>
        </figure>
    }
}
