//! The last layer of a network with its weights moved, for many images at once: their logits by the network itself and
//! by its linearization. The layer has one position, so an image needs its pre-activations and their derivatives.

use crate::cloud::Dot;

/// What the logits of some images follow from, at θ̄2 + r·w2 for any r.
#[derive(Debug, Clone, PartialEq)]
pub struct LastLayer {
    slope: f32,
    tensors: Tensors,
    /// The linearized logits at r = 0, `ω̄ᵀ f + b`, `[N, c]`.
    start: Vec<f32>,
    /// What they gain as r grows by 1, `ω̄ᵀ J w2`, `[N, c]`.
    gain: Vec<f32>,
}

/// The numbers of the file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tensors {
    /// ω̄, `[O, c]`.
    pub omega: Vec<f32>,
    /// Its bias, `[c]`.
    pub bias: Vec<f32>,
    /// The layer's pre-activations, `[N, O]`.
    pub pre: Vec<f32>,
    /// Their derivatives along w2, `[N, O]`.
    pub tangent: Vec<f32>,
}

impl LastLayer {
    /// `slope` is the activation's below zero. None if the sizes do not fit each other.
    pub fn new(slope: f32, tensors: Tensors) -> Option<Self> {
        let Tensors { omega, bias, pre, tangent } = &tensors;
        let outputs = omega.len().checked_div(bias.len())?;
        let fits = outputs > 0 && omega.len() == outputs * bias.len();
        if !fits || pre.len() != tangent.len() || !pre.len().is_multiple_of(outputs) {
            return None;
        }
        let (mut start, mut gain) = (Vec::new(), Vec::new());
        for (pre, tangent) in pre.chunks_exact(outputs).zip(tangent.chunks_exact(outputs)) {
            let derivative = |&z: &f32| if z > 0.0 { 1.0 } else { slope };
            start.extend(apply(omega, bias, pre.iter().map(|z| derivative(z) * z)));
            let none = vec![0.0; bias.len()];
            gain.extend(apply(omega, &none, pre.iter().zip(tangent).map(|(z, along)| derivative(z) * along)));
        }
        Some(Self { slope, tensors, start, gain })
    }

    /// From 16-bit floats in the order of the tensors' fields.
    pub fn from_halves(slope: f32, [omega, bias, pre, tangent]: [&[u8]; 4]) -> Option<Self> {
        let [omega, bias, pre, tangent] = [omega, bias, pre, tangent].map(from_halves);
        Self::new(slope, Tensors { omega, bias, pre, tangent })
    }

    /// How many images there are.
    pub fn images(&self) -> usize {
        self.start.len() / self.tensors.bias.len()
    }

    /// An image's logits by the linearization.
    pub fn linearized(&self, image: usize, r: f32) -> Vec<f32> {
        let classes = self.tensors.bias.len();
        let (start, gain) = (row(&self.start, image, classes), row(&self.gain, image, classes));
        start.iter().zip(gain).map(|(start, gain)| start + r * gain).collect()
    }

    /// An image's logits by the network itself.
    pub fn moved(&self, image: usize, r: f32) -> Vec<f32> {
        let Tensors { omega, bias, pre, tangent } = &self.tensors;
        let outputs = omega.len() / bias.len();
        let pre = row(pre, image, outputs).iter().zip(row(tangent, image, outputs)).map(|(z, along)| z + r * along);
        apply(omega, bias, pre.map(|z| if z > 0.0 { z } else { self.slope * z }))
    }

    /// The images of these true classes: the linearized model's verdicts across, the moved network's up.
    pub fn dots(&self, labels: &[usize], r: f32) -> Vec<Dot> {
        let images = labels.iter().take(self.images()).enumerate();
        images
            .filter_map(|(image, &label)| Dot::new(label, [&self.linearized(image, r), &self.moved(image, r)]))
            .collect()
    }
}

/// An image's numbers.
fn row(numbers: &[f32], image: usize, width: usize) -> &[f32] {
    numbers.chunks_exact(width).nth(image).unwrap_or_default()
}

/// `ωᵀ f + b`.
fn apply(omega: &[f32], bias: &[f32], features: impl Iterator<Item = f32>) -> Vec<f32> {
    let mut logits = bias.to_vec();
    for (feature, weights) in features.zip(omega.chunks_exact(bias.len())) {
        for (logit, weight) in logits.iter_mut().zip(weights) {
            *logit += weight * feature;
        }
    }
    logits
}

/// Finite 16-bit floats, two bytes each, the low one first.
fn from_halves(bytes: &[u8]) -> Vec<f32> {
    let (halves, _) = bytes.as_chunks();
    halves.iter().copied().map(u16::from_le_bytes).map(from_half).collect()
}

