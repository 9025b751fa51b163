//! Fitting the four models on one base network and measuring them: `train` and `compare`.

use crate::{
    answers::Answers,
    data::{self, Dataset, Split, Stream},
    decay::{self, Decay, Decays},
    device::Chosen,
    interrupt::Interrupt,
    kept::{self, KeptFile},
    kept_fit::{Facts, Place, Story},
    model_folder,
    progress::Progress,
    report::{self, Entry},
    ridge::{self, RidgeConfig},
    run::Run,
};
use anyhow::{Context, Result, anyhow, bail};
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use shared::{
    config::{Mode, Scope},
    encoder::Encoder,
    images::ImageSet,
    linear::Head,
    solver::{self, SolveError, SolverConfig},
    train::{self, Event, FitConfig, FitError},
    weights::Precision,
};
use std::{
    collections::BTreeMap,
    fmt::Display,
    ops::ControlFlow,
    path::{Path, PathBuf},
    time::Instant,
};

/// The base network that is used unless told otherwise.
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
    pub mode: Option<String>,
    /// Folder (or file) of the base network [default: models/cifar10-rotation]
    #[arg(long, value_name = "DIR")]
    pub base: Option<PathBuf>,
    /// The data set: cifar10, cifar100 or svhn [default: cifar10]
    #[arg(long, value_name = "NAME")]
    pub dataset: Option<String>,
    /// The layers whose parameters the gradient is taken by: conv5, conv4-5 or conv3-5 of an ALI encoder, conv8 of a
    /// VAE's [default: the last one alone]
    #[arg(long)]
    pub scope: Option<String>,
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
    /// svhn: fit on its 531,131 extra images too; the first time 1.3 GB are fetched, and kept features take 18 KB an image
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

    /// The modes to fit, with a name for the run: the one that `train` is given, or all for `compare`.
    pub fn modes(&self, all: bool) -> Result<(Vec<Mode>, String)> {
        match (&self.mode, all) {
            (None, true) => Ok((Mode::ALL.to_vec(), "compare".to_owned())),
            (Some(mode), false) => Ok((vec![mode.parse()?], format!("train-{mode}"))),
            (Some(mode), true) => bail!("compare fits all four models; for the {mode} model alone there is train"),
            (None, false) => {
                bail!(
                    "train needs a --mode, here or in the --config: {}",
                    Mode::ALL.iter().map(|m| m.name()).collect::<Vec<_>>().join(", ")
                )
            }
        }
    }

    /// Where the base network is.
    pub fn base(&self) -> PathBuf {
        self.base.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_BASE))
    }

    /// The scope that is asked for.
    pub fn scope(&self) -> Result<Option<Scope>> {
        Ok(self.scope.as_deref().map(str::parse).transpose()?)
    }

    /// The data set.
    pub fn dataset(&self) -> Result<Dataset> {
        self.dataset.as_deref().unwrap_or(Dataset::Cifar10.name()).parse()
    }

    /// These with every default filled in that is the same for all of `modes`: what a run's folder keeps.
    fn resolved(&self, modes: &[Mode], scope: Scope) -> Result<Self> {
        let common = Self {
            base: Some(self.base()),
            dataset: Some(self.dataset()?.to_string()),
            scope: Some(scope.to_string()),
            mirror: Some(self.mirror()),
            extra: Some(self.extra()),
            holdout: Some(self.holdout.unwrap_or(0)),
            seed: Some(self.seed()),
            solver: Some(self.solver.unwrap_or_default()),
            ..Self::default()
        };
        let &[mode] = modes else { return Ok(self.clone().or(common)) };
        // Those that are chosen stand by mode, since they differ between ω̄'s model and the one that is asked for.
        let own = |decay| (!self.chooses_decays() && self.chosen_decays.is_empty()).then_some(decay);
        let of_the_mode = match self.fit(mode)? {
            Fit::Whole(fit) => Self {
                iterations: Some(fit.iterations),
                tolerance: Some(fit.tolerance),
                batch: Some(fit.batch),
                classifier_decay: own(fit.classifier_decay),
                gradient_decay: own(fit.gradient_decay),
                ..common
            },
            Fit::Steps(fit) => Self {
                epochs: Some(fit.epochs),
                batch: Some(fit.batch),
                learning_rate: Some(fit.learning_rate),
                classifier_decay: own(fit.classifier_decay),
                gradient_decay: own(fit.gradient_decay),
                ..common
            },
            Fit::Kernel(fit) => Self { images: fit.images, ..common },
        };
        Ok(self.clone().or(of_the_mode))
    }

    /// The paper's settings and the published ones are for the plain images: mirrored ones would double their steps.
    fn mirror(&self) -> bool {
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
    pub fn open_decays(&self, mode: Mode, fit: &Fit) -> [&'static [f32]; 2] {
        let is_ridge = matches!(fit, Fit::Kernel(_));
        let is_asked = self.decay.is_some() || is_ridge;
        let (has_classifier, has_tangents) = (mode.has_classifier(), mode != Mode::Activation);
        let gradient: &[f32] = if is_ridge { &decay::RIDGES } else { &decay::GRADIENT_DECAYS };
        [
            if is_asked && has_classifier && self.classifier_decay.is_none() { &decay::CLASSIFIER_DECAYS } else { &[] },
            if is_asked && has_tangents && self.gradient_decay.is_none() { gradient } else { &[] },
        ]
    }

    /// How a mode's model is fitted.
    pub fn fit(&self, mode: Mode) -> Result<Fit> {
        let fit = self.unpenalized(mode)?;
        let Decays { classifier, gradient } = self.chosen_decays.get(&mode).copied().unwrap_or(fit.decays());
        let decays = Decays {
            classifier: self.classifier_decay.unwrap_or(classifier),
            gradient: self.gradient_decay.unwrap_or(gradient),
        };
        check(fit.batch(), decays)?;
        Ok(fit.with_decays(decays))
    }

    /// The same with the default penalties.
    fn unpenalized(&self, mode: Mode) -> Result<Fit> {
        let seed = self.seed();
        let fit = match (self.solver.unwrap_or_default(), mode) {
            (Solver::KernelRidge, Mode::Gradient) => {
                return Ok(Fit::Kernel(RidgeConfig { images: self.images, ridge: 1.0, seed }));
            }
            (Solver::Lbfgs, Mode::Activation | Mode::Gradient | Mode::Full) => {
                return self.whole(SolverConfig::for_mode(mode, seed));
            }
            (Solver::Lbfgs | Solver::Adam | Solver::KernelRidge, _) => FitConfig::for_mode(mode, seed),
            (Solver::AdamPaper, _) => FitConfig::of_the_paper(seed),
            (Solver::SgdPublished, _) => FitConfig::of_the_published_code(mode, seed),
        };
        self.steps(fit)
    }

    fn whole(&self, default: SolverConfig) -> Result<Fit> {
        let fit = SolverConfig {
            iterations: self.iterations.unwrap_or(default.iterations),
            tolerance: self.tolerance.unwrap_or(default.tolerance),
            batch: self.batch.unwrap_or(default.batch),
            ..default
        };
        if !(1..=MAX_EPOCHS).contains(&fit.iterations) || !fit.tolerance.is_finite() || fit.tolerance < 0.0 {
            bail!("iterations have to be between 1 and {MAX_EPOCHS}, and the tolerance not below 0");
        }
        Ok(Fit::Whole(fit))
    }

    fn steps(&self, default: FitConfig) -> Result<Fit> {
        let fit = FitConfig {
            epochs: self.epochs.unwrap_or(default.epochs),
            batch: self.batch.unwrap_or(default.batch),
            learning_rate: self.learning_rate.unwrap_or(default.learning_rate),
            ..default
        };
        let positive = fit.learning_rate.is_finite() && fit.learning_rate > 0.0;
        if !(1..=MAX_EPOCHS).contains(&fit.epochs) || !positive {
            bail!("epochs have to be between 1 and {MAX_EPOCHS}, and the learning rate above 0");
        }
        Ok(Fit::Steps(fit))
    }
}

