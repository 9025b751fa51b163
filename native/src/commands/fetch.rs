//! `gradfeat fetch`: brings a data set.

use super::environment;
use crate::{
    cli::Common,
    data::{self, Dataset, Source},
    progress::Progress,
};
use anyhow::Result;

/// Fetches the data set from the source, or from the first that has it.
pub fn run(dataset: Dataset, source: Option<Source>, common: &Common, progress: Progress) -> Result<()> {
    data::fetch(dataset, &environment::data_dir(common)?, source, progress)
}
