//! How alike two images are to the network: by their activations, and by the gradients of a logit.

/// What of an image is compared.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Features {
    /// f, `[O]`.
    pub activations: Vec<f32>,
    /// y, the last layer's input.
    pub input: Vec<f32>,
    /// d, the derivative of its activation, `[O]`.
    pub derivative: Vec<f32>,
}

/// The bias's share in the NTK parametrization, where a layer applies `√0.1·b`.
const BIAS: f64 = 0.1;

impl Features {
    /// The cosine of the angle between the activations.
    pub fn by_activation(&self, other: &Self) -> f64 {
        cosine(self, other, Self::activation_product)
    }

    /// The inner product of the activations.
    pub fn activation_product(&self, other: &Self) -> f64 {
        dot(&self.activations, &other.activations)
    }

    /// The cosine of the angle between the gradients of the logit whose weights are `omega`, by weight and bias of the
    /// last layer.
    pub fn by_gradient(&self, other: &Self, omega: &[f32]) -> f64 {
        cosine(self, other, |a, b| a.gradient_product(b, omega))
    }

    /// Their inner product, the empirical neural tangent kernel, without any gradient written down:
    /// `⟨∇F(x), ∇F(x')⟩ = (⟨y, y'⟩/O + 0.1) · ⟨ω∘d, ω∘d'⟩`.
    pub fn gradient_product(&self, other: &Self, omega: &[f32]) -> f64 {
        let outputs = omega.len().max(1) as f64;
        (dot(&self.input, &other.input) / outputs + BIAS) * weighted(omega, &self.derivative, &other.derivative)
    }
}

/// The places of the largest numbers, largest first.
pub fn nearest(similarities: &[f32], count: usize) -> Vec<usize> {
    let mut places: Vec<usize> = (0..similarities.len()).collect();
    places.sort_by(|&a, &b| similarities[b].total_cmp(&similarities[a]));
    places.truncate(count);
    places
}

fn cosine(a: &Features, b: &Features, product: impl Fn(&Features, &Features) -> f64) -> f64 {
    product(a, b) / (product(a, a) * product(b, b)).sqrt().max(f64::MIN_POSITIVE)
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}

/// `⟨ω∘a, ω∘b⟩`.
fn weighted(omega: &[f32], a: &[f32], b: &[f32]) -> f64 {
    omega.iter().zip(a).zip(b).map(|((&omega, &a), &b)| f64::from(omega).powi(2) * f64::from(a) * f64::from(b)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features(shift: f32) -> Features {
        Features {
            activations: vec![1.0, shift, -2.0],
            input: vec![0.5, shift, 3.0, -1.0],
            derivative: vec![1.0, 0.1 + shift, 0.1],
        }
    }

    /// The gradients in full, in the NTK parametrization: by each weight and each bias.
    fn gradient(features: &Features, omega: &[f32]) -> Vec<f32> {
        let outputs = omega.len() as f32;
        let rows = omega.iter().zip(&features.derivative).map(|(omega, d)| omega * d);
        rows.flat_map(|row| {
            let by_weights = features.input.iter().map(move |y| row * y / outputs.sqrt());
            by_weights.chain([row * 0.1_f32.sqrt()])
        })
        .collect()
    }

    #[test]
    fn the_factored_kernel_is_the_product_of_gradients() {
        let (a, b, omega) = (features(0.3), features(0.8), [0.7, -1.5, 0.2]);
        let [ga, gb] = [&a, &b].map(|features| gradient(features, &omega));
        let expected = dot(&ga, &gb) / (dot(&ga, &ga) * dot(&gb, &gb)).sqrt();
        assert!((a.by_gradient(&b, &omega) - expected).abs() < 1e-6);
        assert!((a.by_gradient(&a, &omega) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn angles_are_of_the_activations() {
        let (a, b) = (features(0.0), features(2.0));
        assert!((a.by_activation(&b) - 5.0 / (5.0_f64 * 9.0).sqrt()).abs() < 1e-9);
        assert_eq!(a.by_activation(&Features::default()), 0.0);
    }

    #[test]
    fn the_nearest_come_first() {
        assert_eq!(nearest(&[0.1, 0.9, f32::NEG_INFINITY, 0.5], 2), [1, 3]);
        assert_eq!(nearest(&[], 3), Vec::<usize>::new());
    }
}
