//! Convolution on the CPU as one matrix product for many images at once.
//!
//! Burn's own CPU convolution multiplies image by image, which leaves the late layers (16 positions an image in
//! conv4, one in conv5) with matrices of a few rows. Here the patches of a block of images become the columns of
//! one matrix, `[C·K·K, images·positions]`. Blocks go side by side on the threads, and their size does not depend
//! on how many threads there are, so that sums come out the same on every machine.

use super::{
    gemm::{Strides, product},
    scratch::Scratch,
    threads,
};
use wide::f32x8;

/// A block's patch matrix holds about this many numbers: 4 MB, what a core's caches carry.
const BLOCK_NUMBERS: usize = 1 << 20;

/// Outputs that a thread takes at once where an image is its only patch.
const DENSE_OUTPUTS: usize = 64;

/// For so few images, bringing the weight into the matrix product's order takes longer than multiplying.
const FEW_IMAGES: usize = 4;

/// Sizes of a convolution without padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometry {
    /// N.
    pub images: usize,
    /// C.
    pub inputs: usize,
    /// O.
    pub outputs: usize,
    /// H and W of the input.
    pub side: [usize; 2],
    /// Height and width of the kernel.
    pub kernel: [usize; 2],
    /// Step in both directions.
    pub stride: usize,
}

impl Geometry {
    /// From `x [N, C, H, W]` and `weight [O, C, K, K]`.
    ///
    /// # Panics
    /// When the shapes do not fit each other.
    pub fn new(x: [usize; 4], weight: [usize; 4], stride: usize) -> Self {
        assert_eq!(x[1], weight[1], "input channels of the image and of the kernel differ");
        assert!(x[2] >= weight[2] && x[3] >= weight[3], "the kernel is larger than the image");
        Self {
            images: x[0],
            inputs: x[1],
            outputs: weight[0],
            side: [x[2], x[3]],
            kernel: [weight[2], weight[3]],
            stride,
        }
    }

    /// Height and width of the output.
    pub fn output_side(&self) -> [usize; 2] {
        [0, 1].map(|axis| (self.side[axis] - self.kernel[axis]) / self.stride + 1)
    }

    fn positions(&self) -> usize {
        self.output_side().iter().product()
    }

    fn patch(&self) -> usize {
        self.inputs * self.kernel[0] * self.kernel[1]
    }

    fn image_numbers(&self) -> usize {
        self.inputs * self.side[0] * self.side[1]
    }

    /// Whether the kernel covers the image: then an image is its only patch, and can be multiplied where it is.
    fn is_dense(&self) -> bool {
        self.side == self.kernel
    }

    /// Images a block.
    fn block(&self) -> usize {
        (BLOCK_NUMBERS / (self.patch() * self.positions())).clamp(1, self.images.max(1))
    }

    fn blocks(&self) -> usize {
        self.images.div_ceil(self.block())
    }
}

/// `x [N, C, H, W] ⋆ weight [O, C, K, K] → [N, O, H', W']`.
pub fn forward(x: &[f32], weight: &[f32], g: &Geometry) -> Vec<f32> {
    let (positions, patch) = (g.positions(), g.patch());
    if g.is_dense() {
        return dense_forward(x, weight, g);
    }
    let mut out = vec![0.0; g.images * g.outputs * positions];
    threads::for_each_chunk(&mut out, g.block() * g.outputs * positions, |block, out| {
        let images = out.len() / (g.outputs * positions);
        let columns = images * positions;
        let patches = unfold(block_of(x, g, block), g, images);
        let mut flat = Scratch::new(g.outputs * columns);
        product(
            [g.outputs, columns, patch],
            &mut flat,
            Strides::rows(columns),
            weight,
            Strides::rows(patch),
            &patches,
            Strides::rows(columns),
            g.blocks() == 1,
        );
        // [O, images, positions] → [images, O, positions]
        swap_outer(&flat, out, g.outputs, images, positions);
    });
    out
}

/// [`forward`] where an image is its only patch. The threads share the outputs: each brings its part of the weight into
/// the product's order, which gemm would do on one thread for all of it.
fn dense_forward(x: &[f32], weight: &[f32], g: &Geometry) -> Vec<f32> {
    let patch = g.patch();
    let parts = threads::map(g.outputs.div_ceil(DENSE_OUTPUTS), |part| {
        let first = part * DENSE_OUTPUTS;
        let outputs = DENSE_OUTPUTS.min(g.outputs - first);
        let weight = &weight[first * patch..][..outputs * patch];
        let mut out = vec![0.0; g.images * outputs];
        if g.images <= FEW_IMAGES {
            for (output, row) in weight.chunks_exact(patch).enumerate() {
                for (image, x) in x.chunks_exact(patch).enumerate() {
                    out[image * outputs + output] = dot(x, row);
                }
            }
            return out;
        }
        product(
            [g.images, outputs, patch],
            &mut out,
            Strides::rows(outputs),
            x,
            Strides::rows(patch),
            weight,
            Strides::transposed(patch),
            false,
        );
        out
    });
    let mut out = Vec::with_capacity(g.images * g.outputs);
    for image in 0..g.images {
        for part in &parts {
            let outputs = part.len() / g.images;
            out.extend_from_slice(&part[image * outputs..][..outputs]);
        }
    }
    out
}

/// `Σ a·b`, in an order that is the same on every machine. It asks for the processor's vectors, because the
/// compiler does not use them by itself when it optimises the page's program for size.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let eights = a.iter().zip(b).fold(f32x8::ZERO, |sum, (&a, &b)| sum + f32x8::new(a) * f32x8::new(b));
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    eights.reduce_add() + rest
}

