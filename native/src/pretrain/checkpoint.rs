//! The state of a pre-training run in one file, written whole or not at all.

use super::{
    event::Event,
    recipe::{Departures, Parts},
};
use crate::files;
use anyhow::{Context, Result, bail};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, path::Path, str::FromStr};

/// What a run is: a checkpoint of another one is refused. How long it goes on is left open, so that a finished run
/// can be taken further.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// The recipe's name.
    pub recipe: String,
    /// The data set's name.
    pub dataset: String,
    /// Images a step.
    pub batch: usize,
    /// The learning rate at the start.
    pub learning_rate: f64,
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
    /// What happened so far.
    pub events: Vec<Event>,
    /// What is not as published.
    pub departures: Departures,
    /// Networks and optimisers.
    pub parts: Parts,
}

impl Checkpoint {
    /// Writes it.
    pub fn save(&self, path: &Path) -> Result<()> {
        let views = self.parts.iter().map(|(name, bytes)| {
            let view = TensorView::new(Dtype::U8, vec![bytes.len()], bytes);
            Ok::<_, safetensors::SafeTensorError>((name, view?))
        });
        let metadata = HashMap::from([
            ("run".to_owned(), serde_json::to_string(&self.identity)?),
            ("step".to_owned(), self.step.to_string()),
            ("seconds".to_owned(), self.seconds.to_string()),
            ("warm-up".to_owned(), self.departures.warm_up.to_string()),
            ("cycle".to_owned(), self.departures.cycle.to_string()),
            ("pace".to_owned(), self.departures.pace.to_string()),
            ("deterministic".to_owned(), self.departures.deterministic.to_string()),
            ("average".to_owned(), self.departures.average.to_string()),
            ("events".to_owned(), serde_json::to_string(&self.events)?),
        ]);
        let views: Result<Vec<_>, _> = views.collect();
        files::write_whole(path, &safetensors::serialize(views?, Some(metadata))?)
    }

    /// Reads the one of the run `identity`.
    pub fn load(path: &Path, identity: &Identity) -> Result<Self> {
        let bytes = std::fs::read(path).with_context(|| format!("cannot read the checkpoint {}", path.display()))?;
        let damaged =
            || format!("{} is no whole checkpoint; remove it to start anew, or put a whole one there", path.display());
        let (_, header) = SafeTensors::read_metadata(&bytes).with_context(damaged)?;
        let tensors = SafeTensors::deserialize(&bytes).with_context(damaged)?;
        let said = |key| header.metadata().as_ref().and_then(|map| map.get(key));
        let entry = |key| said(key).with_context(damaged);
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
        Ok(Self {
            identity: found,
            step: entry("step")?.parse().with_context(damaged)?,
            seconds: entry("seconds")?.parse().with_context(damaged)?,
            departures: Departures {
                warm_up: departure(said("warm-up")).with_context(damaged)?,
                cycle: departure(said("cycle")).with_context(damaged)?,
                pace: departure(said("pace")).with_context(damaged)?,
                deterministic: departure(said("deterministic")).with_context(damaged)?,
                average: departure(said("average")).with_context(damaged)?,
            },
            events: serde_json::from_str(entry("events")?).with_context(damaged)?,
            parts: tensors.iter().map(|(name, view)| (name.to_owned(), view.data().to_vec())).collect(),
        })
    }
}

/// What a checkpoint says of a departure. One from before there was such a departure says nothing: it is as published.
fn departure<T: FromStr + Default>(said: Option<&String>) -> Result<T, T::Err> {
    said.map_or(Ok(T::default()), |said| said.parse())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_departure_that_is_not_there_is_none() {
        assert_eq!(departure(None), Ok(0.0));
        assert_eq!(departure(None), Ok(false));
        assert_eq!(departure(Some(&"300".to_owned())), Ok(300));
        assert!(departure::<bool>(Some(&"maybe".to_owned())).is_err());
        assert!(departure::<usize>(Some(&"0.5".to_owned())).is_err());
    }
}