fn check(batch: usize, decays: Decays) -> Result<()> {
    if !(1..=MAX_BATCH).contains(&batch) {
        bail!("a batch has to be between 1 and {MAX_BATCH} images");
    }
    if [decays.classifier, decays.gradient].iter().any(|decay| !decay.is_finite() || *decay < 0.0) {
        bail!("decays have to be not below 0");
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

/// The settings of one fit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// On the whole loss.
    Whole(SolverConfig),
    /// Step by step.
    Steps(FitConfig),
    /// In one go, on the kernel.
    Kernel(RidgeConfig),
}

impl Fit {
    /// Its penalties.
    pub fn decays(&self) -> Decays {
        let (classifier, gradient) = match self {
            Self::Whole(fit) => (fit.classifier_decay, fit.gradient_decay),
            Self::Steps(fit) => (fit.classifier_decay, fit.gradient_decay),
            Self::Kernel(fit) => (0.0, fit.ridge),
        };
        Decays { classifier, gradient }
    }

    /// The same with other penalties.
    pub fn with_decays(self, Decays { classifier, gradient }: Decays) -> Self {
        let (classifier_decay, gradient_decay) = (classifier, gradient);
        match self {
            Self::Whole(fit) => Self::Whole(SolverConfig { classifier_decay, gradient_decay, ..fit }),
            Self::Steps(fit) => Self::Steps(FitConfig { classifier_decay, gradient_decay, ..fit }),
            Self::Kernel(fit) => Self::Kernel(RidgeConfig { ridge: gradient, ..fit }),
        }
    }

    /// Images at once.
    fn batch(&self) -> usize {
        match self {
            Self::Whole(fit) => fit.batch,
            Self::Steps(fit) => fit.batch,
            Self::Kernel(_) => 1,
        }
    }
}

/// Where things are, and who computes and shows them.
pub struct Surroundings {
    /// Data sets.
    pub data_dir: PathBuf,
    /// Kept features.
    pub cache_dir: PathBuf,
    /// Runs.
    pub runs_dir: PathBuf,
    /// What computes.
    pub chosen: Chosen,
    /// Who is told how it goes.
    pub progress: Progress,
}

/// What a fitted model reaches.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// Which of the four.
    pub mode: Mode,
    /// Its scope.
    pub scope: Scope,
    /// On the test images (or those held out), 0 to 1.
    pub accuracy: f64,
    /// On as many of the images it was trained on, 0 to 1, if it was trained just now.
    pub train_accuracy: Option<f64>,
    /// Seconds of fitting, when it was done.
    pub train_seconds: f64,
    /// Seconds of computing or reading the kept features, the same for all modes.
    pub feature_seconds: f64,
}