/// The gradient with respect to `x`, `[N, C, H, W]`, from the output's gradient `[N, O, H', W']`.
pub fn input_gradient(grad: &[f32], weight: &[f32], g: &Geometry) -> Vec<f32> {
    let (positions, patch) = (g.positions(), g.patch());
    let mut out = vec![0.0; g.images * g.image_numbers()];
    if g.is_dense() {
        let (by_patch, by_output) = (Strides::rows(patch), Strides::rows(g.outputs));
        product([g.images, patch, g.outputs], &mut out, by_patch, grad, by_output, weight, by_patch, true);
        return out;
    }
    threads::for_each_chunk(&mut out, g.block() * g.image_numbers(), |block, out| {
        let images = out.len() / g.image_numbers();
        let columns = images * positions;
        let flat = flatten_block(grad, g, block, images);
        let mut patches = Scratch::new(patch * columns);
        product(
            [patch, columns, g.outputs],
            &mut patches,
            Strides::rows(columns),
            weight,
            Strides::transposed(patch),
            &flat,
            Strides::rows(columns),
            g.blocks() == 1,
        );
        fold(&patches, out, g, images);
    });
    out
}

/// The gradient with respect to the weight, `[O, C, K, K]`, from `x [N, C, H, W]` and the output's gradient.
pub fn weight_gradient(x: &[f32], grad: &[f32], g: &Geometry) -> Vec<f32> {
    let (positions, patch) = (g.positions(), g.patch());
    if g.is_dense() {
        let (by_patch, by_image) = (Strides::rows(patch), Strides::transposed(g.outputs));
        let mut out = vec![0.0; g.outputs * patch];
        product([g.outputs, patch, g.images], &mut out, by_patch, grad, by_image, x, by_patch, true);
        return out;
    }
    let parts = threads::map(g.blocks(), |block| {
        let images = g.block().min(g.images - block * g.block());
        let columns = images * positions;
        let patches = unfold(block_of(x, g, block), g, images);
        let flat = flatten_block(grad, g, block, images);
        let mut part = vec![0.0; g.outputs * patch];
        product(
            [g.outputs, patch, columns],
            &mut part,
            Strides::rows(patch),
            &flat,
            Strides::rows(columns),
            &patches,
            Strides::transposed(columns),
            g.blocks() == 1,
        );
        part
    });
    // In the order of the blocks, whichever thread made them: the same sum every time.
    parts.into_iter().reduce(add).unwrap_or_else(|| vec![0.0; g.outputs * patch])
}

fn add(mut sum: Vec<f32>, part: Vec<f32>) -> Vec<f32> {
    sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
    sum
}

fn block_of<'a>(x: &'a [f32], g: &Geometry, block: usize) -> &'a [f32] {
    let numbers = g.block() * g.image_numbers();
    &x[block * numbers..x.len().min((block + 1) * numbers)]
}

/// A block of the output's gradient as a matrix: `[images, O, positions]` → `[O, images, positions]`.
fn flatten_block(grad: &[f32], g: &Geometry, block: usize, images: usize) -> Scratch {
    let numbers = g.outputs * g.positions();
    let start = block * g.block() * numbers;
    let mut flat = Scratch::new(images * numbers);
    swap_outer(&grad[start..start + images * numbers], &mut flat, images, g.outputs, g.positions());
    flat
}

/// `[a, b, run]` → `[b, a, run]`.
fn swap_outer(from: &[f32], to: &mut [f32], a: usize, b: usize, run: usize) {
    for (index, source) in from.chunks_exact(run).enumerate() {
        let (i, j) = (index / b, index % b);
        to[(j * a + i) * run..][..run].copy_from_slice(source);
    }
}

/// Calls `visit(row of the patch matrix, start in it, start in the image, step in the image, run)` for every run
/// of neighbouring output positions: the one place that knows where a patch lies.
fn runs(g: &Geometry, images: usize, mut visit: impl FnMut(usize, usize, usize)) {
    let [out_h, out_w] = g.output_side();
    let [height, width] = g.side;
    let columns = images * out_h * out_w;
    let mut row = 0;
    for channel in 0..g.inputs {
        for ky in 0..g.kernel[0] {
            for kx in 0..g.kernel[1] {
                for image in 0..images {
                    for y in 0..out_h {
                        let at = row * columns + (image * out_h + y) * out_w;
                        let pixel = ((image * g.inputs + channel) * height + y * g.stride + ky) * width + kx;
                        visit(at, pixel, out_w);
                    }
                }
                row += 1;
            }
        }
    }
}

/// Images `[images, C, H, W]` → patches `[C·K·K, images·positions]`.
fn unfold(x: &[f32], g: &Geometry, images: usize) -> Scratch {
    let mut patches = Scratch::new(g.patch() * images * g.positions());
    runs(g, images, |at, pixel, run| {
        let target = &mut patches[at..at + run];
        let source = &x[pixel..pixel + (run - 1) * g.stride + 1];
        match g.stride {
            1 => target.copy_from_slice(source),
            // A constant step is several times as fast as one that is not known.
            2 => (0..run).for_each(|index| target[index] = source[2 * index]),
            stride => (0..run).for_each(|index| target[index] = source[stride * index]),
        }
    });
    patches
}

/// The transpose of [`unfold`]: adds patches `[C·K·K, images·positions]` into images `[images, C, H, W]`.
fn fold(patches: &[f32], x: &mut [f32], g: &Geometry, images: usize) {
    runs(g, images, |at, pixel, run| {
        let source = &patches[at..at + run];
        let target = &mut x[pixel..pixel + (run - 1) * g.stride + 1];
        match g.stride {
            1 => target.iter_mut().zip(source).for_each(|(to, &from)| *to += from),
            2 => (0..run).for_each(|index| target[2 * index] += source[index]),
            stride => (0..run).for_each(|index| target[stride * index] += source[index]),
        }
    });
}
