//! One weight of the last layer, moved: what a logit becomes, exactly, and what its slope says instead.

use crate::{
    gradient::{Contrast, NotAChoice},
    insight::Gradient,
};
use std::{fmt, str::FromStr};

/// Steps of the slider to either side.
pub const STEPS: i32 = 20;
/// The least and the most that a weight is moved.
const REACH: [f32; 2] = [0.01, 100.0];

/// A weight of the last layer, by its place in the matrix `[O, C·K·K]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weight {
    /// The output that it leads to.
    pub output: usize,
    /// The input that it reads.
    pub column: usize,
}

/// What a logit does when one weight moves. The weight is `W` as it is applied.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Nudge {
    /// The logit of the network as it is.
    pub logit: f32,
    /// Its derivative by the weight: one gradient feature.
    pub feature: f32,
    omega: f32,
    pre: f32,
    input: f32,
    slope: f32,
}

impl Nudge {
    /// The network's logit when the weight has moved by `delta`.
    pub fn network(&self, delta: f32) -> f32 {
        let activation = |pre: f32| if pre > 0.0 { pre } else { self.slope * pre };
        self.logit + self.omega * (activation(self.pre + delta * self.input) - activation(self.pre))
    }

    /// The same by the tangent line.
    pub fn tangent(&self, delta: f32) -> f32 {
        self.logit + self.feature * delta
    }

    /// Where the output changes its sign, and the network's slope with it; `None` where the weight reads a zero.
    pub fn kink(&self) -> Option<f32> {
        let kink = -self.pre / self.input;
        kink.is_finite().then_some(kink)
    }

    /// Whether a move goes over the kink.
    pub fn is_beyond(&self, delta: f32) -> bool {
        self.kink().is_some_and(|kink| kink * delta > 0.0 && delta.abs() > kink.abs())
    }

    /// The network's slope beyond the kink.
    pub fn slope_beyond(&self) -> f32 {
        let other_side = if self.pre > 0.0 { self.slope } else { 1.0 };
        self.omega * other_side * self.input
    }

    /// How far the weight is moved at most: far enough to see the kink, as a round number.
    pub fn reach(&self) -> f32 {
        let [least, most] = REACH;
        rounded_up(1.5 * self.kink().map_or(1.0, f32::abs).clamp(least, most))
    }

    /// By how much the weight has moved after some steps of the slider.
    pub fn delta(&self, steps: i32) -> f32 {
        self.reach() * steps.clamp(-STEPS, STEPS) as f32 / STEPS as f32
    }

    /// The network's logits from one end to the other: straight lines between these places.
    pub fn curve(&self) -> Vec<(f32, f32)> {
        let reach = self.reach();
        let kink = self.kink().filter(|kink| kink.abs() < reach);
        let places = [-reach].into_iter().chain(kink).chain([reach]);
        places.map(|delta| (delta, self.network(delta))).collect()
    }
}

/// The next number of 1, 2, 5, 10, … and their tenfolds.
fn rounded_up(number: f32) -> f32 {
    let power = 10_f32.powf(number.log10().floor());
    let digit = [1.0, 2.0, 5.0].into_iter().find(|digit| digit * power >= number);
    digit.unwrap_or(10.0) * power
}

impl Gradient {
    /// The logit that the gradient is taken of: `ω̄ᵀ f + b`.
    pub fn logit(&self, contrast: Contrast) -> f32 {
        let activation = |(&pre, omega): (&f32, f32)| omega * if pre > 0.0 { pre } else { self.slope * pre };
        let bias = |class: usize| self.bias.get(class).copied().unwrap_or_default();
        let sum: f32 = self.pre.iter().zip(self.omega(contrast)).map(activation).sum();
        sum + bias(contrast.class) - contrast.against.map_or(0.0, bias)
    }

    /// What a logit does when a weight moves; `None` for one that there is not.
    pub fn nudge(&self, contrast: Contrast, Weight { output, column }: Weight) -> Option<Nudge> {
        let (omega, input) = (*self.omega(contrast).get(output)?, *self.input.get(column)?);
        Some(Nudge {
            logit: self.logit(contrast),
            feature: omega * self.derivative.get(output)? * input,
            omega,
            pre: *self.pre.get(output)?,
            input,
            slope: self.slope,
        })
    }
}

/// The weight that the visitor chose, or none: then the page decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WeightChoice(pub Option<Weight>);

impl fmt::Display for WeightChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |Weight { output, column }| write!(f, "{output},{column}"))
    }
}

