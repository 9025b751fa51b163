//! The kernels against Burn's own operations on the CPU, and against their definitions.

use super::{
    measure::{assert_close, assert_rows_close, read, rounding},
    recipe::{self, SLOPES},
};
use burn::{
    nn::BatchNormConfig,
    optim::{AdamConfig, Optimizer, decay::WeightDecayConfig},
    tensor::{
        Device, Tensor, TensorData,
        module::{conv_transpose2d, conv2d},
        ops::{ConvOptions, ConvTransposeOptions},
    },
};
use gradient_features::{
    fit::adam::Adam,
    kernels::{self, dropout::Dropout, outer_product_view::Window},
    model::normalized::EPSILON,
};

/// `x`'s and the weight's shape, and the stride.
type Convolution = ([usize; 4], [usize; 4], usize);

/// Odd sizes, both strides with and without a rest, one image and many, kernels that are not square, some as large as
/// the image, enough patches for three blocks of the CPU's convolution, and weights so large that a GPU sums groups of
/// images, or all of them, at once.
const CONVOLUTIONS: [Convolution; 10] = [
    ([1, 3, 7, 9], [5, 3, 3, 3], 1),
    ([2, 2, 8, 11], [3, 2, 3, 3], 2),
    ([3, 4, 10, 6], [2, 4, 4, 4], 2),
    ([2, 3, 6, 7], [4, 3, 2, 3], 1),
    ([1, 6, 4, 4], [7, 6, 4, 4], 1),
    ([3, 3, 5, 5], [4, 3, 5, 5], 1),
    ([5, 6, 5, 5], [3, 6, 5, 5], 2),
    ([40, 3, 32, 32], [4, 3, 5, 5], 1),
    ([7, 80, 5, 5], [130, 80, 4, 4], 1),
    ([3, 64, 4, 4], [515, 64, 4, 4], 1),
];

/// For the transposed convolution: `x`'s shape has as many channels as the weight has outputs.
const TRANSPOSED: [Convolution; 5] = [
    ([1, 5, 4, 6], [5, 3, 3, 3], 1),
    ([3, 4, 4, 3], [4, 2, 4, 4], 2),
    ([2, 7, 1, 1], [7, 6, 4, 4], 1),
    ([2, 4, 5, 4], [4, 3, 2, 3], 2),
    ([40, 6, 14, 14], [6, 4, 5, 5], 2),
];

/// The convolution and both of its gradients.
pub async fn convolutions_agree_with_burn(device: &Device) {
    for case in CONVOLUTIONS {
        let burns = |x, weight, stride| conv2d(x, weight, None, ConvOptions::new([stride; 2], [0, 0], [1, 1], 1));
        assert_agree(case, device, kernels::conv2d, burns).await;
    }
}

/// A weight that is laid out for the convolution is the same weight, and gives the same.
pub async fn a_laid_out_weight_is_the_same(device: &Device) {
    for (x, weight, stride) in CONVOLUTIONS {
        let numbers = |name, shape: [usize; 4]| {
            let values = recipe::numbers(name, shape.iter().product(), 1.0);
            Tensor::<4>::from_data(TensorData::new(values, shape), device)
        };
        let (x, weight) = (numbers("x", x), numbers("weight", weight));
        let laid_out = kernels::lay_out_weight(weight.clone());
        assert_eq!(read(laid_out.clone()).await, read(weight.clone()).await);
        let [found, expected] = [laid_out, weight].map(|weight| kernels::conv2d(x.clone(), weight, stride));
        assert_eq!(read(found).await, read(expected).await);
    }
}

/// The transposed convolution and both of its gradients.
pub async fn transposed_convolutions_agree_with_burn(device: &Device) {
    for case in TRANSPOSED {
        let burns = |x, weight, stride| {
            conv_transpose2d(x, weight, None, ConvTransposeOptions::new([stride; 2], [0, 0], [0, 0], [1, 1], 1))
        };
        assert_agree(case, device, kernels::conv_transpose2d, burns).await;
    }
}

