//! The network and the models fitted on it, on the processor that was found good.

use crate::{
    gpu,
    model_error::ModelError,
    self_test::{self, SelfTestError},
    sources::Files,
};
use burn::tensor::{Device, Tensor, TensorData};
use gradient_features::{
    Mode, Scope, images,
    kernel::RankOne,
    kernels::{self, outer_product_view},
    model::{
        encoder::{Conv, Encoder, LayerSpec, Pass},
        features::FrozenFeatures,
        jvp::Dual,
        linear::{Classifier, Head, Parameters},
    },
    numbers,
    weights::{self, Precision, WeightsError},
};
use protocol::{
    insight::{Drawn, Gradient, Linearization, Maps},
    loading::{Backend, Layer, Network, NoGpu, Part, ScopeStart},
    messages::Draw,
    terms::Terms,
    viewport::Window,
};
use std::{collections::BTreeMap, rc::Rc};

/// The folder of the base network and its heads, among the models.
const FOLDER: &str = "cifar10-rotation";

/// A network that predicts.
#[derive(Clone)]
pub struct Model {
    /// The processor that it is on.
    pub backend: Backend,
    files: Files,
    device: Device,
    /// The base network's file.
    base: Rc<[u8]>,
    encoder: Encoder,
    scope: Scope,
    /// Those of the scope that were needed so far; the activation model is of any.
    heads: BTreeMap<Mode, Head>,
}

impl Model {
    /// Loads the base network and the smallest head, for the CPU.
    pub async fn load(files: Files) -> Result<Self, ModelError> {
        let path = format!("{FOLDER}/model.safetensors");
        let base: Rc<[u8]> = files.fetch_model(&path, Part::Network).await?.into();
        let device = Device::flex();
        let encoder = read_base(&base, &device)?;
        let scope = narrowest(&encoder);
        let head = fetch_head(&files, Mode::Activation, scope).await?;
        let mut model = Self { backend: Backend::Cpu, files, device, base, encoder, scope, heads: BTreeMap::new() };
        model.add_head(Mode::Activation, &head)?;
        Ok(model)
    }

    /// The same network on the CPU, loaded anew.
    pub async fn on_cpu(&self) -> Result<Self, ModelError> {
        let mut cpu = Self::load(self.files.clone()).await?;
        cpu.take_scope(self.scope);
        Ok(cpu)
    }

    /// The same network on the GPU, with the GPU's name, if it computes the same there.
    pub async fn on_gpu(&self) -> Result<(Self, String), NoGpu> {
        let (device, name) = gpu::open().await?;
        match self.tested_on(device).await {
            Ok(gpu) => Ok((gpu, name)),
            Err(error) => {
                gpu::need(false);
                Err(NoGpu::Other(error.to_string()))
            }
        }
    }

    async fn tested_on(&self, device: Device) -> Result<Self, SelfTestError> {
        let encoder = read_base(&self.base, &device)?;
        let mut gpu = Self { backend: Backend::Webgpu, device, encoder, heads: BTreeMap::new(), ..self.clone() };
        gpu.take_models_of(self).await?;
        self_test::compare(&gpu.probe().await?, &self.probe().await?)?;
        Ok(gpu)
    }

    /// Takes over the scope and the heads of the same network on another device.
    pub async fn take_models_of(&mut self, other: &Self) -> Result<(), ModelError> {
        self.scope = other.scope;
        self.heads.clear();
        for (&mode, head) in &other.heads {
            self.heads.insert(mode, head_on(head, &self.device).await?);
        }
        Ok(())
    }

    /// Goes over to the models of another scope; one that the network does not have stands for the narrowest.
    pub fn take_scope(&mut self, wanted: Scope) {
        let has_it = self.encoder.config().kind.scopes().contains(&wanted);
        let scope = if has_it { wanted } else { self.narrowest() };
        if scope != self.scope {
            self.heads.retain(|&mode, _| mode == Mode::Activation);
            self.scope = scope;
        }
    }

    /// The scope of the last layer alone, by whose weights the gradient is drawn and images are compared.
    pub fn narrowest(&self) -> Scope {
        narrowest(&self.encoder)
    }

    /// The first half of the checksum of the network's file.
    pub fn digest(&self) -> String {
        self.encoder.digest().unwrap_or_default().chars().take(32).collect()
    }

    fn add_head(&mut self, mode: Mode, bytes: &[u8]) -> Result<(), ModelError> {
        let head = weights::read_head(bytes, &self.encoder, &self.device)
            .map_err(|error| ModelError::Weights(Part::Model(mode), error))?;
        self.heads.insert(mode, head);
        Ok(())
    }

    /// One forward pass of an image `[3, 32, 32]`: all that is shown of it comes from this.
    pub fn pass(&self, pixels: &[u8]) -> Pass {
        self.encoder.pass(images::to_tensor(pixels, self.encoder.config().input_range, &self.device))
    }

    /// The frozen part of a pass, for the scope of the models.
    pub fn freeze(&self, pass: &Pass) -> FrozenFeatures {
        self.encoder.freeze_pass(pass, self.scope)
    }

