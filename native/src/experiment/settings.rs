//! The settings of `train` and `compare`, and what follows from them for the fit of each mode.

use super::penalties::{self, Decay};
use crate::{data::Dataset, model_folder};
use anyhow::{Context, Result, bail, ensure};
use burn::tensor::Device;
use clap::{Args, ValueEnum};
use gradient_features::{
    Mode, Scope,
    fit::{Decays, FitConfig, first_order::FirstOrderConfig, lbfgs::LbfgsConfig, ridge::RidgeConfig},
    model::encoder::Encoder,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// The base network that is used unless another is named.
pub const DEFAULT_BASE: &str = "models/cifar10-rotation";
/// The most images a step: their features have to fit into memory.
const MAX_BATCH: usize = 4096;
/// The most passes.
const MAX_EPOCHS: usize = 10_000;

/// The settings of `train` and `compare`: on the command line, in a file given by `--config`, and in the run's own
/// `config.toml`. What is not given has its default.
#[derive(Debug, Clone, Default, PartialEq, Args, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// train: activation, gradient, full or finetune
    #[arg(long)]
    pub mode: Option<Mode>,
    /// Folder (or file) of the base network [default: models/cifar10-rotation]
    #[arg(long, value_name = "DIR")]
    pub base: Option<PathBuf>,
    /// The data set: cifar10, cifar100 or svhn [default: cifar10]
    #[arg(long, value_name = "NAME")]
    pub dataset: Option<Dataset>,
    /// The layers whose parameters the gradient is taken by: conv5, conv4-5 or conv3-5 of an ALI encoder, conv8 of a
    /// VAE's [default: the last one alone]
    #[arg(long)]
    pub scope: Option<Scope>,
    /// How models are fitted; fine-tuning, which is not convex, takes adam for lbfgs [default: adam]
    #[arg(long, value_enum)]
    pub solver: Option<Solver>,
    /// lbfgs: the most iterations on all training images
    #[arg(long, value_name = "N")]
    pub iterations: Option<usize>,
    /// lbfgs: stop where the norm of the gradient is so small a part of what it was at the start
    #[arg(long, value_name = "PART")]
    pub tolerance: Option<f64>,
    /// Passes over the training images, not for lbfgs [default: by mode]
    #[arg(long, value_name = "N")]
    pub epochs: Option<usize>,
    /// Images a step [default: by mode]
    #[arg(long, value_name = "N")]
    pub batch: Option<usize>,
    /// Learning rate at the start, not for lbfgs [default: by mode]
    #[arg(long, value_name = "RATE")]
    pub learning_rate: Option<f64>,
    /// L2 penalty on w1, or on fine-tuning's ω [default: by mode]
    #[arg(long, value_name = "L2")]
    pub classifier_decay: Option<f32>,
    /// L2 penalty on w2, or on fine-tuning's θ2; for kernel-ridge the ridge, as a share of the kernel's mean diagonal
    /// [default: by mode; chosen as by --decay auto for kernel-ridge]
    #[arg(long, value_name = "L2")]
    pub gradient_decay: Option<f32>,
    /// Choose the penalties that are not given, each from a few values, on a tenth of the training images held out
    #[arg(long, value_enum)]
    pub decay: Option<Decay>,
    /// kernel-ridge: how many of the training images; memory and time grow with the square [default: 10,000 / classes,
    /// fewer for scopes with many positions]
    #[arg(long, value_name = "N")]
    pub images: Option<usize>,
    /// Fit on the training images and on their mirror images, which the paper does not [default: true, false for
    /// adam-paper and sgd-published]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub mirror: Option<bool>,
    /// svhn: fit on its 531,131 extra images too; the first time 1.3 GB are fetched, and frozen features take 18 KB an image
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub extra: Option<bool>,
    /// Measure on the last N training images, which are then not trained on, instead of on the test images
    #[arg(long, value_name = "N")]
    pub holdout: Option<usize>,
    /// Where all randomness comes from [default: 1]
    #[arg(skip)]
    pub seed: Option<u64>,
    /// What --decay auto chose, by mode.
    #[arg(skip)]
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub chosen_decays: BTreeMap<Mode, Decays>,
}

