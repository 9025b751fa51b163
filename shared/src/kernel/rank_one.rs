//! The kernel on the processor for a scope of one layer with one output position, such as conv5. There the gradient of
//! a logit by the layer's weight is of rank one, `(ω∘d) yᵀ`, so a few thousand numbers of each image are enough.

use crate::{
    ReadError, kernels,
    model::{encoder::Encoder, features::FrozenFeatures, ntk::Scales},
    numbers,
};

/// What of one image its gradients are made of, in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct RankOne {
    activations: Vec<f32>,
    input: Vec<f32>,
    derivative: Vec<f32>,
    scales: Scales,
}

impl RankOne {
    /// One for each image of `frozen`; `None` where the scope has more than one layer or output position.
    ///
    /// # Errors
    /// When the device cannot be read.
    pub async fn new(encoder: &Encoder, frozen: &FrozenFeatures) -> Result<Option<Vec<Self>>, ReadError> {
        let specs = encoder.config().kind.scope_layers(frozen.scope);
        let ([_, outputs, 1, 1], [spec]) = (frozen.pre.dims(), specs) else { return Ok(None) };
        let scales = Scales::new(encoder.config().parametrization, spec.outputs);
        let inputs: usize = frozen.input.dims()[1..].iter().product();
        let derivative = kernels::leaky_relu_jvp(frozen.pre.clone(), frozen.pre.ones_like(), encoder.config().slope).1;
        let activations = numbers(encoder.features(frozen, &[]).primal).await?;
        let (input, derivative) = (numbers(frozen.input.clone()).await?, numbers(derivative).await?);
        let images = activations.chunks(outputs).zip(input.chunks(inputs)).zip(derivative.chunks(outputs));
        let image = |((activations, input), derivative): ((&[f32], &[f32]), &[f32])| Self {
            activations: activations.to_vec(),
            input: input.to_vec(),
            derivative: derivative.to_vec(),
            scales,
        };
        Ok(Some(images.map(image).collect()))
    }

    /// f, `[O]`.
    pub fn activations(&self) -> &[f32] {
        &self.activations
    }

    /// y, the layer's input, `[C·K·K]`.
    pub fn input(&self) -> &[f32] {
        &self.input
    }

    /// d, the derivative of the layer's activation, `[O]`.
    pub fn derivative(&self) -> &[f32] {
        &self.derivative
    }

    /// The inner product of the activations.
    pub fn activation_product(&self, other: &Self) -> f64 {
        dot(&self.activations, &other.activations)
    }

    /// The cosine of the angle between the activations.
    pub fn activation_cosine(&self, other: &Self) -> f64 {
        cosine(self, other, Self::activation_product)
    }

    /// The inner product of the gradients of the logit whose weights are `omega [O]`, by the layer's stored weight and
    /// bias: `(s_w² ⟨y, y'⟩ + s_b²) · ⟨ω∘d, ω∘d'⟩`, with the factors s of the encoder's parametrization.
    pub fn gradient_product(&self, other: &Self, omega: &[f32]) -> f64 {
        let Scales { weight, bias } = self.scales;
        let inputs = dot(&self.input, &other.input) * weight.powi(2) + bias.powi(2);
        inputs * weighted_dot(omega, &self.derivative, &other.derivative)
    }

    /// The cosine of the angle between these gradients.
    pub fn gradient_cosine(&self, other: &Self, omega: &[f32]) -> f64 {
        cosine(self, other, |a, b| a.gradient_product(b, omega))
    }
}

fn cosine(a: &RankOne, b: &RankOne, product: impl Fn(&RankOne, &RankOne) -> f64) -> f64 {
    product(a, b) / (product(a, a) * product(b, b)).sqrt().max(f64::MIN_POSITIVE)
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}

/// `⟨ω∘a, ω∘b⟩`.
fn weighted_dot(omega: &[f32], a: &[f32], b: &[f32]) -> f64 {
    omega.iter().zip(a).zip(b).map(|((&omega, &a), &b)| f64::from(omega).powi(2) * f64::from(a) * f64::from(b)).sum()
}
