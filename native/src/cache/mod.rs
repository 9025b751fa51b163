//! What is computed once and kept on the disk: frozen features, and fits on them.

pub mod features;
pub mod fits;

use anyhow::{Context, Result};
use std::path::PathBuf;

/// The folder of the cache unless another is named.
pub fn default_folder() -> Result<PathBuf> {
    let home = directories::ProjectDirs::from("", "", "gradfeat")
        .context("there is no home folder; name a folder with --cache-dir")?;
    Ok(home.cache_dir().join("features"))
}