impl Settings {
    /// These, with what they leave open taken from `other`.
    pub fn or(self, other: Self) -> Self {
        Self {
            mode: self.mode.or(other.mode),
            base: self.base.or(other.base),
            dataset: self.dataset.or(other.dataset),
            scope: self.scope.or(other.scope),
            solver: self.solver.or(other.solver),
            iterations: self.iterations.or(other.iterations),
            tolerance: self.tolerance.or(other.tolerance),
            epochs: self.epochs.or(other.epochs),
            batch: self.batch.or(other.batch),
            learning_rate: self.learning_rate.or(other.learning_rate),
            classifier_decay: self.classifier_decay.or(other.classifier_decay),
            gradient_decay: self.gradient_decay.or(other.gradient_decay),
            decay: self.decay.or(other.decay),
            images: self.images.or(other.images),
            chosen_decays: if self.chosen_decays.is_empty() { other.chosen_decays } else { self.chosen_decays },
            mirror: self.mirror.or(other.mirror),
            extra: self.extra.or(other.extra),
            holdout: self.holdout.or(other.holdout),
            seed: self.seed.or(other.seed),
        }
    }

    /// Reads a configuration file.
    pub fn read(path: &Path) -> Result<Self> {
        let text =
            String::from_utf8(model_folder::read(path)?).with_context(|| format!("{} is no text", path.display()))?;
        toml::from_str(&text).with_context(|| format!("{} is no configuration", path.display()))
    }

    /// The one mode that `train` fits.
    pub fn one_mode(&self) -> Result<Mode> {
        let names = || Mode::ALL.iter().map(|mode| mode.name()).collect::<Vec<_>>().join(", ");
        self.mode.with_context(|| format!("train needs a --mode, here or in the --config: {}", names()))
    }

    /// Checks that no mode is named, for commands that fit all of them.
    pub fn check_all_modes(&self) -> Result<()> {
        match self.mode {
            Some(mode) => bail!("compare fits all four models; for the {mode} model alone there is train"),
            None => Ok(()),
        }
    }

    /// Checks that each option `given` on the command line has an effect on the fit of one of `modes`.
    pub fn check_effect(&self, given: &Self, modes: &[Mode]) -> Result<()> {
        let fits: Vec<FitConfig> = modes.iter().map(|&mode| self.fit(mode)).collect::<Result<_>>()?;
        let by_steps = fits.iter().any(|fit| matches!(fit, FitConfig::FirstOrder(_)));
        let by_whole = fits.iter().any(|fit| matches!(fit, FitConfig::Lbfgs(_)));
        let by_kernel = fits.iter().any(|fit| matches!(fit, FitConfig::Ridge(_)));
        for (name, is_given, has_effect) in [
            ("--epochs", given.epochs.is_some(), by_steps),
            ("--learning-rate", given.learning_rate.is_some(), by_steps),
            ("--batch", given.batch.is_some(), by_steps || by_whole),
            ("--iterations", given.iterations.is_some(), by_whole),
            ("--tolerance", given.tolerance.is_some(), by_whole),
            ("--images", given.images.is_some(), by_kernel),
        ] {
            ensure!(!is_given || has_effect, "{name} has no effect with --solver {}", self.solver_name());
        }
        Ok(())
    }

    fn solver_name(&self) -> String {
        let value = self.solver.unwrap_or_default().to_possible_value();
        value.map_or(String::new(), |value| value.get_name().to_owned())
    }

    /// Reads the base network.
    pub fn load_base(&self, device: &Device) -> Result<Encoder> {
        load_base(&self.base(), device)
    }

