//! The state of a pre-training run in one file, written whole or not at all.

use super::{event::Event, learner::Parts, options::RecipeOptions, recipe_name::RecipeName};
use crate::{data::Dataset, files};
use anyhow::{Context, Result, bail};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{collections::HashMap, path::Path};

/// What a run is: a checkpoint of another one is refused. How long it goes on is left open, so that a finished run
/// can be taken further.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// How the network is trained.
    pub recipe: RecipeName,
    /// Whose training images.
    pub dataset: Dataset,
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
    /// Seconds of training so far, of the runs before a --resume too.
    pub seconds: f64,
    /// What happened so far.
    pub events: Vec<Event>,
    /// What is not as published.
    pub options: RecipeOptions,
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
        let mut metadata = HashMap::from([
            ("run".to_owned(), serde_json::to_string(&self.identity)?),
            ("step".to_owned(), self.step.to_string()),
            ("seconds".to_owned(), self.seconds.to_string()),
            ("events".to_owned(), serde_json::to_string(&self.events)?),
        ]);
        metadata.extend(to_metadata(&self.options)?);
        let views: Result<Vec<_>, _> = views.collect();
        files::write_whole(path, &safetensors::serialize(views?, Some(metadata))?)
    }

    /// Reads the one of the run `identity`.
    pub fn load(path: &Path, identity: &Identity) -> Result<Self> {
        let bytes = std::fs::read(path).with_context(|| format!("cannot read the checkpoint {}", path.display()))?;
        let damaged =
            || format!("{} is no whole checkpoint; remove it to start again, or put a whole one there", path.display());
        let (_, header) = SafeTensors::read_metadata(&bytes).with_context(damaged)?;
        let tensors = SafeTensors::deserialize(&bytes).with_context(damaged)?;
        let metadata = header.metadata().as_ref().with_context(damaged)?;
        let entry = |key| metadata.get(key).with_context(damaged);
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
            options: from_metadata(metadata).with_context(damaged)?,
            events: serde_json::from_str(entry("events")?).with_context(damaged)?,
            parts: tensors.iter().map(|(name, view)| (name.to_owned(), view.data().to_vec())).collect(),
        })
    }
}

/// The options that are given, each as text under its name.
fn to_metadata(options: &RecipeOptions) -> Result<HashMap<String, String>> {
    let options: HashMap<String, Value> = serde_json::from_value(serde_json::to_value(options)?)?;
    Ok(options.into_iter().map(|(name, value)| (name, value.to_string())).collect())
}

/// The options that a checkpoint names. An option that came after the checkpoint was written is not there: it is as
/// published.
fn from_metadata(metadata: &HashMap<String, String>) -> serde_json::Result<RecipeOptions> {
    let value = |text: &String| serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone()));
    let entries = metadata.iter().map(|(name, text)| (name.clone(), value(text)));
    serde_json::from_value(Value::Object(entries.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(entries: &[(&str, &str)]) -> HashMap<String, String> {
        entries.iter().map(|&(name, text)| (name.to_owned(), text.to_owned())).collect()
    }

    /// As version 46ca5dd wrote them: all of them, numbers without a point where they are whole.
    #[test]
    fn options_of_earlier_checkpoints_are_read() -> serde_json::Result<()> {
        let written = [
            ("run", "{}"),
            ("step", "12"),
            ("warm-up", "300"),
            ("cycle", "2"),
            ("pace", "0.0000001"),
            ("deterministic", "true"),
            ("average", "0"),
        ];
        let expected = RecipeOptions {
            warm_up: Some(300),
            cycle: Some(2.0),
            pace: Some(1e-7),
            deterministic: Some(true),
            average: Some(0),
        };
        assert_eq!(from_metadata(&metadata(&written))?, expected);
        Ok(())
    }

    #[test]
    fn an_option_that_is_not_there_is_as_published() -> serde_json::Result<()> {
        let found = from_metadata(&metadata(&[("step", "12"), ("events", "no JSON")]))?;
        assert_eq!(found, RecipeOptions::default());
        Ok(())
    }

    #[test]
    fn damaged_options_are_refused() {
        for (name, text) in [("deterministic", "maybe"), ("warm-up", "0.5"), ("average", "-1"), ("cycle", "")] {
            assert!(from_metadata(&metadata(&[(name, text)])).is_err(), "{name} {text}");
        }
    }

    #[test]
    fn options_are_read_back() -> Result<()> {
        let options = RecipeOptions { cycle: Some(0.1), deterministic: Some(false), ..RecipeOptions::default() };
        let written = to_metadata(&options)?;
        assert_eq!(written, metadata(&[("cycle", "0.1"), ("deterministic", "false")]));
        assert_eq!(from_metadata(&written)?, options);
        Ok(())
    }
}
