//! One Jacobian-vector product by the rules of `model::jvp` (Eq. 6 and 7), checked against finite differences.
//!
//! ```text
//! cargo run --release -p gradient-features --example jvp
//! ```

use burn::tensor::{Device, Tensor};
use gradient_features::{
    ReadError,
    model::jvp::{self, Dual, Filter},
    numbers_blocking,
};

/// The slope of leaky ReLU below 0.
const SLOPE: f32 = 0.2;
/// The step of the differences.
const STEP: f32 = 1e-3;

fn main() -> Result<(), ReadError> {
    let device = Device::flex();
    let image =
        Tensor::<1>::from_floats([0.5, -1.0, 2.0, 0.3, 0.7, -0.4, 1.1, 0.9, -0.6], &device).reshape([1, 1, 3, 3]);
    // Two filters of 2×2, and the direction w along which their parameters move.
    let parameters = filter([0.2, -0.5, 0.9, 0.4, -0.3, 0.8, 0.1, -0.7], [0.1, -0.2], &device);
    let direction = filter([1.0, 0.5, -0.25, 0.0, 0.3, -0.6, 0.8, 0.2], [0.4, -1.0], &device);

    // The value f(x; θ) and its derivative J w in one forward pass, without a Jacobian.
    let layer = jvp::conv2d(&Dual::constant(image.clone()), &parameters, Some(&direction));
    let features = jvp::global_average_pool(jvp::leaky_relu(layer, SLOPE));
    let value = numbers_blocking(features.primal)?;
    let derivative = features.tangent.map(numbers_blocking).transpose()?.unwrap_or_default();

    // (f(x; θ + h w) − f(x; θ − h w)) / 2h
    let at = |step: f32| {
        let changed = Filter {
            weight: parameters.weight.clone() + direction.weight.clone() * step,
            bias: parameters.bias.clone() + direction.bias.clone() * step,
            ..parameters.clone()
        };
        let layer = jvp::conv2d(&Dual::constant(image.clone()), &changed, None);
        numbers_blocking(jvp::global_average_pool(jvp::leaky_relu(layer, SLOPE)).primal)
    };
    let (above, below) = (at(STEP)?, at(-STEP)?);

    println!("{:>3} {:>10} {:>10} {:>12}", "", "f", "J w", "differences");
    for feature in 0..value.len() {
        let difference = (above[feature] - below[feature]) / (2.0 * STEP);
        println!("{feature:>3} {:>10.5} {:>10.5} {difference:>12.5}", value[feature], derivative[feature]);
        assert!((derivative[feature] - difference).abs() < 1e-3, "the two derivatives differ");
    }
    Ok(())
}

fn filter(weight: [f32; 8], bias: [f32; 2], device: &Device) -> Filter {
    Filter {
        weight: Tensor::<1>::from_floats(weight, device).reshape([2, 1, 2, 2]),
        weight_scale: 1.0,
        bias: Tensor::from_floats(bias, device),
        stride: 1,
        padding: 0,
    }
}
