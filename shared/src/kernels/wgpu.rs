//! The kernels on wgpu devices: WGSL of `shaders` where one pass does what Burn needs several for, else Burn's own.

use super::{
    BatchNormInput, KernelGradients, Kernels, Layout, Pictures, Updates, adam::AdamStep, dropout::Dropout,
    outer_product_view::Window,
};
use burn::backend::{
    TensorMetadata,
    ops::{ActivationOps, ConvOptions, ConvTransposeOptions, FloatTensorOps, ModuleOps},
};
use burn::tensor::{Shape, Slice};
use burn_cubecl::{
    CubeBackend,
    cubecl::{
        prelude::*,
        server::{KernelArguments, MetadataBindingInfo},
    },
    kernel::into_contiguous,
    ops::numeric::empty_device_contiguous_dtype,
    template::{KernelSource, SourceKernel, SourceTemplate},
    tensor::CubeTensor,
};
use shaders::Kernel;

/// The most workgroups that WebGPU lets a dispatch have along one axis.
const MAX_ROW: u32 = 65_535;

/// Output channels of one invocation of [`shaders::CONV2D_WEIGHT_GRADIENT`].
const OUTPUTS: usize = 4;

/// So many invocations at once keep a large GPU busy.
const BUSY: usize = 1 << 17;

impl Kernels for CubeBackend {
    fn leaky(pre: CubeTensor, slope: f32) -> CubeTensor {
        // The forward agrees with ours at 0 (0 either way); only the derivative there differs.
        <Self as ActivationOps<Self>>::leaky_relu(pre, slope.into())
    }

    fn leaky_jvp(pre: CubeTensor, tangent: CubeTensor, slope: f32) -> (CubeTensor, CubeTensor) {
        let [primal, tangent] = launch(shaders::LEAKY_RELU_JVP, [pre, tangent], [slope.to_bits()]);
        (primal, tangent)
    }

    fn valid_conv2d(x: CubeTensor, weight: CubeTensor, stride: usize) -> CubeTensor {
        <Self as ModuleOps<Self>>::conv2d(x, weight, None, options(stride))
    }

    fn valid_conv_transpose2d(x: CubeTensor, weight: CubeTensor, stride: usize) -> CubeTensor {
        let options = ConvTransposeOptions::new([stride, stride], [0, 0], [0, 0], [1, 1], 1);
        <Self as ModuleOps<Self>>::conv_transpose2d(x, weight, None, options)
    }

    fn dropped_out(x: CubeTensor, dropout: Dropout) -> CubeTensor {
        let Dropout { key, below, frozen } = dropout;
        let [out] = launch(shaders::DROPOUT, [x], [key[0], key[1], below, frozen.to_bits()]);
        out
    }

    fn pairwise_maxout(x: CubeTensor) -> CubeTensor {
        let [images, channels, height, width] = x.shape().dims();
        let larger = Self::float_max_dim(in_pairs(x), 2);
        Self::float_reshape(larger, Shape::from([images, channels / 2, height, width]))
    }

    fn batch_normalize(
        x: CubeTensor,
        scale: CubeTensor,
        shift: CubeTensor,
        epsilon: f32,
    ) -> (CubeTensor, CubeTensor, CubeTensor) {
        let mean = channel_mean(x.clone());
        let centred = Self::float_sub(x, mean.clone());
        let variance = channel_mean(Self::float_mul(centred.clone(), centred.clone()));
        let factor = Self::float_mul(by_channel(scale.clone()), inverse_deviation(variance.clone(), epsilon));
        let out = Self::float_add(Self::float_mul(centred, factor), by_channel(shift));
        let channels = scale.shape();
        (out, Self::float_reshape(mean, channels.clone()), Self::float_reshape(variance, channels))
    }
}

impl Layout for CubeBackend {
    fn lay_out_weight(weight: CubeTensor) -> CubeTensor {
        // Burn's convolution wants the channels next to each other, and copies the weight in every pass if they are not.
        let channels_last = into_contiguous(Self::float_permute(weight, &[0, 2, 3, 1]));
        Self::float_permute(channels_last, &[0, 3, 1, 2])
    }
}

impl Pictures for CubeBackend {
    fn outer_view(rows: CubeTensor, columns: CubeTensor, window: Window) -> CubeTensor {
        let Window { left, across, top, down, width, height } = window;
        let kernel = shaders::OUTER_PRODUCT_VIEW;
        let groups = [in_u32(width).div_ceil(kernel.workgroup), in_u32(height)];
        let params = [left, across, top, down, width, height].map(in_u32);
        let [picture] = launch_on(kernel, groups, [rows, columns], Shape::from([height, width]), &params);
        picture
    }
}