/// What `train` and `compare` give.
pub struct Outcomes {
    /// One for each mode that was asked for.
    pub outcomes: Vec<Outcome>,
    /// Whether they were measured on held-out training images rather than on the test images.
    pub held_out: bool,
    /// The data set.
    pub dataset: Dataset,
    /// The run's folder.
    pub folder: PathBuf,
    /// Seed of all of it, if anything was trained.
    pub seed: Option<u64>,
}

/// Which images are fitted on and which are measured on.
pub struct Division {
    /// Of the training images.
    pub fitted: Vec<usize>,
    /// Of the training images if some are held out, else of the test images.
    pub measured: Vec<usize>,
    /// Whether some are held out.
    pub held_out: bool,
}

impl Division {
    /// The last `held` training images are held out; with 0, the test images are measured on.
    pub fn new(images: &Split, held: usize) -> Result<Self> {
        let (trained, tested) = (images.train.len(), images.test.len());
        if held >= trained {
            bail!("--holdout is {held}, but there are {trained} training images");
        }
        let measured = if held > 0 { trained - held..trained } else { 0..tested };
        Ok(Self { fitted: (0..trained - held).collect(), measured: measured.collect(), held_out: held > 0 })
    }

    /// The images that are measured on.
    fn shown(&self, images: &Split) -> ImageSet {
        let set = if self.held_out { &images.train } else { &images.test };
        let labels = self.measured.iter().map(|&index| set.labels[index]).collect();
        ImageSet { pixels: set.gather(&self.measured), labels }
    }
}

