//! `gradfeat ablate`: what of the base network the gradient features owe their worth to. The paper's Table 1.
//!
//! θ1 (below the scope), θ2 (the scope's layers) and ω are each random or pre-trained, and the gradient is taken there.
//! The activation term always goes by the pre-trained network's features, so only the gradient's origin changes.

use crate::{
    ablate_report,
    data::{self, Dataset},
    experiment::{Bench, Division, Fitted, Settings, Source, Surroundings},
    files,
    interrupt::Interrupt,
    kept::KeptFile,
    model_folder,
    run::Run,
};
use anyhow::{Context, Result, ensure};
use gradient_features::{
    Mode, Scope,
    model::{
        ablation::{self, Origin, untrained},
        encoder::Encoder,
        linear::Head,
    },
    weights::{self, Precision},
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::{fmt, path::PathBuf};

/// A row of the table, for one scope.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// The layers below the scope.
    pub theta1: Origin,
    /// The scope's layers.
    pub theta2: Origin,
    /// The classifier that the gradient goes through.
    pub omega: Origin,
    /// The scope.
    pub scope: Scope,
    /// Accuracy of the gradient model, 0 to 1.
    pub gradient: f64,
    /// Accuracy of the full model, 0 to 1.
    pub full: f64,
}

/// What `ablate` gives.
pub struct Ablation {
    /// The table.
    pub rows: Vec<Row>,
    /// The data set.
    pub dataset: Dataset,
    /// Whether it was measured on held-out training images rather than on the test images.
    pub held_out: bool,
    /// The run's folder.
    pub folder: PathBuf,
}

/// The paper's figures for a row in %, gradient and full (its Table 1: CIFAR-10, BiGAN).
pub fn paper(dataset: Dataset, row: &Row) -> Option<[f64; 2]> {
    use Origin::{Random, Trained};
    if dataset != Dataset::Cifar10 {
        return None;
    }
    let figures = match (row.theta1, row.theta2, row.omega) {
        (Random, Random, Random) => [[23.09, 62.83], [26.30, 62.83], [27.52, 62.85]],
        (Random, Random, Trained) => [[40.23, 63.11], [43.36, 63.42], [44.36, 63.38]],
        (Random, Trained, Random) => [[32.50, 62.98], [33.20, 63.10], [35.13, 63.10]],
        (Random, Trained, Trained) => [[44.07, 63.99], [45.87, 64.21], [48.88, 64.51]],
        (Trained, Random, Random) => [[53.39, 63.74], [56.24, 64.30], [57.20, 64.60]],
        (Trained, Random, Trained) => [[59.98, 65.46], [61.47, 65.38], [59.89, 64.73]],
        (Trained, Trained, Random) => [[70.28, 69.84], [71.08, 70.10], [71.60, 70.64]],
        (Trained, Trained, Trained) => [[70.14, 70.51], [70.89, 70.78], [71.55, 71.37]],
    };
    let column = [Scope::Conv5, Scope::Conv45, Scope::Conv35].iter().position(|&scope| scope == row.scope)?;
    Some(figures[column])
}

/// Every row for the scope of the settings, or for all scopes when they name none. Fits and features are kept, so that
/// one that was stopped goes on where it was.
pub fn run(settings: &Settings, surroundings: &Surroundings) -> Result<Ablation> {
    let (progress, chosen) = (surroundings.progress, &surroundings.chosen);
    progress.say(format!("Computing on: {}", chosen.name));
    ensure!(!settings.extra(), "ablate takes no extra images");
    ensure!(
        !settings.chooses_decays(),
        "ablate chooses no penalties; give them, or leave out --decay and kernel-ridge"
    );
    let trained = model_folder::load_base(&settings.base(), &chosen.device)?;
    let dataset = settings.dataset()?;
    let scopes = match settings.scope()? {
        Some(scope) => vec![trained.config().kind.scope(Some(scope))?],
        None => trained.config().kind.scopes().to_vec(),
    };
    let images = data::load_or_fetch(dataset, &surroundings.data_dir, progress)?;
    let interrupt = Interrupt::listen()?;
    let division = Division::new(&images, settings.holdout.unwrap_or(0))?;
    let mut run = Run::begin(&surroundings.runs_dir, "ablate", settings)?;
    let random = untrained(trained.config(), settings.seed(), &chosen.device);
    let (images, division) = (&images, &division);
    let source = Source { settings, dataset, images, extra: None, division, surroundings, interrupt: &interrupt };
    let table = Table { source, random, trained };
    let mut rows = vec![];
    for scope in scopes {
        rows.extend(table.rows(scope, &mut run)?);
    }
    let (held_out, folder) = (division.held_out, run.folder().to_owned());
    let ablation = Ablation { rows, dataset, held_out, folder };
    let settings = toml::to_string(settings).context("the settings cannot be written as TOML")?;
    ablate_report::write(&ablation, &chosen.name, &settings)?;
    Ok(ablation)
}

/// What the rows are made of.
struct Table<'a, 'images> {
    source: Source<'a, 'images>,
    random: Encoder,
    trained: Encoder,
}

