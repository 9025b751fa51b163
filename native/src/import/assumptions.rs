//! What the user says about a network because its files do not.

use crate::data::Dataset;
use clap::Args;
use gradient_features::{InputRange, Parametrization};

/// What the files do not say.
#[derive(Debug, Clone, Copy, Args)]
pub struct Assumptions {
    /// Slope of the leaky ReLU, which the files do not tell: 0.01 for BiGAN, 0.2 for Wasserstein BiGAN
    #[arg(long, default_value_t = 0.01, allow_negative_numbers = true, value_parser = slope)]
    pub slope: f32,
    /// Range of the pixels: 0,1 for BiGAN, -1,1 for Wasserstein BiGAN
    #[arg(long, value_name = "RANGE", default_value_t = InputRange::Unit, allow_hyphen_values = true)]
    pub input_range: InputRange,
    /// How state dictionaries store θ2 and ω: standard or ntk [default: by their tensors]
    #[arg(long)]
    pub parametrization: Option<Parametrization>,
    /// Whose classes the classifier tells apart: cifar10, cifar100 or svhn [default: by their number]
    #[arg(long)]
    pub dataset: Option<Dataset>,
}

/// A slope as models may have it.
fn slope(text: &str) -> Result<f32, String> {
    let slope = text.parse().map_err(|_| "it is no number".to_owned())?;
    if (-1.0..=1.0).contains(&slope) { Ok(slope) } else { Err("it is not between -1 and 1".to_owned()) }
}