    /// The frozen part of a pass, for the narrowest scope.
    pub fn freeze_narrowest(&self, pass: &Pass) -> FrozenFeatures {
        self.encoder.freeze_pass(pass, self.narrowest())
    }

    /// The frozen part of an image `[3, 32, 32]`, for the scope of the models.
    pub fn keep(&self, pixels: &[u8]) -> FrozenFeatures {
        self.keep_for(pixels, self.scope)
    }

    /// The frozen part of images `[N, 3, 32, 32]`, for any scope.
    pub fn keep_for(&self, pixels: &[u8], scope: Scope) -> FrozenFeatures {
        self.keep_by(&self.encoder, pixels, scope)
    }

    /// The same by another network on this device.
    pub fn keep_by(&self, encoder: &Encoder, pixels: &[u8], scope: Scope) -> FrozenFeatures {
        encoder.freeze(images::to_tensor(pixels, encoder.config().input_range, &self.device), scope)
    }

    /// The network.
    pub fn encoder(&self) -> &Encoder {
        &self.encoder
    }

    /// What computes.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// A head's file.
    pub async fn head_file(&self, head: &Head) -> Result<Vec<u8>, ModelError> {
        let head = head_on(head, &Device::flex()).await?;
        weights::write_head(&self.encoder, &head, Precision::F32).map_err(ModelError::Unwritable)
    }

    /// A file with the network and a head, for the native program.
    pub async fn model_file(&self, head: &Head) -> Result<Vec<u8>, ModelError> {
        let (encoder, head) = (read_base(&self.base, &Device::flex())?, head_on(head, &Device::flex()).await?);
        weights::write_model(&encoder, &head, Precision::F32).map_err(ModelError::Unwritable)
    }

    /// The head of a file, if it was fitted on this network.
    pub fn read_head(&self, bytes: &[u8]) -> Result<Head, WeightsError> {
        let base = weights::metadata(bytes)?.head.map(|head| head.base);
        if base.is_some_and(|base| Some(base.as_str()) != self.encoder.digest()) {
            return Err(WeightsError::OtherBase("checksums"));
        }
        weights::read_head(bytes, &self.encoder, &self.device)
    }

    /// The terms of one model's logits; its head is loaded when it is first needed.
    pub async fn terms(&mut self, frozen: &FrozenFeatures, mode: Mode) -> Result<Vec<Terms>, ModelError> {
        if !self.heads.contains_key(&mode) {
            let bytes = fetch_head(&self.files, mode, self.scope).await?;
            self.add_head(mode, &bytes)?;
        }
        terms(&self.heads[&mode], &self.encoder, frozen).await
    }

    /// The parts of the logits' gradient by the last layer's weight, where that layer has one position: only there is
    /// the gradient of rank 1.
    pub async fn gradient(&self, frozen: &FrozenFeatures) -> Result<Option<Gradient>, ModelError> {
        let [_, _, kernel, _] = frozen.input.dims();
        let (Some(omega), [_, _, 1, 1]) = (self.classifier(), frozen.pre.dims()) else { return Ok(None) };
        Ok(Some(Gradient {
            omega: numbers(omega.weight.val().transpose()).await?,
            bias: numbers(omega.bias.val()).await?,
            pre: numbers(frozen.pre.clone()).await?,
            slope: self.encoder.config().slope,
            derivative: numbers(self.derivative(frozen)).await?,
            input: numbers(frozen.input.clone()).await?,
            kernel,
        }))
    }

    /// What of images is compared, one an image; none where the gradient is not of rank 1.
    pub async fn rank_one(&self, frozen: &FrozenFeatures) -> Result<Vec<RankOne>, ModelError> {
        Ok(RankOne::new(&self.encoder, frozen).await?.unwrap_or_default())
    }

    /// f of an image `[3, 32, 32]`.
    pub async fn activations(&self, pixels: &[u8]) -> Result<Vec<f32>, ModelError> {
        Ok(numbers(self.encoder.features(&self.keep(pixels), &[]).primal).await?)
    }

    /// d, the derivative of the activation after the scope's lowest layer, of the shape of its pre-activation.
    fn derivative(&self, frozen: &FrozenFeatures) -> Tensor<4> {
        kernels::leaky_relu_jvp(frozen.pre.clone(), frozen.pre.ones_like(), self.encoder.config().slope).1
    }

    /// Every layer's output for the image of a pass, and its derivative along the full model's w2 once that is loaded.
    pub async fn maps(&self, pass: &Pass) -> Result<Vec<Maps>, ModelError> {
        let tangents = self.heads.get(&Mode::Full).map(|head| &head.parameters.tangents[..]).unwrap_or_default();
        let mut maps = Vec::new();
        for Dual { primal, tangent } in self.encoder.layer_outputs(pass, self.scope, tangents) {
            let [_, _, side, _] = primal.dims();
            let tangents = match tangent {
                Some(tangent) => numbers(tangent).await?,
                None => Vec::new(),
            };
            maps.push(Maps { side, features: numbers(primal).await?, tangents });
        }
        Ok(maps)
    }

