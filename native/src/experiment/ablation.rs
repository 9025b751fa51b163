//! `gradfeat ablate`: which part of the base network makes the gradient features good. The paper's Table 1.
//!
//! θ1 (below the scope), θ2 (the scope's layers) and ω are each random or pre-trained, and the gradient is taken there.
//! The activation term always uses the pre-trained network's features, so only the gradient's origin changes.

use super::{
    context::{Environment, ExperimentInputs, FitContext},
    fit::Fitted,
    holdout::HoldoutSplit,
    settings::Settings,
};
use crate::{
    cache::features::FeatureFile,
    data::{self, Dataset},
    files,
    interrupt::Interrupt,
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

/// Every row for the scope of the settings, or for all scopes when they name none. Fits and features are
/// cached, so that a run that was stopped goes on where it was.
pub fn run(settings: &Settings, environment: &Environment) -> Result<Ablation> {
    let (progress, compute) = (environment.progress, &environment.compute);
    progress.say(format!("Computing on: {}", compute.name));
    ensure!(!settings.extra(), "ablate takes no extra images");
    ensure!(
        !settings.chooses_decays(),
        "ablate chooses no penalties; give them, or leave out --decay and kernel-ridge"
    );
    let trained = settings.load_base(&compute.device)?;
    let dataset = settings.dataset();
    let scopes = match settings.scope {
        Some(scope) => vec![trained.config().kind.scope(Some(scope))?],
        None => trained.config().kind.scopes().to_vec(),
    };
    let images = data::load_or_fetch(dataset, &environment.data_dir, progress)?;
    let interrupt = Interrupt::listen()?;
    let split = HoldoutSplit::new(&images, settings.holdout.unwrap_or(0))?;
    let mut run = Run::begin(&environment.runs_dir, "ablate", settings)?;
    let random = untrained(trained.config(), settings.seed(), &compute.device);
    let (images, split) = (&images, &split);
    let inputs = ExperimentInputs { settings, dataset, images, extra: None, split, environment, interrupt: &interrupt };
    let table = Table { inputs, random, trained };
    let mut rows = vec![];
    for scope in scopes {
        rows.extend(table.rows(scope, &mut run)?);
    }
    Ok(Ablation { rows, dataset, held_out: split.held_out, folder: run.folder().to_owned() })
}

/// What the rows are made of.
struct Table<'a, 'images> {
    inputs: ExperimentInputs<'a, 'images>,
    random: Encoder,
    trained: Encoder,
}

impl Table<'_, '_> {
    /// The eight rows of a scope.
    fn rows(&self, scope: Scope, run: &mut Run) -> Result<Vec<Row>> {
        let base = self.inputs.context(self.trained.clone(), scope)?;
        let activation = base.fit(&blank(&base, self.inputs.dataset)?, "", run)?;
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
        base: &FitContext,
        activation: &Fitted,
        theta1: Origin,
        theta2: Origin,
        run: &mut Run,
    ) -> Result<Vec<Row>> {
        let (scope, seed, device) = (base.scope, self.inputs.settings.seed(), &base.compute.device);
        let own = self.inputs.context(known_mixture(&self.random, &self.trained, scope, theta1, theta2)?, scope)?;
        let fitted = own.fit(&blank(&own, self.inputs.dataset)?, "", run)?;
        let context = with_activations_of(own, base)?;
        let mut rows = vec![];
        for omega in Origin::BOTH {
            let key = format!("{} {} {omega}", activation.key, fitted.key);
            let mut accuracy = |mode| -> Result<f64> {
                let start =
                    ablation::start(mode, &context.encoder, &activation.head, &fitted.head, omega, seed, device);
                Ok(context.measure(&context.fit(&start, &key, run)?)?.outcome.accuracy)
            };
            let (gradient, full) = (accuracy(Mode::Gradient)?, accuracy(Mode::Full)?);
            let row = Row { theta1, theta2, omega, scope, gradient, full };
            run.log(&row)?;
            context.progress.say(&row);
            rows.push(row);
        }
        Ok(rows)
    }
}

impl Row {
    /// Where θ1, θ2 and ω come from.
    pub fn origins(&self) -> [Origin; 3] {
        [self.theta1, self.theta2, self.omega]
    }
}

impl fmt::Display for Row {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { theta1, theta2, omega, scope, .. } = self;
        let [gradient, full] = [self.gradient, self.full].map(|share| 100.0 * share);
        write!(out, "{scope}, θ1 {theta1}, θ2 {theta2}, ω {omega}: gradient {gradient:.2} %, full {full:.2} %")
    }
}

fn blank(context: &FitContext, dataset: Dataset) -> Result<Head> {
    Ok(Head::activation(&context.encoder, context.scope, dataset.classes(), &context.compute.device))
}

/// The same, with an activation term that uses the features of `base`.
fn with_activations_of<'a>(context: FitContext<'a>, base: &FitContext) -> Result<FitContext<'a>> {
    let other =
        |own: FeatureFile, others: &FeatureFile| own.with_activation_of(others, &base.encoder, &base.compute.device);
    Ok(FitContext { train: other(context.train, &base.train)?, test: other(context.test, &base.test)?, ..context })
}

/// A mixture of networks. Its digest, which its frozen features are cached under, is that of the file it would make.
fn known_mixture(random: &Encoder, trained: &Encoder, scope: Scope, theta1: Origin, theta2: Origin) -> Result<Encoder> {
    let mixture = ablation::mixed(random, trained, scope, theta1, theta2);
    let bytes = weights::write_base(&mixture, Precision::F32).context("the mixture of networks cannot be written")?;
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
}
