//! The views that come behind the first look, by their places in the page.

use super::{ablation, board, camera, check, gradient, line, similar, tour, train};
use leptos::prelude::*;

/// Other sources of images than the gallery and files.
pub fn sources() -> AnyView {
    view! {
        <camera::Camera />
        <board::Board />
    }
    .into_any()
}

/// The gradient.
pub fn gradient() -> AnyView {
    view! { <gradient::GradientView /> }.into_any()
}

/// All that follows the predictions.
pub fn after_result() -> AnyView {
    view! {
        <line::LineView />
        <similar::SimilarView />
        <train::TrainView />
        <ablation::AblationView />
        <check::CheckView />
    }
    .into_any()
}

/// The guided tour.
pub fn tour() -> AnyView {
    view! { <tour::Tour /> }.into_any()
}