impl Table<'_, '_> {
    /// The eight rows of a scope.
    fn rows(&self, scope: Scope, run: &mut Run) -> Result<Vec<Row>> {
        let base = self.source.bench(self.trained.clone(), scope)?;
        let activation = base.fit(&blank(&base, self.source.dataset)?, "", run)?;
        let mut rows = vec![];
        for theta1 in Origin::BOTH {
            for theta2 in Origin::BOTH {
                rows.extend(self.pair(&base, &activation, theta1, theta2, run)?);
            }
        }
        Ok(rows)
    }

    /// The two rows of a mixture of networks: by a random ω, and by one fitted on the mixture's own activations.
    fn pair(
        &self,
        base: &Bench,
        activation: &Fitted,
        theta1: Origin,
        theta2: Origin,
        run: &mut Run,
    ) -> Result<Vec<Row>> {
        let (scope, seed, device) = (base.scope, self.source.settings.seed(), &base.chosen.device);
        let own = self.source.bench(known_mixture(&self.random, &self.trained, scope, theta1, theta2)?, scope)?;
        let fitted = own.fit(&blank(&own, self.source.dataset)?, "", run)?;
        let bench = with_activations_of(own, base)?;
        let mut rows = vec![];
        for omega in Origin::BOTH {
            let key = format!("{} {} {omega}", activation.key, fitted.key);
            let mut accuracy = |mode| -> Result<f64> {
                let start = ablation::start(mode, &bench.encoder, &activation.head, &fitted.head, omega, seed, device);
                Ok(bench.measure(&bench.fit(&start, &key, run)?)?.outcome.accuracy)
            };
            let (gradient, full) = (accuracy(Mode::Gradient)?, accuracy(Mode::Full)?);
            let row = Row { theta1, theta2, omega, scope, gradient, full };
            run.log_text(&serde_json::to_string(&row)?)?;
            bench.progress.say(&row);
            rows.push(row);
        }
        Ok(rows)
    }
}

impl fmt::Display for Row {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { theta1, theta2, omega, scope, .. } = self;
        let [gradient, full] = [self.gradient, self.full].map(|share| 100.0 * share);
        write!(out, "{scope}, θ1 {theta1}, θ2 {theta2}, ω {omega}: gradient {gradient:.2} %, full {full:.2} %")
    }
}

fn blank(bench: &Bench, dataset: Dataset) -> Result<Head> {
    Ok(Head::activation(&bench.encoder, bench.scope, dataset.classes(), &bench.chosen.device))
}

/// The same, with the activation term by the features of `base`.
fn with_activations_of<'a>(bench: Bench<'a>, base: &Bench) -> Result<Bench<'a>> {
    let other = |own: KeptFile, others: &KeptFile| own.with_activation_of(others, &base.encoder, &base.chosen.device);
    Ok(Bench { train: other(bench.train, &base.train)?, test: other(bench.test, &base.test)?, ..bench })
}

/// A mixture of networks, known by the checksum of the file that it would make, as its frozen features are.
fn known_mixture(random: &Encoder, trained: &Encoder, scope: Scope, theta1: Origin, theta2: Origin) -> Result<Encoder> {
    let mixture = ablation::mixed(random, trained, scope, theta1, theta2);
    let bytes = weights::write_base(&mixture, Precision::F32).context("the mixture of networks cannot be kept")?;
    Ok(mixture.with_digest(files::hex(&Sha256::digest(&bytes))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;
    use gradient_features::{
        InputRange, Parametrization,
        model::config::{EncoderConfig, EncoderKind},
    };

    #[test]
    fn mixtures_are_known_apart() {
        let config = EncoderConfig {
            kind: EncoderKind::Ali,
            slope: 0.01,
            input_range: InputRange::Unit,
            parametrization: Parametrization::Ntk,
        };
        let [random, trained] = [1, 2].map(|seed| untrained(config, seed, &Device::flex()));
        for &scope in EncoderKind::Ali.scopes() {
            let digest = |theta1, theta2| {
                known_mixture(&random, &trained, scope, theta1, theta2)
                    .expect("finite numbers")
                    .digest()
                    .map(str::to_owned)
            };
            let one = digest(Origin::Random, Origin::Trained);
            let other = digest(Origin::Trained, Origin::Random);
            assert!(one != other && one.is_some(), "{scope}: frozen features would mix");
        }
    }

    #[test]
    fn the_papers_table_is_whole() {
        let figures = |dataset, origin, scope| {
            paper(dataset, &Row { theta1: origin, theta2: origin, omega: origin, scope, gradient: 0.0, full: 0.0 })
        };
        assert_eq!(figures(Dataset::Cifar10, Origin::Trained, Scope::Conv35), Some([71.55, 71.37]));
        assert_eq!(figures(Dataset::Cifar10, Origin::Random, Scope::Conv8), None);
        assert_eq!(figures(Dataset::Svhn, Origin::Trained, Scope::Conv35), None);
    }
}
