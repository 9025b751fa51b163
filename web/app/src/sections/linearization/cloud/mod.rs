//! 100 images at once, each a mark by the margins of two models: the linearized model and the moved network, at every r;
//! the full model and the fine-tuned one.

mod file;
mod marks;
mod scatter;
pub mod state;

use self::{
    scatter::Scatter,
    state::{Cloud, CloudState, Loaded},
};
use crate::{
    browser, say,
    sections::linearization::{slider::Slider, state::LinearizationState},
    selection::Selection,
    setting::SCOPES,
};
use leptos::{html, leptos_dom::helpers::debounce, prelude::*};
use protocol::{
    cloud::{Dot, Tally, Verdict},
    numbers::signed,
};
use std::time::Duration;

/// How long the clouds stay as they are before they are spoken of.
const QUIET: Duration = Duration::from_millis(500);

/// The names of a cloud's two models.
#[derive(Clone, Copy)]
pub struct Pair {
    across: &'static str,
    up: &'static str,
}

/// Both clouds, with the slider of r.
#[component]
pub fn Clouds() -> impl IntoView {
    let (state, LinearizationState { r, .. }) = (expect_context::<CloudState>(), expect_context());
    let moving = Pair { across: say::cloud_linearized(), up: say::cloud_moved() };
    let fixed = Pair { across: say::cloud_full(), up: say::cloud_finetuned() };
    let node = NodeRef::<html::Div>::new();
    Effect::new(move |_| {
        if let Some(node) = node.get() {
            browser::when_near(&node, move || state.load());
        }
    });
    view! {
        <p class="lead" inner_html=say::cloud_lead()></p>
        <Notices />
        <div class="legend">
            <span><i class="swatch both"></i>{say::cloud_both()}</span>
            <span><i class="swatch one"></i>{say::cloud_one()}</span>
            <span><i class="swatch none"></i>{say::cloud_none()}</span>
            <span><i class="swatch apart"></i>{say::cloud_apart()}</span>
        </div>
        <div class="clouds" data-testid="cloud" node_ref=node>
            <figure>
                <h3>{say::cloud_moving_title()}</h3>
                <Scatter cloud=state.moving pair=moving label=label(state.moving, moving) testid="cloud-moving" r />
                <Slider />
                <Counts cloud=state.moving pair=moving testid="cloud-moving-counts" />
                <Looked cloud=state.moving pair=moving testid="cloud-moving-image" />
            </figure>
            <figure>
                <h3>{say::cloud_fixed_title()}</h3>
                <Scatter cloud=state.fixed pair=fixed label=label(state.fixed, fixed) testid="cloud-fixed" />
                <Counts cloud=state.fixed pair=fixed testid="cloud-fixed-counts" />
                <Looked cloud=state.fixed pair=fixed testid="cloud-fixed-image" />
            </figure>
        </div>
        <p class="note" id="cloud-keys">{say::cloud_keys()}</p>
        <p class="visually-hidden" role="status" data-testid="cloud-status">{spoken(moving)}</p>
    }
}

/// What is to be known before the clouds are read.
#[component]
fn Notices() -> impl IntoView {
    let (state, selection) = (expect_context::<CloudState>(), expect_context::<Selection>());
    let failed = move || {
        state.loaded.with(|loaded| match loaded {
            Loaded::Failed(why) => Some(say::cloud_failed(why)),
            _ => None,
        })
    };
    view! {
        <Show when=move || selection.scope.get() != SCOPES[0]>
            <p class="notice" data-testid="cloud-scope">{move || say::cloud_scope(SCOPES[0], selection.scope.get())}</p>
        </Show>
        {move || failed().map(|failed| view! {
            <p class="error" role="alert">{failed}</p>
            <button class="retry" data-testid="cloud-retry" on:click=move |_| state.load()>{say::try_again()}</button>
        })}
    }
}