impl FromStr for WeightChoice {
    type Err = NotAChoice;

    fn from_str(text: &str) -> Result<Self, NotAChoice> {
        let Some((output, column)) = text.split_once(',') else {
            return if text.is_empty() { Ok(Self(None)) } else { Err(NotAChoice) };
        };
        let number = |text: &str| text.parse().map_err(|_| NotAChoice);
        Ok(Self(Some(Weight { output: number(output)?, column: number(column)? })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Contrast = Contrast { class: 0, against: None };

    /// Two classes, three outputs, four inputs.
    fn gradient() -> Gradient {
        Gradient {
            omega: vec![1.0, -2.0, 3.0, 0.5, 0.5, 0.5],
            bias: vec![0.25, -1.0],
            pre: vec![2.0, -1.0, 0.5],
            derivative: vec![1.0, 0.1, 1.0],
            slope: 0.1,
            input: vec![1.0, -2.0, 0.0, 4.0],
            kernel: 2,
        }
    }

    fn nudge(output: usize, column: usize) -> Nudge {
        gradient().nudge(FIRST, Weight { output, column }).unwrap()
    }

    /// The logit of a network that is evaluated anew, with the output's pre-activation moved.
    fn evaluated(contrast: Contrast, Weight { output, column }: Weight, delta: f32) -> f32 {
        let mut gradient = gradient();
        gradient.pre[output] += delta * gradient.input[column];
        gradient.logit(contrast)
    }

    #[test]
    fn the_logit_is_that_of_the_moved_network() {
        assert!((gradient().logit(FIRST) - (2.0 + 0.2 + 1.5 + 0.25)).abs() < 1e-6);
        for contrast in [FIRST, Contrast { class: 0, against: Some(1) }] {
            for (output, column) in (0..3).flat_map(|output| (0..4).map(move |column| (output, column))) {
                let weight = Weight { output, column };
                let nudge = gradient().nudge(contrast, weight).unwrap();
                for delta in [-2.0, -0.4, 0.0, 0.3, 5.0] {
                    assert!((nudge.network(delta) - evaluated(contrast, weight, delta)).abs() < 1e-5, "{nudge:?}");
                }
            }
        }
    }

    #[test]
    fn the_tangent_is_exact_up_to_the_kink_and_not_beyond() {
        let nudge = nudge(0, 1);
        assert_eq!((nudge.kink(), nudge.feature), (Some(1.0), -2.0));
        for delta in [-3.0, 0.5, 1.0] {
            assert_eq!((nudge.network(delta), nudge.is_beyond(delta)), (nudge.tangent(delta), false), "{delta}");
        }
        assert!(nudge.is_beyond(1.1));
        assert!(nudge.network(1.5) > nudge.tangent(1.5));
        let beyond = (nudge.network(2.0) - nudge.network(1.5)) / 0.5;
        assert!((beyond - nudge.slope_beyond()).abs() < 1e-5);
    }

    #[test]
    fn the_kink_is_within_reach_and_on_the_curve() {
        assert_eq!([nudge(0, 0).reach(), nudge(0, 1).reach(), nudge(2, 3).reach()], [5.0, 2.0, 0.2]);
        assert_eq!(nudge(0, 1).curve().iter().map(|place| place.0).collect::<Vec<_>>(), [-2.0, 1.0, 2.0]);
        assert_eq!([-99, -10, 0, 20].map(|steps| nudge(0, 1).delta(steps)), [-2.0, -1.0, 0.0, 2.0]);
        assert_eq!([0.11, 0.2, 2.1, 7.0].map(rounded_up), [0.2, 0.2, 5.0, 10.0]);
    }

    #[test]
    fn a_weight_that_reads_nothing_moves_nothing() {
        let nudge = nudge(1, 2);
        assert_eq!((nudge.feature, nudge.kink(), nudge.network(1.0)), (0.0, None, nudge.logit));
        assert_eq!(nudge.curve().len(), 2);
        assert_eq!(gradient().nudge(FIRST, Weight { output: 3, column: 0 }), None);
    }

    #[test]
    fn weights_are_spelled_as_they_are_read() {
        for text in ["", "3,17"] {
            assert_eq!(text.parse::<WeightChoice>().unwrap().to_string(), text);
        }
        for wrong in ["3", "3,", "-1,2", "1,2,3", "NaN,0"] {
            assert_eq!(wrong.parse::<WeightChoice>(), Err(NotAChoice));
        }
    }
}
