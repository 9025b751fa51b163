//! The state of a pre-training run in one file, written whole or not at all.

use crate::files;
use anyhow::{Context, Result, bail};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, path::Path};

/// What a run is: a checkpoint of another one is refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// The recipe's name.
    pub recipe: String,
    /// The data set's name.
    pub dataset: String,
    /// Passes over the data in all.
    pub epochs: usize,
    /// Images a step, before rotation.
    pub batch: usize,
    /// Where all randomness comes from.
    pub seed: u64,
}

/// Where a run stands, with everything that it needs to go on.
pub struct Checkpoint {
    /// Which run.
    pub identity: Identity,
    /// Steps done.
    pub step: usize,
    /// Seconds spent on them, over all sittings.
    pub seconds: f64,
    /// The lines of `metrics.jsonl` so far.
    pub metrics: Vec<u8>,
    /// The network, in Burn's own format.
    pub model: Vec<u8>,
    /// The optimiser, in Burn's own format.
    pub optimizer: Vec<u8>,
}

impl Checkpoint {
    /// Writes it.
    pub fn save(&self, path: &Path) -> Result<()> {
        let view = |bytes| TensorView::new(Dtype::U8, vec![<[u8]>::len(bytes)], bytes);
        let tensors =
            [("metrics", view(&self.metrics)?), ("model", view(&self.model)?), ("optimizer", view(&self.optimizer)?)];
        let metadata = HashMap::from([
            ("run".to_owned(), serde_json::to_string(&self.identity)?),
            ("step".to_owned(), self.step.to_string()),
            ("seconds".to_owned(), self.seconds.to_string()),
        ]);
        files::write_whole(path, &safetensors::serialize(tensors, Some(metadata))?)
    }

    /// Reads the one of the run `identity`.
    pub fn load(path: &Path, identity: &Identity) -> Result<Self> {
        let bytes = std::fs::read(path).with_context(|| format!("cannot read the checkpoint {}", path.display()))?;
        let damaged =
            || format!("{} is no whole checkpoint; remove it to start anew, or put a whole one there", path.display());
        let (_, header) = SafeTensors::read_metadata(&bytes).with_context(damaged)?;
        let tensors = SafeTensors::deserialize(&bytes).with_context(damaged)?;
        let entry = |key| header.metadata().as_ref().and_then(|map| map.get(key)).with_context(damaged);
        let found: Identity = serde_json::from_str(entry("run")?).with_context(damaged)?;
        if &found != identity {
            bail!(
                "{} is the checkpoint of another run ({}), not of this one ({}); \
                 give the same options, or another --out",
                path.display(),
                serde_json::to_string(&found)?,
                serde_json::to_string(identity)?
            );
        }
        let blob = |name| Ok::<_, anyhow::Error>(tensors.tensor(name).with_context(damaged)?.data().to_vec());
        Ok(Self {
            identity: found,
            step: entry("step")?.parse().with_context(damaged)?,
            seconds: entry("seconds")?.parse().with_context(damaged)?,
            metrics: blob("metrics")?,
            model: blob("model")?,
            optimizer: blob("optimizer")?,
        })
    }
}
