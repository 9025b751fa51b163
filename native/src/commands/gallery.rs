//! `gradfeat gallery`: the test images that the page shows.

use super::environment;
use crate::{
    cli::Common,
    data::{self, Dataset},
    progress::Progress,
};
use anyhow::Result;
use std::path::Path;

/// Writes the gallery into the folder `out`.
pub fn run(out: &Path, common: &Common, progress: Progress) -> Result<()> {
    let images = data::load_or_fetch(Dataset::Cifar10, &environment::data_dir(common)?, progress)?;
    data::gallery::write_gallery(&images.test, out)
}