impl Updates for CubeBackend {
    fn adam(
        parameters: CubeTensor,
        gradient: CubeTensor,
        first: CubeTensor,
        second: CubeTensor,
        step: AdamStep,
    ) -> (CubeTensor, CubeTensor, CubeTensor) {
        let [beta_1, beta_2] = step.betas;
        let scalars = [step.rate, beta_1, beta_2, step.correction, step.epsilon, step.decay];
        let [parameters, first, second] =
            launch(shaders::ADAM, [parameters, gradient, first, second], scalars.map(f32::to_bits));
        (parameters, first, second)
    }
}

impl KernelGradients for CubeBackend {
    fn leaky_gate(pre: CubeTensor, value: CubeTensor, slope: f32) -> CubeTensor {
        let [out] = launch(shaders::LEAKY_RELU_GATE, [pre, value], [slope.to_bits()]);
        out
    }

    fn conv2d_input_gradient(x: CubeTensor, weight: CubeTensor, grad: CubeTensor, stride: usize) -> CubeTensor {
        <Self as ModuleOps<Self>>::conv2d_x_backward(x, weight, grad, options(stride))
    }

    fn conv2d_weight_gradient(x: CubeTensor, weight: CubeTensor, grad: CubeTensor, stride: usize) -> CubeTensor {
        // Burn's own has one invocation sum over all images and positions, which took nine tenths of a step of ALI.
        let shape = weight.shape();
        let [images, inputs, height, width] = x.shape().dims();
        let [_, outputs, out_height, out_width] = grad.shape().dims();
        let [_, _, kernel_height, kernel_width] = shape.dims();
        let of_a_group = outputs.div_ceil(OUTPUTS) * inputs * kernel_height * kernel_width;
        let group = images.div_ceil(BUSY.div_ceil(of_a_group).min(images));
        let groups = images.div_ceil(group);
        let of_x = [images, group, inputs, height, width];
        let of_grad = [outputs, out_height, out_width, kernel_height, kernel_width, stride];
        let sizes = of_x.into_iter().chain(of_grad).map(in_u32);
        let kernel = shaders::CONV2D_WEIGHT_GRADIENT;
        let sums = Shape::from([groups, shape.num_elements()]);
        let [sums] = launch_many(kernel, groups * of_a_group, [x, grad], sums, sizes);
        let sum = if groups == 1 { sums } else { Self::float_sum_dim(sums, 0) };
        Self::float_reshape(sum, shape)
    }

    fn pairwise_maxout_gradient(x: CubeTensor, grad: CubeTensor) -> CubeTensor {
        let shape = x.shape();
        let [images, channels, height, width] = shape.dims();
        let pairs = in_pairs(x);
        let piece = |index: usize| {
            let part = [0..images, 0..channels / 2, index..index + 1, 0..height * width];
            Self::float_slice(pairs.clone(), &part.map(Slice::from))
        };
        let second_is_larger =
            Self::float_clamp(Self::float_sign(Self::float_sub(piece(1), piece(0))), 0.0.into(), 1.0.into());
        let grad = Self::float_reshape(grad, Shape::from([images, channels / 2, 1, height * width]));
        let to_second = Self::float_mul(grad.clone(), second_is_larger);
        let to_first = Self::float_sub(grad, to_second.clone());
        Self::float_reshape(Self::float_cat(vec![to_first, to_second], 2), shape)
    }

    fn batch_normalize_gradients(input: BatchNormInput<Self>, grad: CubeTensor) -> [CubeTensor; 3] {
        let channels = input.scale.shape();
        let numbers = input.x.shape().num_elements() / channels.num_elements();
        let inverse = inverse_deviation(by_channel(input.variance), input.epsilon);
        let centred = Self::float_sub(input.x, by_channel(input.mean));
        let normalized = Self::float_mul(centred, inverse.clone());
        let grad_mean = channel_mean(grad.clone());
        let product_mean = channel_mean(Self::float_mul(grad.clone(), normalized.clone()));
        let through_statistics = Self::float_add(Self::float_mul(normalized, product_mean.clone()), grad_mean.clone());
        let factor = Self::float_mul(by_channel(input.scale), inverse);
        let sum = |mean| Self::float_reshape(Self::float_mul_scalar(mean, (numbers as f32).into()), channels.clone());
        [Self::float_mul(Self::float_sub(grad, through_statistics), factor), sum(product_mean), sum(grad_mean)]
    }
}

