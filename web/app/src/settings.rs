//! What the visitor has set, kept in the address.

use crate::{tour::Place, url_state};
use leptos::prelude::*;
use protocol::{
    gradient::{ClassChoice, Order},
    training::Classes,
    viewport::Viewport,
};
use std::{fmt::Display, str::FromStr, time::Duration};
use vocabulary::Scope;

/// How long a setting stays as it is before it is written: browsers count the writes.
const SETTLED: Duration = Duration::from_millis(250);

/// The settings of all sections: a handle, to be copied at will.
#[derive(Clone, Copy)]
pub struct Settings {
    /// The class whose logit is looked into; none for the predicted one.
    pub class: RwSignal<ClassChoice>,
    /// The class whose logit is taken away from it.
    pub against: RwSignal<ClassChoice>,
    /// Which layers the gradient is taken by.
    pub scope: RwSignal<Scope>,
    /// The name of the layer whose maps are on show; empty for the last one.
    pub layer: RwSignal<String>,
    /// The order of the gradient's rows.
    pub rows: RwSignal<Order>,
    /// The order of its columns.
    pub columns: RwSignal<Order>,
    /// The part of the gradient that is on show.
    pub view: RwSignal<Viewport>,
    /// How far θ2 moves along w2.
    pub r: RwSignal<f32>,
    /// Whether the image is compared with the gallery's.
    pub compare: RwSignal<bool>,
    /// The lesson's classes of CIFAR-10.
    pub classes: RwSignal<Classes>,
    /// Images a class that it fits on.
    pub images: RwSignal<usize>,
    /// Its scope.
    pub train_scope: RwSignal<Scope>,
    /// About how many steps it has.
    pub steps: RwSignal<usize>,
    /// Where its randomness comes from.
    pub seed: RwSignal<u32>,
    /// Its steps a drawn frame.
    pub speed: RwSignal<usize>,
    /// Images a class that the ablation fits on.
    pub ablation_images: RwSignal<usize>,
    /// Where its randomness comes from.
    pub ablation_seed: RwSignal<u32>,
    /// Where the guided tour is.
    pub tour: RwSignal<Place>,
}

/// The scopes of the page's network, the narrowest first.
pub const SCOPES: [Scope; 3] = [Scope::Conv5, Scope::Conv45, Scope::Conv35];

impl Settings {
    /// As the address says.
    pub fn from_address() -> Self {
        Self {
            class: kept("class", ClassChoice::default()),
            against: kept("against", ClassChoice::default()),
            scope: kept_scope("scope"),
            layer: kept("layer", String::new()),
            rows: kept("rows", Order::default()),
            columns: kept("columns", Order::default()),
            view: kept("view", Viewport::default()),
            r: kept("r", 1.0),
            compare: kept("compare", false),
            classes: kept("classes", Classes::default()),
            images: kept("images", 50),
            train_scope: kept_scope("trainscope"),
            steps: kept("steps", 200),
            seed: kept("seed", 1),
            speed: kept("speed", 4),
            ablation_images: kept("ablationimages", 20),
            ablation_seed: kept("ablationseed", 1),
            tour: kept("tour", Place::default()),
        }
    }
}

/// A setting that starts as the address says and is written there unless it is the default.
fn kept<T>(name: &'static str, default: T) -> RwSignal<T>
where
    T: Clone + PartialEq + Display + FromStr + Send + Sync + 'static,
{
    kept_if(name, default, |_| true)
}

/// A scope of the page's network; the narrowest unless the address names another.
fn kept_scope(name: &'static str) -> RwSignal<Scope> {
    kept_if(name, SCOPES[0], |scope| SCOPES.contains(scope))
}

/// The same, where the address may name values that are no choice here.
fn kept_if<T>(name: &'static str, default: T, is_choice: fn(&T) -> bool) -> RwSignal<T>
where
    T: Clone + PartialEq + Display + FromStr + Send + Sync + 'static,
{
    let named = url_state::get(name).filter(is_choice);
    let signal = RwSignal::new(named.unwrap_or_else(|| default.clone()));
    let write = move |value: T| url_state::set(name, (value != default).then(|| value.to_string()));
    let mut write = leptos::leptos_dom::helpers::debounce(SETTLED, write);
    Effect::new(move |before: Option<T>| {
        let value = signal.get();
        if before.is_some_and(|before| before != value) {
            write(value.clone());
        }
        value
    });
    signal
}