    /// The tangent line of the logits along the full model's w2, once that is loaded, with no point of the network yet.
    pub async fn tangent_line(&self, frozen: &FrozenFeatures, step: f32) -> Result<Option<Linearization>, ModelError> {
        let Some((omega, full)) = self.classifier().zip(self.heads.get(&Mode::Full)) else { return Ok(None) };
        let Dual { primal, tangent } = self.encoder.features(frozen, &full.parameters.tangents);
        let Some(tangent) = tangent else { return Ok(None) };
        let slope = numbers(tangent.matmul(omega.weight.val())).await?;
        Ok(Some(Linearization { step, network: Vec::new(), start: numbers(omega.apply(primal)).await?, slope }))
    }

    /// The logits `[c]` of the network itself at θ̄2 + r·w2, under the classifier ω̄.
    pub async fn logits_at(&self, frozen: &FrozenFeatures, r: f32) -> Result<Vec<f32>, ModelError> {
        let Some((omega, full)) = self.classifier().zip(self.heads.get(&Mode::Full)) else { return Ok(Vec::new()) };
        let moved = self.encoder.displaced(frozen.scope, &full.parameters.tangents, r);
        Ok(numbers(omega.apply(self.encoder.features_with(frozen, &moved))).await?)
    }

    /// ω̄: what the activation model learned.
    fn classifier(&self) -> Option<&Classifier> {
        self.heads.get(&Mode::Activation)?.parameters.classifier.as_ref()
    }

    /// What the network is made of.
    pub fn network(&self) -> Network {
        let kind = self.encoder.config().kind;
        let layer = |(index, spec): (usize, &LayerSpec)| {
            let [outputs, side, _] = kind.shape_before(index + 1);
            let parameters = spec.weight_shape().iter().product::<usize>() + outputs;
            Layer { name: spec.name.to_owned(), outputs, side, kernel: spec.kernel, stride: spec.stride, parameters }
        };
        let scope = |&scope: &Scope| ScopeStart { scope, start: kind.scope_start(scope) };
        Network {
            layers: kind.layers().iter().enumerate().map(layer).collect(),
            scopes: kind.scopes().iter().map(scope).collect(),
        }
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

    /// The terms of a fixed image under a full model that needs no further file: its w2 is θ̄2 itself.
    pub async fn probe(&self) -> Result<Vec<Terms>, ModelError> {
        let activation = &self.heads[&Mode::Activation];
        let mut head = Head::start(Mode::Full, self.scope, &self.encoder, activation, &self.device);
        head.parameters.tangents = self.encoder.scope_parameters(self.scope);
        terms(&head, &self.encoder, &self.keep(&self_test::pattern())).await
    }
}

/// A head on another device. A browser's GPU does not let its numbers be read at once.
async fn head_on(head: &Head, device: &Device) -> Result<Head, ModelError> {
    let Parameters { classifier, tangents, replaced } = &head.parameters;
    let classifier = match classifier {
        Some(Classifier { weight, bias }) => {
            Some(Classifier::new(moved(weight.val(), device).await?, moved(bias.val(), device).await?))
        }
        None => None,
    };
    let omega = match &head.omega {
        Some(omega) => Some(moved(omega.clone(), device).await?),
        None => None,
    };
    let (tangents, replaced) = (convs_on(tangents, device).await?, convs_on(replaced, device).await?);
    Ok(Head { omega, parameters: Parameters { classifier, tangents, replaced }, ..head.clone() })
}

async fn convs_on(convs: &[Conv], device: &Device) -> Result<Vec<Conv>, ModelError> {
    let mut there = Vec::new();
    for Conv { weight, bias } in convs {
        there.push(Conv::new(moved(weight.val(), device).await?, moved(bias.val(), device).await?));
    }
    Ok(there)
}

async fn moved<const D: usize>(tensor: Tensor<D>, device: &Device) -> Result<Tensor<D>, ModelError> {
    let shape = tensor.dims();
    Ok(Tensor::from_data(TensorData::new(numbers(tensor).await?, shape), device))
}

fn read_base(bytes: &[u8], device: &Device) -> Result<Encoder, ModelError> {
    weights::read_base(bytes, device).map_err(|error| ModelError::Weights(Part::Network, error))
}

/// The scope that the page begins with.
fn narrowest(encoder: &Encoder) -> Scope {
    encoder.config().kind.scopes()[0]
}

async fn fetch_head(files: &Files, mode: Mode, scope: Scope) -> Result<Vec<u8>, ModelError> {
    let path = format!("{FOLDER}/heads/{}-{scope}.safetensors", mode.name());
    Ok(files.fetch_model(&path, Part::Model(mode)).await?)
}

async fn terms(head: &Head, encoder: &Encoder, frozen: &FrozenFeatures) -> Result<Vec<Terms>, ModelError> {
    let logits = head.logits(encoder, frozen);
    let (activation, gradient) = (numbers(logits.activation).await?, numbers(logits.gradient).await?);
    Ok(activation.into_iter().zip(gradient).map(|(activation, gradient)| Terms { activation, gradient }).collect())
}