    /// Where the base network is.
    pub fn base(&self) -> PathBuf {
        self.base.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_BASE))
    }

    /// The data set.
    pub fn dataset(&self) -> Dataset {
        self.dataset.unwrap_or(Dataset::Cifar10)
    }

    /// As TOML, for a run's folder and its report.
    pub fn to_toml(&self) -> Result<String> {
        toml::to_string(self).context("the settings cannot be written as TOML")
    }

    /// These with every default filled in that is the same for all of `modes`: what a run's folder keeps.
    pub(super) fn resolved(&self, modes: &[Mode], scope: Scope) -> Result<Self> {
        let common = Self {
            base: Some(self.base()),
            dataset: Some(self.dataset()),
            scope: Some(scope),
            mirror: Some(self.mirror()),
            extra: Some(self.extra()),
            holdout: Some(self.holdout.unwrap_or(0)),
            seed: Some(self.seed()),
            solver: Some(self.solver.unwrap_or_default()),
            ..Self::default()
        };
        let &[mode] = modes else { return Ok(self.clone().or(common)) };
        // Chosen penalties are written by mode: the activation model, which gives ω̄, has others than the one asked for.
        let own = |decay| (!self.chooses_decays() && self.chosen_decays.is_empty()).then_some(decay);
        let of_the_mode = match self.fit(mode)? {
            FitConfig::Lbfgs(fit) => Self {
                iterations: Some(fit.iterations),
                tolerance: Some(fit.tolerance),
                batch: Some(fit.batch),
                classifier_decay: own(fit.classifier_decay),
                gradient_decay: own(fit.gradient_decay),
                ..common
            },
            FitConfig::FirstOrder(fit) => Self {
                epochs: Some(fit.epochs),
                batch: Some(fit.batch),
                learning_rate: Some(fit.learning_rate),
                classifier_decay: own(fit.classifier_decay),
                gradient_decay: own(fit.gradient_decay),
                ..common
            },
            FitConfig::Ridge(fit) => Self { images: fit.images, ..common },
        };
        Ok(self.clone().or(of_the_mode))
    }

    /// The paper's settings and the published ones are for the plain images: mirrored ones would double their steps.
    pub(super) fn mirror(&self) -> bool {
        let is_published = matches!(self.solver.unwrap_or_default(), Solver::AdamPaper | Solver::SgdPublished);
        self.mirror.unwrap_or(!is_published)
    }

    /// Whether extra training images are fitted on.
    pub fn extra(&self) -> bool {
        self.extra.unwrap_or(false)
    }

    /// Where all randomness comes from.
    pub fn seed(&self) -> u64 {
        self.seed.unwrap_or(1)
    }

    /// Whether penalties are to be chosen: those that `open_decays` gives values for.
    pub fn chooses_decays(&self) -> bool {
        let is_ridge = self.solver == Some(Solver::KernelRidge) && self.gradient_decay.is_none();
        self.decay.is_some() || (is_ridge && self.chosen_decays.is_empty())
    }

    /// The values to choose each penalty of a mode's model from; none where it is given or has no use.
    pub fn open_decays(&self, mode: Mode, fit: &FitConfig) -> [&'static [f32]; 2] {
        let is_ridge = matches!(fit, FitConfig::Ridge(_));
        let is_asked = self.decay.is_some() || is_ridge;
        let (has_classifier, has_tangents) = (mode.has_classifier(), mode != Mode::Activation);
        let gradient: &[f32] = if is_ridge { &penalties::RIDGES } else { &penalties::GRADIENT_DECAYS };
        [
            if is_asked && has_classifier && self.classifier_decay.is_none() {
                &penalties::CLASSIFIER_DECAYS
            } else {
                &[]
            },
            if is_asked && has_tangents && self.gradient_decay.is_none() { gradient } else { &[] },
        ]
    }

    /// How a mode's model is fitted.
    pub fn fit(&self, mode: Mode) -> Result<FitConfig> {
        if self.mode.is_some_and(|own| own != mode) {
            return self.of_all_modes().fit(mode);
        }
        let fit = self.unpenalized(mode)?;
        let Decays { classifier, gradient } = self.chosen_decays.get(&mode).copied().unwrap_or(fit.decays());
        let decays = Decays {
            classifier: self.classifier_decay.unwrap_or(classifier),
            gradient: self.gradient_decay.unwrap_or(gradient),
        };
        check(fit.batch().unwrap_or(1), decays)?;
        Ok(fit.with_decays(decays))
    }

    /// The settings that hold for all modes, not only for the one that these name: the activation model needs them too,
    /// since its classifier is the ω̄ of the others.
    fn of_all_modes(&self) -> Self {
        let (solver, decay, seed) = (self.solver, self.decay, self.seed);
        Self { solver, decay, seed, chosen_decays: self.chosen_decays.clone(), ..Self::default() }
    }

    /// The same with the default penalties.
    fn unpenalized(&self, mode: Mode) -> Result<FitConfig> {
        let seed = self.seed();
        let fit = match (self.solver.unwrap_or_default(), mode) {
            (Solver::KernelRidge, Mode::Gradient) => {
                ensure!(self.images != Some(0), "--images has to be 1 or more");
                return Ok(FitConfig::Ridge(RidgeConfig { images: self.images, ridge: 1.0, seed }));
            }
            (Solver::Lbfgs, Mode::Activation | Mode::Gradient | Mode::Full) => {
                return self.whole(LbfgsConfig::for_mode(mode, seed));
            }
            (Solver::Lbfgs | Solver::Adam | Solver::KernelRidge, _) => FirstOrderConfig::for_mode(mode, seed),
            (Solver::AdamPaper, _) => FirstOrderConfig::of_the_paper(seed),
            (Solver::SgdPublished, _) => FirstOrderConfig::of_the_published_code(mode, seed),
        };
        self.steps(fit)
    }

    fn whole(&self, default: LbfgsConfig) -> Result<FitConfig> {
        let fit = LbfgsConfig {
            iterations: self.iterations.unwrap_or(default.iterations),
            tolerance: self.tolerance.unwrap_or(default.tolerance),
            batch: self.batch.unwrap_or(default.batch),
            ..default
        };
        ensure!((1..=MAX_EPOCHS).contains(&fit.iterations), "--iterations has to be between 1 and {MAX_EPOCHS}");
        let is_tolerance = fit.tolerance.is_finite() && fit.tolerance >= 0.0;
        ensure!(is_tolerance, "--tolerance has to be a finite number, 0 or above");
        Ok(FitConfig::Lbfgs(fit))
    }

    fn steps(&self, default: FirstOrderConfig) -> Result<FitConfig> {
        let fit = FirstOrderConfig {
            epochs: self.epochs.unwrap_or(default.epochs),
            batch: self.batch.unwrap_or(default.batch),
            learning_rate: self.learning_rate.unwrap_or(default.learning_rate),
            ..default
        };
        ensure!((1..=MAX_EPOCHS).contains(&fit.epochs), "--epochs has to be between 1 and {MAX_EPOCHS}");
        let is_rate = fit.learning_rate.is_finite() && fit.learning_rate > 0.0;
        ensure!(is_rate, "--learning-rate has to be a finite number above 0");
        Ok(FitConfig::FirstOrder(fit))
    }
}

