//! Where in the image the gradient comes from.

use crate::{
    parts::image::Image,
    say,
    sections::gradient::{shown::Shown, state::GradientState},
};
use leptos::prelude::*;
use protocol::numbers::percent;
use vocabulary::palette::Palette;

/// The pixels that one position of conv4 sees: the kernels 5, 4, 4, 4 with the steps 1, 2, 1, 2.
const FIELD: usize = 20;
/// From one position to the next, in pixels.
const STEP: usize = 4;

/// The image under the magnitudes of the gradient, summed by conv4's positions.
#[component]
pub fn Spatial(shown: Shown) -> impl IntoView {
    let gradient = expect_context::<GradientState>().gradient;
    let magnitudes = Memo::new(move |_| {
        let contrast = shown.contrast.get();
        gradient.with(|gradient| Some(gradient.as_ref()?.value.magnitudes(contrast?))).unwrap_or_default()
    });
    let image = Memo::new(move |_| gradient.with(|gradient| gradient.as_ref().map(|gradient| gradient.image.clone())));
    view! {
        <div class="spatial">
            <div class="spatial-image">
                {move || image.get().map(|choice| view! { <Image choice /> })}
                <div class="spatial-cells" aria-hidden="true">{move || cells(&magnitudes.get())}</div>
            </div>
            <div>
                <h3>{say::spatial_title()}</h3>
                <p class="spatial-text">{move || sentence(&magnitudes.get())}</p>
                <p class="note">{say::spatial_note(FIELD, STEP)}</p>
            </div>
        </div>
    }
}

fn cells(magnitudes: &[f64]) -> impl IntoView + use<> {
    let palette = expect_context::<RwSignal<Palette>>().get();
    let all = magnitudes.iter().sum::<f64>().max(f64::MIN_POSITIVE);
    let largest = magnitudes.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    let cell = |magnitude: &f64| {
        // The palette goes by the square root; here twice as dark is twice as much.
        let share = magnitude / largest;
        let [red, green, blue] = palette.colour((share * share) as f32);
        view! {
            <i
                style=format!("background:rgb({red} {green} {blue} / 90%)")
                title=percent(magnitude / all)
                data-testid="spatial-cell"
                data-value=magnitude.to_string()
            ></i>
        }
    };
    magnitudes.iter().map(cell).collect_view()
}

/// The map in words.
fn sentence(magnitudes: &[f64]) -> String {
    let all = magnitudes.iter().sum::<f64>().max(f64::MIN_POSITIVE);
    let side = magnitudes.len().isqrt().max(1);
    let place = |(at, magnitude): (usize, &f64)| (at / side + 1, at % side + 1, 100.0 * magnitude / all);
    let by_size = |a: &(usize, &f64), b: &(usize, &f64)| a.1.total_cmp(b.1);
    let ends = magnitudes.iter().enumerate().max_by(by_size).zip(magnitudes.iter().enumerate().min_by(by_size));
    ends.map_or_else(String::new, |(most, least)| {
        let ((row, column, share), (least_row, least_column, least_share)) = (place(most), place(least));
        let [share, least_share] = [share, least_share].map(|share| format!("{share:.1}"));
        say::spatial_text(row, column, share, least_row, least_column, least_share)
    })
}
