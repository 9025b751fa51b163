//! What the visitor has set, kept in the address.

use crate::{tour::Place, url_state};
use leptos::prelude::*;
use protocol::{
    gradient::{ClassChoice, Order},
    training::Classes,
    viewport::Viewport,
};
use std::{fmt::Display, str::FromStr, time::Duration};

/// How long a setting stays as it is before it is written: browsers count the writes.
const SETTLED: Duration = Duration::from_millis(250);

/// The settings of all sections: a handle, to be copied at will.
#[derive(Clone, Copy)]
pub struct Settings {
    /// The class whose logit is looked into; none for the predicted one.
    pub class: RwSignal<ClassChoice>,
    /// The class whose logit is taken away from it.
    pub against: RwSignal<ClassChoice>,
    /// The name of the scope; empty for the narrowest.
    pub scope: RwSignal<String>,
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
    /// The name of its scope.
    pub train_scope: RwSignal<Named>,
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

/// One of few names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named(pub &'static str);

/// The scopes of the page's network, the narrowest first.
pub const SCOPES: [Named; 3] = [Named("conv5"), Named("conv4-5"), Named("conv3-5")];

/// Whether a scope that was set is the last layer alone, which the page begins with.
pub fn is_narrowest(scope: &str) -> bool {
    !SCOPES[1..].iter().any(|wider| wider.0 == scope)
}

impl Display for Named {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.0)
    }
}

impl FromStr for Named {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        SCOPES.into_iter().find(|name| name.0 == word).ok_or(())
    }
}

impl Settings {
    /// As the address says.
    pub fn from_address() -> Self {
        Self {
            class: kept("class", ClassChoice::default()),
            against: kept("against", ClassChoice::default()),
            scope: kept("scope", String::new()),
            layer: kept("layer", String::new()),
            rows: kept("rows", Order::default()),
            columns: kept("columns", Order::default()),
            view: kept("view", Viewport::default()),
            r: kept("r", 1.0),
            compare: kept("compare", false),
            classes: kept("classes", Classes::default()),
            images: kept("images", 50),
            train_scope: kept("trainscope", SCOPES[0]),
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
    let signal = RwSignal::new(url_state::get(name).unwrap_or_else(|| default.clone()));
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