/// Everything that fitting needs, loaded.
pub struct Bench<'a> {
    /// The settings.
    pub settings: &'a Settings,
    /// The base network.
    pub encoder: Encoder,
    /// The layers whose parameters the gradient is taken by.
    pub scope: Scope,
    /// What computes.
    pub chosen: &'a Chosen,
    /// Who is told how it goes.
    pub progress: Progress,
    /// Who can stop it.
    pub interrupt: &'a Interrupt,
    /// Where fits are kept.
    pub cache_dir: &'a Path,
    /// The training images' features.
    pub train: KeptFile,
    /// Those of them that are fitted on.
    pub fitted: Vec<usize>,
    /// The test images'.
    pub test: KeptFile,
    /// Which of them count.
    pub division: &'a Division,
    /// Seconds that the features took.
    pub feature_seconds: f64,
}

/// Where an experiment's images, features and fits come from.
pub struct Source<'a, 'images> {
    /// The settings.
    pub settings: &'a Settings,
    /// The data set.
    pub dataset: Dataset,
    /// Its images.
    pub images: &'images Split,
    /// More to fit on.
    pub extra: Option<&'images Stream>,
    /// Which of them count.
    pub division: &'a Division,
    /// Everything around.
    pub surroundings: &'a Surroundings,
    /// Who can stop it.
    pub interrupt: &'a Interrupt,
}

impl<'a> Source<'a, '_> {
    /// What fitting on `encoder` needs: its kept features, computed or found.
    pub fn bench(&self, encoder: Encoder, scope: Scope) -> Result<Bench<'a>> {
        let Surroundings { cache_dir, chosen, progress, .. } = self.surroundings;
        let begun = Instant::now();
        let cache = kept::Cache { folder: cache_dir, chosen, progress: *progress, interrupt: self.interrupt };
        let name = |name: &str| format!("{}-{name}", self.dataset);
        let split = |set: &ImageSet, of: &str| cache.get(&encoder, set, &name(of), scope);
        let with_extra = |train: KeptFile, extra: Option<Stream>, of: &str| match extra {
            Some(extra) => Ok(train.with_more(cache.get(&encoder, &extra, &name(of), scope)?)),
            None => anyhow::Ok(train),
        };
        let mut train = with_extra(split(&self.images.train, "train")?, self.extra.cloned(), "extra")?;
        let images = train.images();
        if self.settings.mirror() {
            let mirrored = split(&self.images.train.mirrored(), "train-mirrored")?;
            let extra = self.extra.map(Stream::mirrored);
            train = train.with_mirrored(with_extra(mirrored, extra, "extra-mirrored")?);
        }
        let test = split(&self.images.test, "test")?;
        // Mirrored images come after the others, and are fitted on where the others are.
        let plain: Vec<usize> = self.division.fitted.iter().copied().chain(self.images.train.len()..images).collect();
        let mirrored = plain.iter().map(|index| index + images).filter(|_| self.settings.mirror());
        let fitted = plain.iter().copied().chain(mirrored).collect();
        Ok(Bench {
            settings: self.settings,
            encoder,
            scope,
            chosen,
            progress: *progress,
            interrupt: self.interrupt,
            cache_dir,
            train,
            fitted,
            test,
            division: self.division,
            feature_seconds: begun.elapsed().as_secs_f64(),
        })
    }
}

/// A fitted model, how that went, and the key that stands for all of it.
pub struct Fitted {
    /// The model.
    pub head: Head,
    /// How the fit went.
    pub story: Story,
    /// What the fit depends on, as a checksum.
    pub key: String,
}

