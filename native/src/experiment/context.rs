//! What fitting on one network needs: its frozen features, and everything around them.

use super::{holdout::HoldoutSplit, settings::Settings};
use crate::{
    cache::features::{FeatureCache, FeatureFile},
    data::{Dataset, ImageSets, Stream},
    device::ComputeDevice,
    interrupt::Interrupt,
    progress::Progress,
};
use anyhow::Result;
use gradient_features::{Scope, images::ImageSet, model::encoder::Encoder};
use std::{
    path::{Path, PathBuf},
    time::Instant,
};

/// Where things are, what computes them and where progress is shown.
pub struct Environment {
    /// Data sets.
    pub data_dir: PathBuf,
    /// Frozen features and fits.
    pub cache_dir: PathBuf,
    /// Runs.
    pub runs_dir: PathBuf,
    /// What computes.
    pub compute: ComputeDevice,
    /// Where progress is shown.
    pub progress: Progress,
}

/// Everything that fitting needs, loaded.
pub struct FitContext<'a> {
    /// The settings.
    pub settings: &'a Settings,
    /// The base network.
    pub encoder: Encoder,
    /// The layers whose parameters the gradient is taken by.
    pub scope: Scope,
    /// What computes.
    pub compute: &'a ComputeDevice,
    /// Where progress is shown.
    pub progress: Progress,
    /// What can stop it.
    pub interrupt: &'a Interrupt,
    /// Where fits are kept.
    pub cache_dir: &'a Path,
    /// The training images' features.
    pub train: FeatureFile,
    /// Those of them that are fitted on.
    pub fitted: Vec<usize>,
    /// The test images'.
    pub test: FeatureFile,
    /// Which images are fitted on and which are measured on.
    pub split: &'a HoldoutSplit,
    /// Seconds that the features took.
    pub feature_seconds: f64,
}

/// Where an experiment's images, features and fits come from.
pub struct ExperimentInputs<'a, 'images> {
    /// The settings.
    pub settings: &'a Settings,
    /// The data set.
    pub dataset: Dataset,
    /// Its images.
    pub images: &'images ImageSets,
    /// More to fit on.
    pub extra: Option<&'images Stream>,
    /// Which images are fitted on and which are measured on.
    pub split: &'a HoldoutSplit,
    /// The folders, the device and the progress.
    pub environment: &'a Environment,
    /// What can stop it.
    pub interrupt: &'a Interrupt,
}

impl<'a> ExperimentInputs<'a, '_> {
    /// What fitting on `encoder` needs: its frozen features, computed or found.
    pub fn context(&self, encoder: Encoder, scope: Scope) -> Result<FitContext<'a>> {
        let Environment { cache_dir, compute, progress, .. } = self.environment;
        let begun = Instant::now();
        let cache = FeatureCache { folder: cache_dir, compute, progress: *progress, interrupt: self.interrupt };
        let name = |name: &str| format!("{}-{name}", self.dataset);
        let features = |set: &ImageSet, of: &str| cache.get(&encoder, set, &name(of), scope);
        let with_extra = |train: FeatureFile, extra: Option<Stream>, of: &str| match extra {
            Some(extra) => Ok(train.with_more(cache.get(&encoder, &extra, &name(of), scope)?)),
            None => anyhow::Ok(train),
        };
        let mut train = with_extra(features(&self.images.train, "train")?, self.extra.cloned(), "extra")?;
        let images = train.images();
        if self.settings.mirror() {
            let mirrored = features(&self.images.train.mirrored(), "train-mirrored")?;
            let extra = self.extra.map(Stream::mirrored);
            train = train.with_mirrored(with_extra(mirrored, extra, "extra-mirrored")?);
        }
        let test = features(&self.images.test, "test")?;
        // Mirrored images come after the others, and are fitted on where the others are.
        let plain: Vec<usize> = self.split.fitted.iter().copied().chain(self.images.train.len()..images).collect();
        let mirrored = plain.iter().map(|index| index + images).filter(|_| self.settings.mirror());
        let fitted = plain.iter().copied().chain(mirrored).collect();
        Ok(FitContext {
            settings: self.settings,
            encoder,
            scope,
            compute,
            progress: *progress,
            interrupt: self.interrupt,
            cache_dir,
            train,
            fitted,
            test,
            split: self.split,
            feature_seconds: begun.elapsed().as_secs_f64(),
        })
    }
}
