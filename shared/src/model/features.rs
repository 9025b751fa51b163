//! What of an image never changes while w1 and w2 are trained, and so is computed once and frozen.
//!
//! For the scope conv5 these are y (conv4's output, 4096 numbers) and conv5's pre-activation a (512 numbers), from
//! which follow f = leaky(a) and its mask d. For conv8 they are 4096 and, at 4×4 positions, 8192 numbers. No
//! augmentation is used, so training from frozen features is exact.

use crate::model::config::EncoderKind;
use burn::tensor::{Device, Int, Tensor, TensorData};
use vocabulary::Scope;

/// The frozen part of some images, up to the lowest layer of a scope.
#[derive(Debug, Clone)]
pub struct FrozenFeatures {
    /// The scope it was frozen for.
    pub scope: Scope,
    /// The input of the scope's lowest layer, `[N, C, H, W]`.
    pub input: Tensor<4>,
    /// That layer's pre-activation, `[N, O, H', W']`.
    pub pre: Tensor<4>,
    /// f of another network, `[N, 512]`, where the activation term takes that one: the paper's ablation
    /// (Table 1) takes gradients elsewhere than activations.
    pub activation: Option<Tensor<2>>,
}

impl FrozenFeatures {
    /// Those of some of the images, in this order.
    pub fn select(&self, indices: &[usize]) -> Self {
        // Images are counted far below what does not fit.
        let indices: Vec<i32> = indices.iter().map(|&index| index as i32).collect();
        let indices =
            Tensor::<1, Int>::from_data(TensorData::new(indices.clone(), [indices.len()]), &self.pre.device());
        Self {
            scope: self.scope,
            input: self.input.clone().select(0, indices.clone()),
            pre: self.pre.clone().select(0, indices.clone()),
            activation: self.activation.clone().map(|activation| activation.select(0, indices)),
        }
    }

    /// All of them, one after the other; `None` of none.
    pub fn concatenated(parts: Vec<Self>) -> Option<Self> {
        let scope = parts.first()?.scope;
        let activation = parts.iter().map(|part| part.activation.clone()).collect::<Option<Vec<_>>>();
        let (input, pre) = parts.into_iter().map(|part| (part.input, part.pre)).unzip();
        let activation = activation.map(|parts| Tensor::cat(parts, 0));
        Some(Self { scope, input: Tensor::cat(input, 0), pre: Tensor::cat(pre, 0), activation })
    }
}

/// The sizes of one image's frozen features.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrozenShape {
    /// The scope it is of.
    pub scope: Scope,
    /// `[C, H, W]` of the input.
    pub input: [usize; 3],
    /// `[O, H', W']` of the pre-activation.
    pub pre: [usize; 3],
}

impl FrozenShape {
    /// For an encoder and a scope.
    pub fn new(kind: EncoderKind, scope: Scope) -> Self {
        let start = kind.scope_start(scope);
        Self { scope, input: kind.shape_before(start), pre: kind.pre_shape(start) }
    }

    /// Numbers of one image: the input's, then the pre-activation's.
    pub fn numbers(&self) -> usize {
        self.input_numbers() + self.pre_numbers()
    }

    /// Numbers of one image's input.
    pub fn input_numbers(&self) -> usize {
        self.input.iter().product()
    }

    /// Numbers of one image's pre-activation.
    pub fn pre_numbers(&self) -> usize {
        self.pre.iter().product()
    }

    /// From the images' numbers, one image after the other.
    pub fn to_frozen(&self, input: Vec<f32>, pre: Vec<f32>, device: &Device) -> FrozenFeatures {
        let count = input.len() / self.input_numbers();
        let tensor =
            |values, [c, h, w]: [usize; 3]| Tensor::from_data(TensorData::new(values, [count, c, h, w]), device);
        FrozenFeatures {
            scope: self.scope,
            input: tensor(input, self.input),
            pre: tensor(pre, self.pre),
            activation: None,
        }
    }

    /// Rows of [`FrozenShape::numbers`] values, one an image, from the two tensors' numbers.
    pub fn to_rows(&self, input: &[f32], pre: &[f32]) -> Vec<f32> {
        input
            .chunks_exact(self.input_numbers())
            .zip(pre.chunks_exact(self.pre_numbers()))
            .flat_map(|(input, pre)| input.iter().chain(pre))
            .copied()
            .collect()
    }
}