fn from_half(bits: u16) -> f32 {
    // The exponent's bias is 15 instead of 127.
    let magnitude = f32::from_bits(u32::from(bits & 0x7fff) << 13) * 2.0f32.powi(127 - 15);
    if bits >> 15 == 1 { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{gradient::Contrast, insight::Linearization};

    const SLOPE: f32 = 0.5;

    /// Two outputs, three classes, two images.
    fn tensors() -> Tensors {
        Tensors {
            omega: vec![1.0, 0.0, -1.0, 2.0, 1.0, 0.0],
            bias: vec![0.5, 0.0, 0.0],
            pre: vec![2.0, -2.0, 1.0, 1.0],
            tangent: vec![1.0, 4.0, -3.0, 0.0],
        }
    }

    fn layer() -> LastLayer {
        LastLayer::new(SLOPE, tensors()).unwrap()
    }

    #[test]
    fn at_rest_both_are_the_activation_model() {
        // f = (2, −1) and (1, 1).
        assert_eq!(layer().moved(0, 0.0), [0.5, -1.0, -2.0]);
        assert_eq!(layer().moved(1, 0.0), [3.5, 1.0, -1.0]);
        assert_eq!([0, 1].map(|image| layer().linearized(image, 0.0)), [0, 1].map(|image| layer().moved(image, 0.0)));
    }

    #[test]
    fn the_linearization_is_the_derivative_and_stays_straight() {
        // d = (1, 0.5), so that J w2 = (1, 2).
        assert_eq!(layer().linearized(0, 1.0), [5.5, 1.0, -3.0]);
        assert_eq!(layer().linearized(0, 2.0), [10.5, 3.0, -4.0]);
        // The network's second pre-activation passes zero at r = 0.5: f = (2.25, −0.5), (3, 2).
        assert_eq!(layer().moved(0, 0.25), layer().linearized(0, 0.25));
        assert_eq!(layer().moved(0, 1.0), [7.5, 2.0, -3.0]);
    }

    /// The curve of one image, as the engine computes it, says the same.
    #[test]
    fn it_is_the_curve_of_one_image() {
        let (step, layer) = (0.5, layer());
        let at = |index: usize| layer.moved(1, index as f32 * step);
        let [start, end] = [0.0, 1.0].map(|r| layer.linearized(1, r));
        let slope = end.iter().zip(&start).map(|(end, start)| end - start).collect();
        let line = Linearization { step, network: (0..4).flat_map(at).collect(), start, slope };
        for class in 0..3 {
            let point = line.at(1.0, Contrast { class, against: None }).unwrap();
            assert_eq!([point.tangent, point.network], [layer.linearized(1, 1.0)[class], layer.moved(1, 1.0)[class]]);
        }
    }

    #[test]
    fn dots_are_on_the_diagonal_at_rest_only() {
        let dots = layer().dots(&[1, 0], 0.0);
        assert_eq!(dots.len(), 2);
        assert!(dots.iter().all(|dot| dot.across == dot.up), "{dots:?}");
        let [first, _] = layer().dots(&[1, 0], 1.0)[..] else { panic!("two images") };
        assert_eq!((first.across.margin, first.up.margin), (-4.5, -5.5));
        assert_eq!(layer().dots(&[1, 7], 0.0).len(), 1, "a class that is not there");
        assert_eq!(layer().dots(&[1, 0, 2], 0.0).len(), 2, "an image that is not there");
    }

    #[test]
    fn sizes_that_do_not_fit_are_refused() {
        assert_eq!(LastLayer::new(SLOPE, Tensors::default()), None);
        assert_eq!(LastLayer::new(SLOPE, Tensors { bias: vec![0.0; 4], ..tensors() }), None);
        assert_eq!(LastLayer::new(SLOPE, Tensors { pre: vec![0.0; 3], ..tensors() }), None);
        assert_eq!(LastLayer::new(SLOPE, Tensors { omega: Vec::new(), ..tensors() }), None);
    }

    #[test]
    fn halves_are_read() {
        let numbers = [0x3c00u16, 0xc000, 0x0000, 0x3555, 0x0001, 0x7bff, 0x8400];
        let bytes: Vec<u8> = numbers.iter().flat_map(|bits| bits.to_le_bytes()).collect();
        let wanted = [1.0, -2.0, 0.0, 0.333_251_95, 2.0f32.powi(-24), 65504.0, -(2.0f32.powi(-14))];
        assert_eq!(from_halves(&bytes), wanted);
    }
}