/// Fits and measures the models of `modes`; the activation model is fitted in any case, since ω̄ comes from it.
pub fn run(settings: &Settings, modes: &[Mode], name: &str, surroundings: &Surroundings) -> Result<Outcomes> {
    let (progress, chosen) = (surroundings.progress, &surroundings.chosen);
    let (asked, dataset, base) = (settings.scope()?, settings.dataset()?, settings.base());
    for &mode in modes {
        settings.fit(mode)?;
    }
    progress.say(format!("Computing on: {}", chosen.name));
    let encoder = model_folder::load_base(&base, &chosen.device)?;
    let scope = encoder.config.kind.scope(asked)?;
    let images = data::load_or_fetch(dataset, &surroundings.data_dir, progress)?;
    let extra = settings.extra().then(|| data::open_extra(dataset, &surroundings.data_dir, progress)).transpose()?;
    let interrupt = Interrupt::listen()?;
    let division = Division::new(&images, settings.holdout.unwrap_or(0))?;
    let resolved = settings.resolved(modes, scope)?;
    let mut run = Run::begin(&surroundings.runs_dir, name, &resolved)?;
    model_folder::copy_base(&base, run.folder())?;
    let bench = {
        let (images, division, extra) = (&images, &division, extra.as_ref());
        let source = Source { settings, dataset, images, extra, division, surroundings, interrupt: &interrupt };
        source.bench(encoder, scope)?
    };
    let settings = &decay::choose(&bench, modes, &mut run)?;
    let resolved = settings.resolved(modes, scope)?;
    run.settle(&resolved)?;
    let bench = Bench { settings, ..bench };
    let shown = division.shown(&images);
    drop(images);
    let entries = bench.fit_all(modes, &mut run)?;
    let folder = run.folder().to_owned();
    let told = report::Story {
        dataset,
        held_out: division.held_out,
        settings: toml::to_string(&resolved).context("the settings cannot be written as TOML")?,
        device: &chosen.name,
        encoder: &bench.encoder,
        images: &shown,
        entries: &entries,
    };
    report::write(&folder, &told)?;
    let outcomes = entries.into_iter().map(|entry| entry.outcome).collect();
    Ok(Outcomes { outcomes, held_out: division.held_out, dataset, folder, seed: Some(settings.seed()) })
}

