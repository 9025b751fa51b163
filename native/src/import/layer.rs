//! A layer's numbers, and what they are in this program's networks.

use super::{
    container::Checkpoint,
    group::Group,
    role::{KIND, Role},
};
use anyhow::{Result, ensure};
use burn::tensor::{Device, Tensor, TensorData};
use gradient_features::{
    Parametrization,
    model::{
        encoder::{Conv, LayerSpec},
        linear::Classifier,
        ntk::Scales,
    },
};
use std::fs::File;

/// PyTorch's default ε of batch normalisation; a state dictionary has none.
const EPSILON: f64 = 1e-5;

/// A layer's numbers as they are stored.
#[derive(Debug, Clone)]
pub struct Layer {
    /// What it is in the network.
    pub role: Role,
    /// File and name, for people.
    pub origin: String,
    /// As its class says; `None` in a state dictionary.
    pub parametrization: Option<Parametrization>,
    /// `[out, in, …]`.
    pub shape: Vec<usize>,
    weight: Vec<f32>,
    /// `[out]`.
    bias: Vec<f32>,
}

impl Layer {
    /// Reads the numbers of a layer, with its batch normalisation folded.
    ///
    /// # Errors
    /// When they cannot be read, or do not fit the layer.
    pub fn read(
        group: &Group<'_>,
        norm: Option<&Group<'_>>,
        role: Role,
        origin: String,
        checkpoint: &mut Checkpoint<File>,
    ) -> Result<Self> {
        let shape = group.tensor("weight").map(|weight| weight.tensor.shape.clone()).unwrap_or_default();
        let outputs = shape[0];
        if let (Role::Base(index) | Role::Tangent(index), Some(owner)) = (role, group.owner) {
            let spec = KIND.layers()[index];
            let fits =
                owner.stride.is_none_or(|stride| stride == spec.stride) && owner.padding.is_none_or(|zeros| zeros == 0);
            ensure!(fits, "{origin} has another stride or padding than {role} has");
        }
        let count = shape.iter().product();
        let weight = group.numbers("weight", count, checkpoint)?.unwrap_or_default();
        let bias = group.numbers("bias", outputs, checkpoint)?.unwrap_or_else(|| vec![0.0; outputs]);
        let parametrization = group.owner.map(|owner| match owner.class.starts_with("NTK") {
            true => Parametrization::Ntk,
            false => Parametrization::Standard,
        });
        let mut layer = Self { role, origin, parametrization, shape, weight, bias };
        if let Some(norm) = norm {
            layer.fold(norm, checkpoint)?;
        }
        Ok(layer)
    }

    /// Folds the batch normalisation after the layer into it: `γ (x − μ)/√(σ² + ε) + β` with the running statistics.
    fn fold(&mut self, norm: &Group<'_>, checkpoint: &mut Checkpoint<File>) -> Result<()> {
        let outputs = self.shape[0];
        let mut numbers = |part: &str| norm.numbers(part, outputs, checkpoint);
        let ones = || vec![1.0; outputs];
        let zeros = || vec![0.0; outputs];
        let mean = numbers("running_mean")?.unwrap_or_else(zeros);
        let variance = numbers("running_var")?.unwrap_or_else(ones);
        let (gamma, beta) = (numbers("weight")?.unwrap_or_else(ones), numbers("bias")?.unwrap_or_else(zeros));
        let epsilon = norm.owner.and_then(|owner| owner.epsilon).unwrap_or(EPSILON);
        let scales = Scales::new(*self.parametrization.get_or_insert(Parametrization::Standard), outputs);
        let size = self.weight.len() / outputs;
        for (channel, weights) in self.weight.chunks_exact_mut(size).enumerate() {
            let factor = f64::from(gamma[channel]) / (f64::from(variance[channel]) + epsilon).sqrt();
            weights.iter_mut().for_each(|weight| *weight = (f64::from(*weight) * factor) as f32);
            let applied = f64::from(self.bias[channel]) * scales.bias;
            let folded = (applied - f64::from(mean[channel])) * factor + f64::from(beta[channel]);
            self.bias[channel] = (folded / scales.bias) as f32;
        }
        Ok(())
    }

    /// Root mean square times √fan-in: by how much the layer scales its input in the standard parametrization.
    pub fn gain(&self) -> f64 {
        let squares: f64 = self.weight.iter().map(|&weight| f64::from(weight).powi(2)).sum();
        (squares / self.shape[0] as f64).sqrt()
    }

    fn scales(&self) -> Scales {
        Scales::new(self.parametrization.unwrap_or(Parametrization::Standard), self.shape[0])
    }

    /// As a convolution that is stored in another parametrization.
    pub fn conv(&self, spec: &LayerSpec, parametrization: Parametrization) -> Conv {
        let (own, other) = (self.scales(), Scales::new(parametrization, spec.outputs));
        Conv::new(
            tensor(scaled(&self.weight, own.weight / other.weight), spec.weight_shape()),
            tensor(scaled(&self.bias, own.bias / other.bias), [spec.outputs]),
        )
    }

    /// What a linear layer applies, `[512, c]`.
    pub fn matrix(&self) -> Tensor<2> {
        tensor(scaled(&self.weight, self.scales().weight), [self.shape[0], self.shape[1]]).transpose()
    }

    /// As a linear classifier.
    pub fn classifier(&self) -> Classifier {
        Classifier::new(self.matrix(), tensor(scaled(&self.bias, self.scales().bias), [self.shape[0]]))
    }
}

fn scaled(values: &[f32], factor: f64) -> Vec<f32> {
    values.iter().map(|&value| (f64::from(value) * factor) as f32).collect()
}

fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), &Device::flex())
}
