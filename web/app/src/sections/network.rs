//! The network: its layers, which of them are θ1, θ2 and ω (Figure 1 of the paper), and what each makes of the image.

use crate::{
    engine::{Engine, Phase, Status},
    insight::{Newest, newest},
    parts::{
        deeper::Deeper,
        picture::{Legend, Numbers, Picture},
        section::Section,
    },
    say,
    selection::Selection,
    setting::kept,
    words::feature_size,
};
use leptos::prelude::*;
use protocol::{
    insight::{Insight, Maps},
    loading::{Layer, Network, ScopeStart},
    maps::{mosaic, strongest},
    numbers::{grouped, precise},
};
use vocabulary::Scope;
use vocabulary::palette::extent;

/// The section.
pub const SECTION: Section = Section { set_up, view: || view! { <NetworkView /> }.into_any() };

fn set_up() {
    provide_context(NetworkState::new(expect_context::<Engine>(), expect_context::<Selection>()));
}

/// The section's state: a handle, to be copied at will.
#[derive(Clone, Copy)]
pub struct NetworkState {
    /// The name of the layer whose maps are on show; empty for the first one.
    pub layer: RwSignal<String>,
    /// What each layer makes of the image.
    maps: Newest<Vec<Maps>>,
}

impl NetworkState {
    /// As the address says.
    pub fn new(engine: Engine, selection: Selection) -> Self {
        let maps = newest(engine, selection, |insight| match insight {
            Insight::Maps(maps) => Some(maps),
            _ => None,
        });
        Self { layer: kept("layer", String::new()), maps }
    }
}

#[component]
fn NetworkView() -> impl IntoView {
    let (engine, state) = (expect_context::<Engine>(), expect_context::<NetworkState>());
    let scope = expect_context::<Selection>().scope;
    let network = Memo::new(move |_| engine.status.with(network));
    let of = move || state.maps.with(|maps| Some(maps.as_ref()?.image.key()));
    view! {
        <section class="network" id="network" aria-labelledby="network-title" data-testid="network" data-for=of>
            <h2 id="network-title">{say::network_title()}</h2>
            <p class="lead" inner_html=say::network_lead()></p>
            <Deeper text=Signal::derive(move || say::network_deeper(feature_size(scope.get()))) />
            {move || match network.get() {
                None => view! { <p class="note">{say::network_waits()}</p> }.into_any(),
                Some(network) => sections(state, network).into_any(),
            }}
        </section>
    }
}

/// The diagram, and the maps of the layer that is chosen in it.
fn sections(state: NetworkState, network: Network) -> impl IntoView {
    let names: Vec<String> = network.layers.iter().map(|layer| layer.name.clone()).collect();
    let layer = Memo::new(move |_| {
        let named = state.layer.with(|layer| names.iter().position(|name| name == layer));
        named.unwrap_or_default()
    });
    view! { <Diagram network=network.clone() layer /><LayerMaps network layer /> }
}

fn network(engine: &Status) -> Option<Network> {
    match &engine.phase {
        Phase::Ready(ready) => Some(ready.network.clone()),
        _ => None,
    }
}

/// The scope that was set, or else the narrowest.
fn chosen(network: &Network, wanted: Scope) -> ScopeStart {
    let named = network.scopes.iter().find(|choice| choice.scope == wanted).or(network.scopes.first());
    named.copied().unwrap_or(ScopeStart { scope: wanted, start: 0 })
}

/// The layers from the image to the logits, in three parts.
#[component]
fn Diagram(network: Network, layer: Memo<usize>) -> impl IntoView {
    let (state, selection) = (expect_context::<NetworkState>(), expect_context::<Selection>());
    let scope = {
        let network = network.clone();
        Memo::new(move |_| chosen(&network, selection.scope.get()))
    };
    let layers = StoredValue::new(network.layers);
    let boxes = move |theta2: bool| {
        let start = scope.get().start;
        layers.with_value(|layers| {
            let inside = layers.iter().enumerate().filter(|(index, _)| (*index >= start) == theta2);
            inside.map(|(index, spec)| layer_box(state, index, spec, layer)).collect_view()
        })
    };
    let parameters = move |theta2: bool| {
        let start = scope.get().start;
        layers.with_value(|layers| {
            let inside = layers.iter().enumerate().filter(|(index, _)| (*index >= start) == theta2);
            grouped(inside.map(|(_, layer)| layer.parameters).sum())
        })
    };
    view! {
        <div class="diagram">
            <div class="part theta1" data-testid="part-theta1">
                <p class="part-name"><span class="formula"><var>"θ"</var><sub>"1"</sub></span>" "{move || say::network_frozen(parameters(false))}</p>
                <div class="boxes">{move || boxes(false)}</div>
            </div>
            <div class="part theta2" data-testid="part-theta2" data-parameters=move || parameters(true)>
                <p class="part-name"><span class="formula"><var>"θ"</var><sub>"2"</sub></span>" "{move || say::network_moving(parameters(true))}</p>
                <div class="boxes">{move || boxes(true)}</div>
            </div>
            <div class="part omega">
                <p class="part-name"><span class="formula"><var>"ω"</var></span>" "{say::network_classifier()}</p>
                <div class="boxes"><div class="layer"><strong>"logits"</strong><span>"10"</span></div></div>
            </div>
        </div>
    }
}

