//! The network and the models fitted on it, on the processor that was found good.

use crate::{
    gpu,
    self_test::{self, SelfTestError},
    sources::{Files, SourceError},
};
use burn::tensor::{DType, Device, Tensor};
use shared::{
    config::{self, Scope},
    encoder::Encoder,
    features::Kept,
    images,
    kernels::{self, outer_product_view},
    linear::Head,
    weights::{self, WeightsError},
};
use std::collections::BTreeMap;
use web::{
    messages::{Backend, Draw, Drawn, Gradient, Mode, Ready, Terms},
    viewport::Window,
};

/// The folder of the base network and its heads.
const FOLDER: &str = "models/cifar10-rotation";

/// Why there is no prediction.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error("{0} is not usable: {1}")]
    Weights(String, WeightsError),
    #[error("the numbers cannot be read back from the processor: {0}")]
    Read(String),
}

/// A network that predicts.
pub struct Model {
    files: Files,
    device: Device,
    encoder: Encoder,
    scope: Scope,
    heads: BTreeMap<Mode, Head>,
}

impl Model {
    /// Loads the base network and the smallest head, and puts them on the GPU if that computes right.
    pub async fn load(files: Files, cpu_only: bool) -> Result<(Self, Ready), ModelError> {
        let path = format!("{FOLDER}/model.safetensors");
        let base = files.fetch_telling(&path, "the network").await?;
        let encoder = read_base(&base, &Device::flex())?;
        let head = fetch_head(&files, Mode::Activation, narrowest(&encoder)).await?;
        let cpu = Self::new(files.clone(), Device::flex(), encoder, &head)?;
        let on_cpu = |cpu, note| Ok((cpu, Ready { backend: Backend::Cpu, adapter: String::new(), note }));
        if cpu_only {
            return on_cpu(cpu, None);
        }
        let (device, adapter) = match gpu::open().await {
            Ok(opened) => opened,
            Err(error) => return on_cpu(cpu, Some(error.to_string())),
        };
        let encoder = read_base(&base, &device)?;
        let gpu = Self::new(files, device, encoder, &head)?;
        match gpu.agrees_with(&cpu).await {
            Ok(()) => Ok((gpu, Ready { backend: Backend::Webgpu, adapter, note: None })),
            Err(error) => on_cpu(cpu, Some(error.to_string())),
        }
    }

    fn new(files: Files, device: Device, encoder: Encoder, head: &[u8]) -> Result<Self, ModelError> {
        let scope = narrowest(&encoder);
        let mut model = Self { files, device, encoder, scope, heads: BTreeMap::new() };
        model.add_head(Mode::Activation, head)?;
        Ok(model)
    }

    fn add_head(&mut self, mode: Mode, bytes: &[u8]) -> Result<(), ModelError> {
        let head = weights::read_head(bytes, &self.encoder, &self.device)
            .map_err(|error| ModelError::Weights(format!("the {} model", mode.name()), error))?;
        self.heads.insert(mode, head);
        Ok(())
    }

    /// The frozen part of an image `[3, 32, 32]`.
    pub fn keep(&self, pixels: &[u8]) -> Kept {
        let image = images::to_tensor(pixels, self.encoder.config.input_range, &self.device);
        self.encoder.keep(image, self.scope)
    }

    /// The terms of one model's logits; its head is loaded when it is first needed.
    pub async fn terms(&mut self, kept: &Kept, mode: Mode) -> Result<Vec<Terms>, ModelError> {
        if !self.heads.contains_key(&mode) {
            let bytes = fetch_head(&self.files, mode, self.scope).await?;
            self.add_head(mode, &bytes)?;
        }
        terms(&self.heads[&mode], &self.encoder, kept).await
    }

    /// The parts of the logits' gradient by the last layer's weight, where that layer has one position: only there is
    /// the gradient of rank 1.
    pub async fn gradient(&self, kept: &Kept) -> Result<Option<Gradient>, ModelError> {
        let [_, _, kernel, _] = kept.input.dims();
        let classifier = self.heads[&Mode::Activation].parameters.classifier.as_ref();
        let (Some(omega), [_, _, 1, 1]) = (classifier, kept.pre.dims()) else { return Ok(None) };
        let ones = kept.pre.ones_like();
        let (_, derivative) = kernels::leaky_relu_jvp(kept.pre.clone(), ones, self.encoder.config.slope);
        Ok(Some(Gradient {
            omega: numbers(omega.weight.val().transpose()).await?,
            derivative: numbers(derivative).await?,
            input: numbers(kept.input.clone()).await?,
            kernel,
        }))
    }

    /// Draws a window of an outer product, on the processor that the model is on.
    pub async fn draw(&self, Draw { rows, columns, window, width, height }: Draw) -> Result<Drawn, ModelError> {
        let Window { left, across, top, down } = window;
        let view = outer_product_view::Window { left, across, top, down, width, height };
        let tensor = |numbers: &[f32]| Tensor::<1>::from_data(numbers, &self.device);
        let pixels = match rows.is_empty() || columns.is_empty() {
            true => Vec::new(),
            false => numbers(kernels::outer_product_view(tensor(&rows), tensor(&columns), view)).await?,
        };
        Ok(Drawn { window, width, pixels })
    }

    /// Whether this model computes what `other`, on another device, does.
    async fn agrees_with(&self, other: &Self) -> Result<(), SelfTestError> {
        self_test::compare(&self.probe().await?, &other.probe().await?)
    }

    /// The terms of a fixed image under a full model that needs no further file: its w2 is θ̄2 itself.
    async fn probe(&self) -> Result<Vec<Terms>, ModelError> {
        let activation = &self.heads[&Mode::Activation];
        let mut head = Head::start(config::Mode::Full, self.scope, &self.encoder, activation, &self.device);
        let start = self.encoder.config.kind.scope_start(self.scope);
        head.parameters.tangents = self.encoder.stored[start..].to_vec();
        terms(&head, &self.encoder, &self.keep(&self_test::pattern())).await
    }
}

fn read_base(bytes: &[u8], device: &Device) -> Result<Encoder, ModelError> {
    weights::read_base(bytes, device).map_err(|error| ModelError::Weights("the network".to_owned(), error))
}

/// The layers by whose parameters the page takes the gradient.
fn narrowest(encoder: &Encoder) -> Scope {
    encoder.config.kind.scopes()[0]
}

async fn fetch_head(files: &Files, mode: Mode, scope: Scope) -> Result<Vec<u8>, ModelError> {
    let mode = mode.name();
    Ok(files.fetch_telling(&format!("{FOLDER}/heads/{mode}-{scope}.safetensors"), &format!("the {mode} model")).await?)
}

async fn terms(head: &Head, encoder: &Encoder, kept: &Kept) -> Result<Vec<Terms>, ModelError> {
    let logits = head.logits(encoder, kept);
    let (activation, gradient) = (numbers(logits.activation).await?, numbers(logits.gradient).await?);
    Ok(activation.into_iter().zip(gradient).map(|(activation, gradient)| Terms { activation, gradient }).collect())
}

async fn numbers<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, ModelError> {
    let unreadable = |error: String| ModelError::Read(error);
    let data = tensor.into_data_async().await.map_err(|error| unreadable(error.to_string()))?;
    data.convert_dtype(DType::F32).try_into_vec().map_err(|error| unreadable(format!("{error:?}")))
}
