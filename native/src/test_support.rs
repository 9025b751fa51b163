//! A small experiment for tests: a network that was never trained, and images whose class shows in their colour.

use crate::{
    data::{Dataset, ImageSets, Sizes, Split, Store, Stream, Writer},
    device::ComputeDevice,
    experiment::{
        context::{Environment, ExperimentInputs, FitContext},
        holdout::HoldoutSplit,
        settings::Settings,
    },
    interrupt::Interrupt,
    progress::Progress,
    run::Run,
};
use burn::tensor::Device;
use gradient_features::{
    InputRange, Parametrization, Scope,
    images::{IMAGE_BYTES, ImageSet},
    model::{
        ablation::untrained,
        config::{EncoderConfig, EncoderKind},
    },
};
use std::path::Path;

/// Training images, and as many test images.
pub const IMAGES: usize = 60;

/// Extra images.
pub const EXTRA: usize = 10;

/// Lets `test` have a context with the settings, and a run.
pub fn with_context(settings: &Settings, test: impl FnOnce(&FitContext, &mut Run)) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let device = Device::flex();
    let environment = Environment {
        data_dir: folder.path().to_owned(),
        cache_dir: folder.path().join("cache"),
        runs_dir: folder.path().join("runs"),
        compute: ComputeDevice { device: device.clone(), name: "CPU".to_owned() },
        progress: Progress::new(true),
    };
    let (images, extra) = (ImageSets { train: images(0), test: images(7) }, extra(folder.path(), &extra_images()));
    let split = HoldoutSplit::new(&images, 0).expect("there are images");
    let interrupt = Interrupt::never();
    let dataset = Dataset::Cifar10;
    let inputs = ExperimentInputs {
        settings,
        dataset,
        images: &images,
        extra: settings.extra().then_some(&extra),
        split: &split,
        environment: &environment,
        interrupt: &interrupt,
    };
    let config = EncoderConfig {
        kind: EncoderKind::Ali,
        slope: 0.2,
        input_range: InputRange::Symmetric,
        parametrization: Parametrization::Ntk,
    };
    let encoder = untrained(config, 1, &device).with_digest("never trained".to_owned());
    let context = inputs.context(encoder, Scope::Conv5).expect("features can be kept");
    let mut run = Run::begin(&environment.runs_dir, "test", settings).expect("the folder can be written");
    test(&context, &mut run);
}

/// Some images.
pub fn images(shift: usize) -> ImageSet {
    let labels: Vec<u8> = (0..IMAGES).map(|image| (image % 10) as u8).collect();
    let byte = |image: usize, at: usize| {
        let noise = (image + shift) * 131 + at * 71 + at * at * (image + 3) % 89;
        (usize::from(labels[image]) * (15 + 10 * (at / 1024)) + noise % 60) % 256
    };
    let pixels = (0..IMAGES).flat_map(|image| (0..IMAGE_BYTES).map(move |at| (image, at)));
    ImageSet { pixels: pixels.map(|(image, at)| byte(image, at) as u8).collect(), labels: labels.clone() }
}

/// The extra images.
pub fn extra_images() -> ImageSet {
    let ImageSet { mut pixels, mut labels } = images(3);
    pixels.truncate(EXTRA * IMAGE_BYTES);
    labels.truncate(EXTRA);
    ImageSet { pixels, labels }
}

fn extra(folder: &Path, images: &ImageSet) -> Stream {
    let sizes = Sizes { classes: 10, train: EXTRA, test: 0 };
    let store = Store { folder: folder.to_owned(), manifest: "extra.json".to_owned(), sizes };
    let mut writer = Writer::new(&store, folder, Progress::new(true).items("", 0, 0)).expect("a folder");
    for index in 0..EXTRA {
        let record = [&[images.labels[index]], images.image(index)].concat();
        writer.write(Split::Train, index, record.as_slice().try_into().expect("a record")).expect("a label");
    }
    writer.finish("a test").expect("all images are there");
    store.stream(Split::Train).expect("it is whole")
}