fn layer_box(state: NetworkState, index: usize, spec: &Layer, layer: Memo<usize>) -> impl IntoView + use<> {
    let Layer { name, outputs, side, kernel, stride, .. } = spec.clone();
    let (own_name, chosen) = (name.clone(), name.clone());
    let pressed = move || (layer.get() == index).to_string();
    let choose = move |_| state.layer.set(chosen.clone());
    view! {
        <button class="layer" data-testid="layer" data-layer=own_name aria-pressed=pressed on:click=choose>
            <strong>{name}</strong>
            <span>{format!("{outputs} × {side} × {side}")}</span>
            <span class="kernel">{say::network_kernel(kernel, stride)}</span>
        </button>
    }
}

/// What one layer makes of the image, beside how that changes along w2.
#[component]
fn LayerMaps(network: Network, layer: Memo<usize>) -> impl IntoView {
    let state = expect_context::<NetworkState>();
    let layers = StoredValue::new(network.layers);
    let name = Memo::new(move |_| layers.with_value(|layers| layers.get(layer.get()).map(|layer| layer.name.clone())));
    let maps = Memo::new(move |_| state.maps.with(|maps| maps.as_ref()?.value.get(layer.get()).cloned()));
    let title = move |say: fn(String) -> String| say(name.get().unwrap_or_default());
    let still = Memo::new(move |_| maps.with(|maps| maps.as_ref().is_some_and(|maps| maps.tangents.is_empty())));
    view! {
        <div id="maps">
        <Show when=move || maps.with(Option::is_some) fallback=|| view! { <p class="note">{say::network_maps_wait()}</p> }>
            <div class="maps">
                <MapsFigure title=Signal::derive(move || title(say::network_features)) testid="feature-maps" maps numbers=|maps| &maps.features />
                <Show
                    when=move || !still.get()
                    fallback=move || view! {
                        <p class="note maps-still" data-testid="no-tangents">
                            {title(say::network_still)}
                        </p>
                    }
                >
                    <MapsFigure title=Signal::derive(move || title(say::network_tangents)) testid="tangent-maps" maps numbers=|maps| &maps.tangents />
                </Show>
            </div>
            <p class="note" inner_html=say::network_tangents_note()></p>
        </Show>
        </div>
    }
}

#[component]
fn MapsFigure(
    #[prop(into)] title: Signal<String>,
    testid: &'static str,
    maps: Memo<Option<Maps>>,
    numbers: fn(&Maps) -> &Vec<f32>,
) -> impl IntoView {
    let picture = Signal::derive(move || {
        maps.with(|maps| {
            let maps = maps.as_ref()?;
            let (values, width) = mosaic(numbers(maps), maps.side);
            Some(Numbers { values, width })
        })
    });
    let largest = Signal::derive(move || maps.with(|maps| maps.as_ref().map_or(0.0, |maps| extent(numbers(maps)))));
    let is_strip = Memo::new(move |_| maps.with(|maps| maps.as_ref().is_some_and(|maps| maps.side == 1)));
    let strongest = Memo::new(move |_| maps.with(|maps| strongest(numbers(maps.as_ref()?), maps.as_ref()?.side)));
    let text = Memo::new(move |_| {
        maps.with(|maps| {
            let (Maps { side, .. }, (map, value)) = (maps.as_ref()?, strongest.get()?);
            let count = maps.as_ref()?.count();
            Some(say::network_maps(count, *side, map, precise(value)))
        })
    });
    let label = move || say::network_maps_label(title.get(), text.get().unwrap_or_default());
    view! {
        <figure
            class="map-figure"
            data-testid=testid
            data-strongest=move || strongest.get().map(|(map, _)| map.to_string())
            data-value=move || strongest.get().map(|(_, value)| value.to_string())
        >
            <h3>{title}</h3>
            <p class="note">{text}</p>
            <div class=move || if is_strip.get() { "strip" } else { "" }>
                <Picture numbers=picture scale=largest label=Signal::derive(label) testid="maps-picture" />
            </div>
            <Legend extent=largest what=say::network_maps_colours() />
        </figure>
    }
}