/// Reads a base network, where the default is the one that comes with the repository.
pub fn load_base(path: &Path, device: &Device) -> Result<Encoder> {
    ensure!(
        path != Path::new(DEFAULT_BASE) || path.exists(),
        "there is no {DEFAULT_BASE} here; run this in gradfeat's repository, or name a base network with --base"
    );
    model_folder::load_base(path, device)
}

fn check(batch: usize, decays: Decays) -> Result<()> {
    ensure!((1..=MAX_BATCH).contains(&batch), "--batch has to be between 1 and {MAX_BATCH}");
    for (name, decay) in [("--classifier-decay", decays.classifier), ("--gradient-decay", decays.gradient)] {
        ensure!(decay.is_finite() && decay >= 0.0, "{name} has to be between 0 and {:e}", f32::MAX);
    }
    Ok(())
}

/// How models are fitted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Solver {
    /// L-BFGS on the whole convex loss
    Lbfgs,
    /// Adam in few passes
    #[default]
    Adam,
    /// The gradient model by kernel ridge regression on the Gram matrix of some training images, the others by adam
    KernelRidge,
    /// Adam with the paper's settings: 80,000 steps
    AdamPaper,
    /// SGD with the settings of the paper's published code: 50,000 steps
    SgdPublished,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_one_mode_do_not_change_the_activation_model_that_it_starts_from() {
        let epochs = |settings: &Settings, mode| match settings.fit(mode).expect("they are in order") {
            FitConfig::FirstOrder(config) => config.epochs,
            other => panic!("{other:?}"),
        };
        let train = Settings { mode: Some(Mode::Full), epochs: Some(2), ..Settings::default() };
        let usual = epochs(&Settings::default(), Mode::Activation);
        assert_eq!([epochs(&train, Mode::Full), epochs(&train, Mode::Activation)], [2, usual]);
        let compare = Settings { mode: None, ..train };
        assert_eq!([epochs(&compare, Mode::Full), epochs(&compare, Mode::Activation)], [2, 2]);
    }

    /// What 0.1.0 wrote into the folders of runs, byte for byte.
    #[test]
    fn configurations_of_earlier_runs_are_read_and_written_as_they_were() {
        let train = r#"mode = "full"
base = "models/cifar10-rotation"
dataset = "cifar10"
scope = "conv4-5"
solver = "adam"
epochs = 2
batch = 512
learning_rate = 0.011
classifier_decay = 0.001
gradient_decay = 0.0
mirror = true
extra = false
holdout = 5000
seed = 1
"#;
        let compare = r#"base = "models/cifar10-rotation"
dataset = "svhn"
scope = "conv8"
solver = "kernel-ridge"
mirror = true
extra = false
holdout = 0
seed = 1

[chosen_decays.activation]
classifier = 0.01
gradient = 0.0
"#;
        for text in [train, compare] {
            let settings: Settings = toml::from_str(text).expect("it can be read");
            assert_eq!(settings.to_toml().expect("it can be written"), text);
        }
        let settings: Settings = toml::from_str(train).expect("it can be read");
        assert_eq!((settings.mode, settings.scope), (Some(Mode::Full), Some(Scope::Conv45)));
        assert_eq!(settings.dataset(), Dataset::Cifar10);
    }
}