/// `[N, 2·C, H, W]` → `[N, C, 2, H·W]`.
fn in_pairs(x: CubeTensor) -> CubeTensor {
    let [images, channels, height, width] = x.shape().dims();
    CubeBackend::float_reshape(x, Shape::from([images, channels / 2, 2, height * width]))
}

/// `[C]` → `[1, C, 1, 1]`.
fn by_channel(tensor: CubeTensor) -> CubeTensor {
    let channels = tensor.shape().num_elements();
    CubeBackend::float_reshape(tensor, Shape::from([1, channels, 1, 1]))
}

/// Mean over images and positions: `[N, C, H, W]` → `[1, C, 1, 1]`.
fn channel_mean(tensor: CubeTensor) -> CubeTensor {
    [0, 2, 3].into_iter().fold(tensor, CubeBackend::float_mean_dim)
}

fn inverse_deviation(variance: CubeTensor, epsilon: f32) -> CubeTensor {
    CubeBackend::float_recip(CubeBackend::float_sqrt(CubeBackend::float_add_scalar(variance, epsilon.into())))
}

fn options(stride: usize) -> ConvOptions<2> {
    ConvOptions::new([stride, stride], [0, 0], [1, 1], 1)
}

/// A kernel of `shaders` as CubeCL takes it.
struct Wgsl(Kernel);

impl KernelSource for Wgsl {
    fn source(&self) -> SourceTemplate {
        SourceTemplate::new(self.0.source)
    }

    fn id(&self) -> KernelId {
        KernelId::new::<Self>().info(self.0)
    }

    fn lang(&self) -> &'static str {
        "wgsl"
    }
}

/// Runs an element-wise kernel with its scalars on inputs of one shape; the outputs have that shape too.
fn launch<const I: usize, const O: usize, const S: usize>(
    kernel: Kernel,
    inputs: [CubeTensor; I],
    scalars: [u32; S],
) -> [CubeTensor; O] {
    let shape = inputs[0].shape();
    launch_many(kernel, shape.num_elements(), inputs, shape, scalars)
}

/// Runs a kernel of so many invocations; before the scalars come how many, and how many in a row of workgroups.
fn launch_many<const I: usize, const O: usize>(
    kernel: Kernel,
    invocations: usize,
    inputs: [CubeTensor; I],
    shape: Shape,
    scalars: impl IntoIterator<Item = u32>,
) -> [CubeTensor; O] {
    let len = in_u32(invocations);
    let groups = len.div_ceil(kernel.workgroup);
    let row = groups.clamp(1, MAX_ROW);
    let params: Vec<u32> = [len, row * kernel.workgroup].into_iter().chain(scalars).collect();
    launch_on(kernel, [row, groups.div_ceil(row)], inputs, shape, &params)
}

/// Runs a kernel of so many workgroups on contiguous inputs, for outputs of the given shape.
fn launch_on<const I: usize, const O: usize>(
    kernel: Kernel,
    [across, down]: [u32; 2],
    inputs: [CubeTensor; I],
    shape: Shape,
    params: &[u32],
) -> [CubeTensor; O] {
    let inputs = inputs.map(into_contiguous);
    let CubeTensor { client, device, dtype, .. } = inputs[0].clone();
    let outputs = [(); O].map(|()| empty_device_contiguous_dtype(client.clone(), device.clone(), shape.clone(), dtype));
    let mut arguments = KernelArguments { info: MetadataBindingInfo::custom(in_words(params)), ..Default::default() };
    for tensor in inputs.into_iter().chain(outputs.iter().cloned()) {
        arguments = arguments.with_buffer(tensor.handle.binding());
    }
    client.launch(
        Box::new(SourceKernel::new(Wgsl(kernel), CubeDim::new_1d(kernel.workgroup))),
        CubeCount::Static(across, down, 1),
        arguments,
    );
    outputs
}

/// Scalars as the runtime takes them.
fn in_words(params: &[u32]) -> Vec<u64> {
    let word = |pair: &[u32]| u64::from(pair[0]) | u64::from(pair.get(1).copied().unwrap_or(0)) << 32;
    params.chunks(2).map(word).collect()
}

fn in_u32(count: usize) -> u32 {
    u32::try_from(count).expect("a buffer that WebGPU can bind has fewer elements than u32")
}