/// Maxout and its gradient against their definitions, bit for bit; the first of two equal ones takes it all.
pub async fn maxout_follows_its_definition(device: &Device) {
    let shape @ [images, channels, height, width] = [3, 8, 5, 7];
    let positions = height * width;
    let mut x = recipe::numbers("x", images * channels * positions, 1.0);
    for at in (0..positions).step_by(4) {
        x[at] = x[at + positions];
    }
    let weight = recipe::numbers("weight", x.len() / 2, 1.0);
    let (mut expected, mut expected_gradient) = (vec![], vec![0.0; x.len()]);
    for (pair, numbers) in x.chunks_exact(2 * positions).enumerate() {
        for at in 0..positions {
            let larger = if numbers[at] >= numbers[positions + at] { at } else { positions + at };
            expected.push(numbers[larger]);
            expected_gradient[pair * 2 * positions + larger] = weight[pair * positions + at];
        }
    }
    let x = Tensor::<4>::from_data(TensorData::new(x, shape), device).autodiff().require_grad();
    let weight = TensorData::new(weight, [images, channels / 2, height, width]);
    let out = kernels::maxout(x.clone());
    let gradients = (out.clone() * Tensor::from_data(weight, device).autodiff()).sum().backward();
    assert_eq!(read(out.inner()).await, expected);
    assert_eq!(read(x.grad(&gradients).expect("it is a leaf")).await, expected_gradient);
}

/// As many drop as asked for, the others keep the mean, and another key drops others; the same ones on every device, and for
/// the gradient. On more numbers than a thread takes at once and no multiple of those.
pub async fn dropout_follows_its_definition(device: &Device) {
    let shape = [37, 1001];
    let ones = |device: &Device| Tensor::<2>::ones(shape, device);
    for probability in [0.0, 0.2, 0.5] {
        let of_key = |key| Dropout::new(probability, key);
        let mask = read(kernels::dropout(ones(device), of_key([7, 8]))).await;
        let frozen = 1.0 / (1.0 - probability);
        assert!(mask.iter().all(|&number| number == 0.0 || number == frozen));
        let dropped = mask.iter().filter(|&&number| number == 0.0).count() as f32 / mask.len() as f32;
        assert!((dropped - probability).abs() < 0.01, "{dropped} of {probability} drop");
        assert_eq!(mask, read(kernels::dropout(ones(&Device::flex()), of_key([7, 8]))).await, "as on the CPU");
        for key in [[7, 9], [8, 8]] {
            let other = read(kernels::dropout(ones(device), of_key(key))).await;
            let both = mask.iter().zip(&other).filter(|&(&a, &b)| a == 0.0 && b == 0.0).count() as f32;
            let share = both / mask.len() as f32;
            assert!((share - probability * probability).abs() < 0.01, "{share} drop by both keys");
        }
        let x = ones(device).autodiff().require_grad();
        let gradients = kernels::dropout(x.clone() * 3.0, of_key([7, 8])).sum().backward();
        let expected: Vec<f32> = mask.iter().map(|number| 3.0 * number).collect();
        assert_eq!(read(x.grad(&gradients).expect("it is a leaf")).await, expected);
    }
}

