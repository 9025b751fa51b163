//! The kernels on Burn's CPU backend.

use super::{
    BatchNormInput, KernelGradients, Kernels, Layout, Pictures, Updates,
    adam::{self, AdamStep},
    batch_norm, conv2d,
    conv2d::Geometry,
    dropout::{self, Dropout},
    leaky_relu, maxout,
    outer_product_view::{self, Window},
};
use burn::backend::{Flex, TensorMetadata, flex::FlexTensor};
use burn::tensor::{Shape, TensorData};

impl Kernels for Flex {
    fn leaky(pre: FlexTensor, slope: f32) -> FlexTensor {
        let pre = pre.to_contiguous();
        made(leaky_relu::gate(pre.storage(), pre.storage(), slope), pre.shape())
    }

    fn leaky_jvp(pre: FlexTensor, tangent: FlexTensor, slope: f32) -> (FlexTensor, FlexTensor) {
        let (pre, tangent) = (pre.to_contiguous(), tangent.to_contiguous());
        let (primal, tangent) = leaky_relu::jvp(pre.storage(), tangent.storage(), slope);
        (made(primal, pre.shape()), made(tangent, pre.shape()))
    }

    fn valid_conv2d(x: FlexTensor, weight: FlexTensor, stride: usize) -> FlexTensor {
        let (x, weight) = (x.to_contiguous(), weight.to_contiguous());
        let geometry = Geometry::new(sizes(&x), sizes(&weight), stride);
        let [height, width] = geometry.output_side();
        let out = conv2d::forward(x.storage(), weight.storage(), &geometry);
        made(out, Shape::from([geometry.images, geometry.outputs, height, width]))
    }

    fn valid_conv_transpose2d(x: FlexTensor, weight: FlexTensor, stride: usize) -> FlexTensor {
        let (x, weight) = (x.to_contiguous(), weight.to_contiguous());
        let out = transposed_shape(sizes(&x), sizes(&weight), stride);
        let geometry = Geometry::new(out, sizes(&weight), stride);
        made(conv2d::input_gradient(x.storage(), weight.storage(), &geometry), Shape::from(out))
    }

    fn dropped_out(x: FlexTensor, dropout: Dropout) -> FlexTensor {
        let x = x.to_contiguous();
        made(dropout::forward(x.storage(), dropout), x.shape())
    }

    fn pairwise_maxout(x: FlexTensor) -> FlexTensor {
        let x = x.to_contiguous();
        let [images, channels, height, width] = sizes(&x);
        made(maxout::forward(x.storage(), positions(&x)), Shape::from([images, channels / 2, height, width]))
    }

    fn batch_normalize(
        x: FlexTensor,
        scale: FlexTensor,
        shift: FlexTensor,
        epsilon: f32,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let (x, scale, shift) = (x.to_contiguous(), scale.to_contiguous(), shift.to_contiguous());
        let out = batch_norm::forward(x.storage(), scale.storage(), shift.storage(), positions(&x), epsilon);
        (made(out.normalized, x.shape()), made(out.mean, scale.shape()), made(out.variance, scale.shape()))
    }
}

impl Layout for Flex {
    fn lay_out_weight(weight: FlexTensor) -> FlexTensor {
        weight.to_contiguous()
    }
}

impl Pictures for Flex {
    fn outer_view(rows: FlexTensor, columns: FlexTensor, window: Window) -> FlexTensor {
        let (rows, columns) = (rows.to_contiguous(), columns.to_contiguous());
        let picture = outer_product_view::view(rows.storage(), columns.storage(), window);
        made(picture, Shape::from([window.height, window.width]))
    }
}

impl Updates for Flex {
    fn adam(
        parameters: FlexTensor,
        gradient: FlexTensor,
        first: FlexTensor,
        second: FlexTensor,
        step: AdamStep,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let [mut parameters, gradient, mut first, mut second] =
            [parameters, gradient, first, second].map(|tensor| tensor.to_contiguous());
        let means = [first.storage_mut(), second.storage_mut()];
        adam::step(parameters.storage_mut(), gradient.storage(), means, step);
        (parameters, first, second)
    }
}

impl KernelGradients for Flex {
    fn leaky_gate(pre: FlexTensor, value: FlexTensor, slope: f32) -> FlexTensor {
        let (pre, value) = (pre.to_contiguous(), value.to_contiguous());
        made(leaky_relu::gate(pre.storage(), value.storage(), slope), pre.shape())
    }

    fn conv2d_input_gradient(x: FlexTensor, weight: FlexTensor, grad: FlexTensor, stride: usize) -> FlexTensor {
        let (weight, grad) = (weight.to_contiguous(), grad.to_contiguous());
        let geometry = Geometry::new(sizes(&x), sizes(&weight), stride);
        made(conv2d::input_gradient(grad.storage(), weight.storage(), &geometry), x.shape())
    }

    fn conv2d_weight_gradient(x: FlexTensor, weight: FlexTensor, grad: FlexTensor, stride: usize) -> FlexTensor {
        let (x, grad) = (x.to_contiguous(), grad.to_contiguous());
        let geometry = Geometry::new(sizes(&x), sizes(&weight), stride);
        made(conv2d::weight_gradient(x.storage(), grad.storage(), &geometry), weight.shape())
    }

    fn pairwise_maxout_gradient(x: FlexTensor, grad: FlexTensor) -> FlexTensor {
        let (x, grad) = (x.to_contiguous(), grad.to_contiguous());
        made(maxout::backward(x.storage(), grad.storage(), positions(&x)), x.shape())
    }

    fn batch_normalize_gradients(input: BatchNormInput<Self>, grad: FlexTensor) -> [FlexTensor; 3] {
        let [x, scale, grad] = [input.x, input.scale, grad].map(|tensor| tensor.to_contiguous());
        let (mean, variance) = (input.mean.storage(), input.variance.storage());
        let gradients = batch_norm::backward(
            x.storage(),
            scale.storage(),
            mean,
            variance,
            grad.storage(),
            positions(&x),
            input.epsilon,
        );
        [made(gradients.x, x.shape()), made(gradients.scale, scale.shape()), made(gradients.shift, scale.shape())]
    }
}

/// `[N, C, (H' − 1)·stride + K, …]` of `x [N, O, H', W']` and `weight [O, C, K, K]`.
fn transposed_shape(x: [usize; 4], weight: [usize; 4], stride: usize) -> [usize; 4] {
    assert_eq!(x[1], weight[0], "channels of the image and of the kernel differ");
    [x[0], weight[1], (x[2] - 1) * stride + weight[2], (x[3] - 1) * stride + weight[3]]
}

fn made(values: Vec<f32>, shape: Shape) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}

fn sizes(tensor: &FlexTensor) -> [usize; 4] {
    tensor.shape().dims()
}

fn positions(tensor: &FlexTensor) -> usize {
    let [_, _, height, width] = sizes(tensor);
    height * width
}