impl Bench<'_> {
    /// Fits the models of `modes`, saves and measures them.
    fn fit_all(&self, modes: &[Mode], run: &mut Run) -> Result<Vec<Entry>> {
        let classes = self.settings.dataset()?.classes();
        let activation =
            self.fit(&Head::activation(&self.encoder, self.scope, classes, &self.chosen.device), "", run)?;
        let mut entries = vec![self.keep_entry(&activation, run)?];
        for &mode in modes.iter().filter(|&&mode| mode != Mode::Activation) {
            let start = Head::start(mode, self.scope, &self.encoder, &activation.head, &self.chosen.device);
            entries.push(self.keep_entry(&self.fit(&start, &activation.key, run)?, run)?);
        }
        entries.retain(|entry| modes.contains(&entry.outcome.mode));
        Ok(entries)
    }

    /// Saves a model with the run, and measures it.
    fn keep_entry(&self, fitted: &Fitted, run: &mut Run) -> Result<Entry> {
        model_folder::save_head(run.folder(), &self.encoder, &fitted.head, Precision::F32)?;
        let entry = self.measure(fitted)?;
        run.log_text(&serde_json::to_string(&entry.outcome)?)?;
        self.progress.say(format!("{:<10} {:.2} %", entry.outcome.mode, 100.0 * entry.outcome.accuracy));
        Ok(entry)
    }

    /// Fits one model from `start`, itself come of the fit of the key `start_key`, or finds it kept.
    pub fn fit(&self, start: &Head, start_key: &str, run: &mut Run) -> Result<Fitted> {
        let config = self.settings.fit(start.mode)?;
        self.fit_on(&self.fitted, config, start, start_key, &mut |line| run.log_text(line))
    }

    /// The same on images and with settings of one's own, telling `log` its lines.
    pub fn fit_on(
        &self,
        fitted: &[usize],
        config: Fit,
        start: &Head,
        start_key: &str,
        log: &mut impl FnMut(&str) -> Result<()>,
    ) -> Result<Fitted> {
        let facts = Facts {
            mode: start.mode,
            config,
            features: &self.train.key,
            count: fitted.len(),
            start: start_key,
            device: &self.chosen.name,
        };
        let place = Place::new(self.cache_dir, &facts);
        let (head, story) = match place.load(&self.encoder, &self.chosen.device) {
            Some((head, story)) => {
                story.lines.iter().try_for_each(|line| log(line))?;
                (head, story)
            }
            None => {
                let (head, story) = self.fit_anew(fitted, start, config, log)?;
                place.save(&self.encoder, &head, &story)?;
                (head, story)
            }
        };
        Ok(Fitted { head, story, key: place.key })
    }

    /// What a fitted model answers, and how often that is right.
    pub fn measure(&self, fitted: &Fitted) -> Result<Entry> {
        let (head, division) = (&fitted.head, self.division);
        let of = |samples, indices| Answers::of(&self.encoder, head, samples, indices, &self.chosen.device);
        let answers = of(if division.held_out { &self.train } else { &self.test }, &division.measured)?;
        let sample = division.measured.len().min(division.fitted.len());
        let outcome = Outcome {
            mode: head.mode,
            scope: head.scope,
            accuracy: answers.accuracy(),
            train_accuracy: Some(of(&self.train, &division.fitted[..sample])?.accuracy()),
            train_seconds: fitted.story.seconds,
            feature_seconds: self.feature_seconds,
        };
        Ok(Entry { outcome, answers, losses: losses(&fitted.story), omega: head.omega.clone() })
    }

    fn fit_anew(
        &self,
        fitted: &[usize],
        start: &Head,
        fit: Fit,
        log: &mut impl FnMut(&str) -> Result<()>,
    ) -> Result<(Head, Story)> {
        let steps = match fit {
            Fit::Whole(config) => config.iterations,
            Fit::Steps(config) => config.epochs * fitted.len().div_ceil(config.batch),
            Fit::Kernel(_) => 1,
        };
        let mut bar = self.progress.items(&format!("fitting {}", start.mode), 0, steps as u64);
        let begun = Instant::now();
        let mut story = Story::default();
        let mut trouble = None;
        let listen = |event: Event| {
            match event {
                Event::Step { step, .. } => bar.set(step as u64),
                Event::Epoch { loss, .. } => bar.describe(&format!("loss {loss:.3}")),
                Event::Iteration { images, iteration, loss, gradient } => {
                    bar.set(iteration as u64);
                    bar.describe(&format!("loss {loss:.4} and gradient {gradient:.3} on {images} images"));
                }
            }
            if let Err(error) = record(&mut story, log, &Line { mode: start.mode, scope: start.scope, event }) {
                trouble = Some(error);
                return ControlFlow::Break(());
            }
            if self.interrupt.asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let (encoder, samples, device) = (&self.encoder, &self.train, &self.chosen.device);
        let what = |error: &dyn Display| anyhow!("fitting the {} model: {error}", start.mode);
        let head = match fit {
            Fit::Whole(config) => {
                let fit = solver::fit(encoder, start, samples, fitted, config, device, listen);
                pollster::block_on(fit).map_err(|error| match error {
                    SolveError::Samples(error) => error,
                    other => what(&other),
                })
            }
            Fit::Steps(config) => {
                train::fit(encoder, start, samples, fitted, config, device, listen).map_err(|error| match error {
                    FitError::Samples(error) => error,
                    other => what(&other),
                })
            }
            Fit::Kernel(config) => ridge::fit(encoder, start, samples, fitted, config, device),
        };
        drop(bar);
        if let Some(error) = trouble {
            return Err(error);
        }
        let head = head?;
        story.seconds = begun.elapsed().as_secs_f64();
        Ok((head, story))
    }
}

/// The training loss after each pass over the images, or each iteration on all of them.
fn losses(story: &Story) -> Vec<(f64, f64)> {
    let events = story.lines.iter().filter_map(|line| serde_json::from_str::<Line>(line).ok()).map(|line| line.event);
    let passes = events.enumerate().filter_map(|(index, event)| match event {
        Event::Epoch { epoch, loss, .. } => Some((epoch as f64, f64::from(loss))),
        Event::Iteration { loss, .. } => Some((index as f64, f64::from(loss))),
        Event::Step { .. } => None,
    });
    passes.collect()
}

/// Adds a line to the run's metrics and to the story that is kept.
fn record(story: &mut Story, log: &mut impl FnMut(&str) -> Result<()>, line: &Line) -> Result<()> {
    let text = serde_json::to_string(line)?;
    log(&text)?;
    story.lines.push(text);
    Ok(())
}

/// One line of `metrics.jsonl`.
#[derive(Serialize, Deserialize)]
struct Line {
    mode: Mode,
    scope: Scope,
    #[serde(flatten)]
    event: Event,
}