/// How many images the models have right, and how far apart they are.
#[component]
fn Counts(cloud: Cloud, pair: Pair, testid: &'static str) -> impl IntoView {
    let tally = Memo::new(move |_| cloud.dots.with(|dots| Tally::of(dots)));
    let is_there = move || tally.with(|tally| tally.all > 0);
    let attribute = move |number: fn(&Tally) -> f32| move || is_there().then(|| tally.with(number).to_string());
    let right = move |count: fn(&Tally) -> usize, name: &'static str| {
        let count = move || tally.with(|tally| is_there().then(|| say::cloud_right(count(tally), tally.all, name)));
        view! { <span inner_html=count></span> }
    };
    view! {
        <p
            class="counts"
            data-testid=testid
            data-across=attribute(|tally| tally.across as f32)
            data-up=attribute(|tally| tally.up as f32)
            data-same=attribute(|tally| tally.same as f32)
            data-apart=attribute(|tally| tally.apart)
        >
            {right(|tally| tally.across, pair.across)}
            {right(|tally| tally.up, pair.up)}
        </p>
        <p class="note counts-note">{move || is_there().then(|| same(&tally.get()))}</p>
    }
}

/// The image that is pointed at, or else the chosen one.
#[component]
fn Looked(cloud: Cloud, pair: Pair, testid: &'static str) -> impl IntoView {
    let (state, selection) = (expect_context::<CloudState>(), expect_context::<Selection>());
    let image = Memo::new(move |_| state.shown(selection));
    let tile = Memo::new(move |_| state.tiles.with(|tiles| tiles.get(image.get()?).cloned()));
    let index = move || tile.with(|tile| Some(tile.as_ref()?.index.to_string()));
    let text = move || {
        let waits = || match state.loaded.with(|loaded| matches!(loaded, Loaded::Here(_))) {
            true => say::cloud_point().to_owned(),
            false => say::cloud_loading().to_owned(),
        };
        image.get().and_then(|image| sentence(state, cloud, pair, image)).unwrap_or_else(waits)
    };
    view! {
        <p class="looked" data-testid=testid data-index=index>
            {move || tile.with(|tile| tile.as_ref().map(|tile| view! { <i class="thumb" style=tile.style()></i> }))}
            <span>{text}</span>
        </p>
    }
}

impl CloudState {
    /// The place of the image that is pointed at, or else of the chosen one.
    fn shown(self, selection: Selection) -> Option<usize> {
        let chosen = || {
            let key = selection.choice.with(|choice| Some(choice.as_ref()?.key()))?;
            self.tiles.with(|tiles| tiles.iter().position(|tile| tile.index.to_string() == key))
        };
        self.looked_at.get().or_else(chosen)
    }
}

/// What both models say of an image.
fn sentence(state: CloudState, cloud: Cloud, pair: Pair, image: usize) -> Option<String> {
    let tile = state.tiles.with(|tiles| tiles.get(image).cloned())?;
    let Dot { across, up, .. } = cloud.dots.with(|dots| dots.get(image).copied())?;
    let says = |model, verdict: Verdict| say::cloud_verdict(model, say::class(verdict.class), signed(verdict.margin));
    Some(say::cloud_image(tile.index, say::class(tile.label), says(pair.across, across), says(pair.up, up)))
}

fn same(tally: &Tally) -> String {
    say::cloud_same(tally.same, tally.all, format!("{:.2}", tally.apart))
}

/// A cloud in words.
fn summary(cloud: Cloud, pair: Pair) -> String {
    let tally = cloud.dots.with(|dots| Tally::of(dots));
    match tally.all {
        0 => say::cloud_loading().to_owned(),
        all => say::cloud_summary(all, pair.across, tally.across, pair.up, tally.up, same(&tally)),
    }
}

fn label(cloud: Cloud, pair: Pair) -> Signal<String> {
    Signal::derive(move || say::cloud_label(pair.across, pair.up, summary(cloud, pair)))
}

/// What is told of a change once it is over: of r, or of the image that is pointed at.
fn spoken(pair: Pair) -> ReadSignal<String> {
    let (state, LinearizationState { r, .. }) = (expect_context::<CloudState>(), expect_context());
    let (spoken, speak) = RwSignal::new(String::new()).split();
    let tell = move |()| {
        let image = || state.looked_at.get().and_then(|image| sentence(state, state.moving, pair, image));
        let all = || say::cloud_at(format!("{:.2}", r.get()), summary(state.moving, pair));
        speak.set(untrack(|| image().unwrap_or_else(all)));
    };
    let mut tell = debounce(QUIET, tell);
    Effect::new(move |before: Option<()>| {
        r.track();
        state.looked_at.track();
        if before.is_some() {
            tell(());
        }
    });
    spoken
}
