//! A run's folder: its settings, what happened, and the fitted models.

use crate::files;
use anyhow::{Context, Result};
use serde::Serialize;
use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
};

/// An open run.
pub struct Run {
    folder: PathBuf,
    metrics: File,
}

impl Run {
    /// Makes `runs/<time>-<name>/` and writes the settings there.
    pub fn begin(runs: &Path, name: &str, settings: &impl Serialize) -> Result<Self> {
        // Before there is a folder: a path may have letters that TOML does not.
        let settings = as_toml(settings)?;
        files::make_folder(runs)?;
        let folder = fresh_folder(runs, name)?;
        let path = folder.join("metrics.jsonl");
        let metrics = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        let run = Self { folder, metrics };
        run.write_config(&settings)?;
        Ok(run)
    }

    /// Writes the settings, in place of those that were there.
    pub fn write_settings(&self, settings: &impl Serialize) -> Result<()> {
        self.write_config(&as_toml(settings)?)
    }

    fn write_config(&self, toml: &str) -> Result<()> {
        files::write_whole(&self.folder.join("config.toml"), toml.as_bytes())
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Adds a line of JSON to `metrics.jsonl`.
    pub fn log(&mut self, line: &impl Serialize) -> Result<()> {
        let line = serde_json::to_string(line)?;
        writeln!(self.metrics, "{line}").with_context(|| format!("cannot write into {}", self.folder.display()))
    }
}

fn as_toml(settings: &impl Serialize) -> Result<String> {
    toml::to_string(settings).context("the settings cannot be written as TOML")
}

/// `<time>-<name>`, with a number behind it when there is one already.
fn fresh_folder(runs: &Path, name: &str) -> Result<PathBuf> {
    let stem = format!("{}-{name}", jiff::Timestamp::now().strftime("%Y%m%d-%H%M%S"));
    for attempt in 1.. {
        let folder = runs.join(if attempt == 1 { stem.clone() } else { format!("{stem}-{attempt}") });
        match fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                return Err(error).with_context(|| {
                    format!("cannot make the folder {}; choose another with --runs-dir", folder.display())
                });
            }
        }
    }
    unreachable!("one of the numbers is free")
}
