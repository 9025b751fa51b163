//! Linearization: how far the network, as its weights move, keeps to the tangent that the gradient term is. For 100 images
//! at once, and for the chosen one.

mod cloud;
mod curve;
mod gesture;
mod slider;
pub mod state;

use self::{cloud::Clouds, curve::CurveView, state::LinearizationState};
use crate::{
    engine::Engine,
    gallery::Gallery,
    parts::{deeper::Deeper, section::Section},
    say,
    selection::Selection,
};
use leptos::prelude::*;

/// The section.
pub const SECTION: Section = Section { set_up, view: || view! { <LinearizationView /> }.into_any() };

fn set_up() {
    let (engine, selection) = (expect_context::<Engine>(), expect_context::<Selection>());
    let state = LinearizationState::new(engine, selection);
    provide_context(state);
    provide_context(cloud::state::CloudState::new(expect_context::<Gallery>(), selection, state.r));
}

#[component]
fn LinearizationView() -> impl IntoView {
    let LinearizationState { line, .. } = expect_context();
    let of = move || line.with(|line| Some(line.as_ref()?.image.key()));
    view! {
        <section class="line" id="line" aria-labelledby="line-title" data-testid="line" data-for=of>
            <h2 id="line-title">{say::line_title()}</h2>
            <p class="lead" inner_html=say::line_lead()></p>
            <Deeper text=say::line_deeper() />
            <Clouds />
            <CurveView />
        </section>
    }
}
