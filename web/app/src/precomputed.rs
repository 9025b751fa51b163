//! Precomputed predictions, for the first images of the gallery.

use crate::browser;
use protocol::terms::Terms;
use serde::Deserialize;
use std::collections::BTreeMap;
use vocabulary::Mode;

/// The file, in the models' folder.
const FILE: &str = "cifar10-rotation/predictions.json";

/// What the file says.
#[derive(Debug, Default, Deserialize)]
pub struct Precomputed {
    images: Vec<Prediction>,
}

#[derive(Debug, Deserialize)]
struct Prediction {
    index: u32,
    terms: BTreeMap<Mode, Vec<(f32, f32)>>,
}

impl Precomputed {
    /// Fetches the file. Without it the page waits for the engine.
    pub async fn load() -> Self {
        browser::fetch_json(&format!("{}/{FILE}", browser::published("models"))).await.unwrap_or_default()
    }

    /// The terms of every model's logits for an image of the gallery, where they are known.
    pub fn terms(&self, index: u32) -> Option<BTreeMap<Mode, Vec<Terms>>> {
        let found = self.images.iter().find(|image| image.index == index)?;
        let terms = |&(activation, gradient): &(f32, f32)| Terms { activation, gradient };
        Some(found.terms.iter().map(|(&mode, found)| (mode, found.iter().map(terms).collect())).collect())
    }
}