/// Output and all three gradients, against `burn::nn::BatchNorm` in training.
pub async fn batch_normalization_agrees_with_burn(device: &Device) {
    for shape @ [_, channels, ..] in [[1, 2, 3, 5], [4, 3, 1, 1], [6, 5, 7, 4]] {
        let found =
            batch_normalized(shape, device, |x, scale, shift| kernels::batch_normalize(x, scale, shift, EPSILON).0);
        let expected = batch_normalized(shape, &Device::flex(), |x, scale, shift| {
            let mut norm = BatchNormConfig::new(channels).with_epsilon(EPSILON.into()).init(&x.device());
            norm.gamma = norm.gamma.map(|_| scale);
            norm.beta = norm.beta.map(|_| shift);
            norm.forward(x)
        });
        for ((name, found), (_, expected)) in found.into_iter().zip(expected) {
            // One row a number of the batch would hide nothing, but the gradient by x sums to 0 over each channel:
            // it is small where it cancels, and rounding is as large as what cancelled.
            let (found, expected) = (read(found).await, read(expected).await);
            assert_rows_close(&format!("{name} for {shape:?}"), 1, &found, &expected, rounding(device));
        }
    }
}

/// The statistics that batch normalisation gives: mean and biased variance of each channel.
pub async fn batch_statistics_are_right(device: &Device) {
    let shape @ [images, channels, height, width] = [6, 5, 7, 4];
    let x = recipe::numbers("x", images * channels * height * width, 1.0);
    let positions = height * width;
    let of_channel = |channel: usize| x.chunks_exact(positions).skip(channel).step_by(channels).flatten();
    let mean = |f: &dyn Fn(usize, f64) -> f64| -> Vec<f32> {
        let mean_of = |channel| of_channel(channel).map(|&x| f(channel, x.into())).sum::<f64>();
        (0..channels).map(|channel| (mean_of(channel) / (images * positions) as f64) as f32).collect()
    };
    let means = mean(&|_, x| x);
    let variances = mean(&|channel, x| (x - f64::from(means[channel])).powi(2));
    let ones = Tensor::ones([channels], device);
    let x = Tensor::<4>::from_data(TensorData::new(x.clone(), shape), device);
    let (_, found_means, found_variances) = kernels::batch_normalize(x, ones.clone(), ones, EPSILON);
    assert_rows_close("mean", 1, &read(found_means).await, &means, rounding(device));
    assert_rows_close("variance", channels, &read(found_variances).await, &variances, rounding(device));
}

/// Both forms of leaky ReLU, bit for bit but for the sign of 0: one product a number leaves no room for rounding.
pub async fn leaky_relu_follows_its_definition(device: &Device) {
    for slope in SLOPES {
        let (pre, value) = (pre_activations(), recipe::numbers("value", COUNT, 1.0));
        let (primal, tangent) = kernels::leaky_relu_jvp(vector(&pre, device), vector(&value, device), slope);
        let expected_primal = gated(&pre, &pre, slope);
        assert_eq!(read(kernels::leaky_relu(vector(&pre, device), slope)).await, expected_primal, "primal alone");
        assert_eq!(read(primal).await, expected_primal, "primal");
        assert_eq!(read(tangent).await, gated(&pre, &value, slope), "tangent");
    }
}

/// Their gradients: the slope at 0 and at -0.
pub async fn leaky_relu_gradients_follow_its_definition(device: &Device) {
    for slope in SLOPES {
        let (pre, value) = (pre_activations(), recipe::numbers("value", COUNT, 1.0));
        let (primal_weight, tangent_weight) = (recipe::numbers("u", COUNT, 1.0), recipe::numbers("v", COUNT, 1.0));
        let leaf = |numbers: &[f32]| vector(numbers, device).autodiff().require_grad();
        let weighted = |tensor: Tensor<1>, weight: &[f32]| (tensor * vector(weight, device).autodiff()).sum();

        let x = leaf(&pre);
        let gradients = weighted(kernels::leaky_relu(x.clone(), slope), &primal_weight).backward();
        let expected = gated(&pre, &primal_weight, slope);
        assert_eq!(read(x.grad(&gradients).expect("it is a leaf")).await, expected, "alone");

        let (x, direction) = (leaf(&pre), leaf(&value));
        let (primal, tangent) = kernels::leaky_relu_jvp(x.clone(), direction.clone(), slope);
        let loss = weighted(primal, &primal_weight) + weighted(tangent, &tangent_weight);
        let gradients = loss.backward();
        assert_eq!(read(x.grad(&gradients).expect("it is a leaf")).await, expected, "by the pre-activation");
        let expected = gated(&pre, &tangent_weight, slope);
        assert_eq!(read(direction.grad(&gradients).expect("it is a leaf")).await, expected, "by the tangent");
    }
}

