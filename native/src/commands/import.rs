//! `gradfeat import`: published PyTorch checkpoints, made into a model.

use crate::{
    cli::Import,
    import::{self, Unsaid},
    progress::Progress,
};
use anyhow::Result;

/// Reads the files and writes the model.
pub fn run(options: Import, progress: Progress) -> Result<()> {
    let Import { paths, out, slope, input_range, parametrization, dataset } = options;
    import::run(&paths, &out, Unsaid { slope, input_range, parametrization }, dataset, progress)
}