/// A transposed view is no obstacle.
pub async fn leaky_relu_takes_any_layout(device: &Device) {
    let [pre, value] = ["pre", "value"].map(|name| recipe::tensor(name, [7, 30], 1.0, device));
    let (primal, tangent) = kernels::leaky_relu_jvp(pre.clone().transpose(), value.clone().transpose(), 0.2);
    let (expected_primal, expected_tangent) = kernels::leaky_relu_jvp(pre.clone(), value, 0.2);
    assert_eq!(read(primal.transpose()).await, read(expected_primal.clone()).await);
    assert_eq!(read(tangent.transpose()).await, read(expected_tangent).await);
    assert_eq!(read(kernels::leaky_relu(pre.transpose(), 0.2).transpose()).await, read(expected_primal).await);
}

/// More than three workgroups of 64, and not a multiple.
const COUNT: usize = 209;

/// Numbers on both sides of 0, with zeros of both signs among them.
fn pre_activations() -> Vec<f32> {
    let mut numbers = recipe::numbers("pre", COUNT, 2.0);
    numbers.iter_mut().step_by(5).for_each(|number| *number = 0.0);
    numbers.iter_mut().skip(1).step_by(5).for_each(|number| *number = -0.0);
    numbers
}

/// `value · d(pre)`, from the definition.
fn gated(pre: &[f32], value: &[f32], slope: f32) -> Vec<f32> {
    pre.iter().zip(value).map(|(&pre, &value)| if pre > 0.0 { value } else { slope * value }).collect()
}

fn vector(numbers: &[f32], device: &Device) -> Tensor<1> {
    Tensor::from_data(TensorData::new(numbers.to_vec(), [numbers.len()]), device)
}

/// A convolution or its transpose: of the image, by the weight, with the stride.
type Convolve = fn(Tensor<4>, Tensor<4>, usize) -> Tensor<4>;

/// Compares ours with Burn's on the CPU: the output and its gradients by the image and by the weight.
async fn assert_agree(case: Convolution, device: &Device, ours: Convolve, burns: Convolve) {
    let (found, expected) = (differentiated(case, device, ours), differentiated(case, &Device::flex(), burns));
    for ((name, found), expected) in ["output", "by x", "by weight"].into_iter().zip(found).zip(expected) {
        assert_close(&format!("{name} {case:?}"), found, expected, rounding(device)).await;
    }
}

/// The output, and the gradients of a weighted sum of it by `x` and by the weight.
fn differentiated((x, weight, stride): Convolution, device: &Device, convolve: Convolve) -> [Tensor<4>; 3] {
    let leaf = |name, shape| recipe::tensor(name, shape, 1.0, device).autodiff().require_grad();
    let (x, weight) = (leaf("x", x), leaf("weight", weight));
    let out = convolve(x.clone(), weight.clone(), stride);
    let factors = recipe::tensor("grad", out.dims(), 1.0, device).autodiff();
    let gradients = (out.clone() * factors).sum().backward();
    let [by_x, by_weight] = [x, weight].map(|leaf| leaf.grad(&gradients).expect("it is a leaf"));
    [out.inner(), by_x, by_weight]
}

/// A normalised batch and the gradients of a weighted sum of it, each under its name.
fn batch_normalized(
    shape: [usize; 4],
    device: &Device,
    normalize: impl Fn(Tensor<4>, Tensor<1>, Tensor<1>) -> Tensor<4>,
) -> [(&'static str, Tensor<1>); 4] {
    let channels = [shape[1]];
    let x = recipe::tensor("x", shape, 1.0, device).autodiff().require_grad();
    let scale = recipe::tensor("scale", channels, 1.0, device).autodiff().require_grad();
    let shift = recipe::tensor("shift", channels, 1.0, device).autodiff().require_grad();
    let out = normalize(x.clone(), scale.clone(), shift.clone());
    let factors = recipe::tensor("grad", shape, 1.0, device).autodiff();
    let gradients = (out.clone() * factors).sum().backward();
    [
        ("output", out.inner().flatten(0, 3)),
        ("gradient by x", x.grad(&gradients).expect("it is a leaf").flatten(0, 3)),
        ("gradient by scale", scale.grad(&gradients).expect("it is a leaf")),
        ("gradient by shift", shift.grad(&gradients).expect("it is a leaf")),
    ]
}

/// Windows of an outer product, smaller and larger than their pictures, whole and cut, against the whole matrix: bit
/// for bit, since every device rounds one product alike.
pub async fn outer_product_views_show_the_strongest_entries(device: &Device) {
    let (rows, columns) = (recipe::numbers("rows", 37, 1.0), recipe::numbers("columns", 300, 1.0));
    let view = |left, across, top, down, width, height| Window { left, across, top, down, width, height };
    for window in [
        view(0, 300, 0, 37, 300, 37),
        view(0, 300, 0, 37, 90, 10),
        view(211, 8, 5, 3, 130, 20),
        view(290, 50, 36, 9, 64, 70),
        view(400, 1, 90, 1, 1, 1),
    ] {
        let tensor = |numbers: &[f32]| Tensor::<1>::from_data(numbers, device);
        let found = read(kernels::outer_product_view(tensor(&rows), tensor(&columns), window)).await;
        assert_eq!(found, strongest_entries(&rows, &columns, window.within(37, 300)), "{window:?}");
    }
}

/// For every pixel, a search through all the entries of the matrix that it covers.
fn strongest_entries(rows: &[f32], columns: &[f32], window: Window) -> Vec<f32> {
    let Window { left, across, top, down, width, height } = window;
    let covers = |pixel: usize, pixels: usize, count: usize, entry: usize| {
        let from = pixel * count / pixels;
        (from..((pixel + 1) * count / pixels).max(from + 1)).contains(&entry)
    };
    let pixel = |x: usize, y: usize| {
        let of_rows = (0..down).filter(|&row| covers(y, height, down, row));
        let entries = of_rows.flat_map(|row| {
            let of_columns = (0..across).filter(|&column| covers(x, width, across, column));
            of_columns.map(move |column| rows[top + row] * columns[left + column])
        });
        entries.max_by(|a, b| a.abs().total_cmp(&b.abs())).expect("a pixel covers an entry")
    };
    (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| pixel(x, y)).collect()
}

/// Three steps with a penalty, on more numbers than a thread takes at once and no multiple of those.
pub async fn adam_agrees_with_burn(device: &Device) {
    let shape = [37, 1001];
    let numbers = |name: &str| {
        Tensor::<2>::from_data(TensorData::new(recipe::numbers(name, shape[0] * shape[1], 1.0), shape), device)
    };
    let ours = Adam { beta_1: 0.5, decay: 0.03, ..Adam::default() };
    let burns = AdamConfig::new().with_beta_1(0.5).with_weight_decay(Some(WeightDecayConfig::new(0.03))).build();
    let (mut parameters, mut expected) = (numbers("parameters"), numbers("parameters"));
    let (mut state, mut burns_state) = (None, None);
    for (gradient, rate) in [("first", 0.1), ("second", 0.05), ("third", 0.2)] {
        (parameters, state) = ours.step(rate, parameters, numbers(gradient), state);
        (expected, burns_state) = burns.step(rate, expected, numbers(gradient), burns_state);
    }
    assert_close("parameters", parameters, expected, rounding(device)).await;
}
