//! The gradient feature as a picture: `(ω_c ∘ d) yᵀ`, the gradient of an image's class by the weights of the last layer,
//! 512 × 4096 numbers for conv5.

use burn::tensor::{Device, Tensor};
use gradient_features::{
    images::{ImageSet, to_tensor},
    kernels::{
        self,
        outer_product_view::{Window, view},
    },
    model::encoder::Encoder,
};
use image::{Rgb, RgbImage};

/// Width and height of a picture, in pixels.
const SIZE: (usize, usize) = (128, 64);
/// The page's palette of signed quantities (ColorBrewer's PRGn), from the least through 0 to the greatest.
const STOPS: [[u8; 3]; 5] = [[118, 42, 131], [186, 153, 202], [247, 246, 244], [154, 210, 149], [15, 113, 52]];

/// A picture of each image's gradient, with what each of its pixels stands for.
pub struct Pictures {
    /// One for each image.
    pub pictures: Vec<RgbImage>,
    /// Rows and columns of the matrix.
    pub shape: [usize; 2],
    /// Rows and columns of it that a pixel covers, showing the number of the greatest magnitude.
    pub covered: [usize; 2],
}

/// Of the images of `indices`; none where the last layer has more positions than one, so that its gradient is no outer
/// product.
pub fn draw(encoder: &Encoder, omega: &Tensor<2>, images: &ImageSet, indices: &[usize]) -> Option<Pictures> {
    let kind = encoder.config().kind;
    let [rows, height, width] = kind.pre_shape(kind.layers().len() - 1);
    if height * width != 1 {
        return None;
    }
    let device: Device = omega.device();
    let kept =
        encoder.freeze(to_tensor(&images.gather(indices), encoder.config().input_range, &device), kind.scopes()[0]);
    let omega = numbers(omega.clone().transpose());
    let derivative = kernels::leaky_relu_jvp(kept.pre.clone(), kept.pre.ones_like(), encoder.config().slope).1;
    let (y, derivative) = (numbers(kept.input), numbers(derivative));
    let columns = y.len() / indices.len().max(1);
    let of = |(at, &index): (usize, &usize)| {
        let omega = &omega[usize::from(images.labels[index]) * rows..][..rows];
        let delta: Vec<f32> = derivative[at * rows..][..rows].iter().zip(omega).map(|(d, omega)| d * omega).collect();
        picture(&delta, &y[at * columns..][..columns])
    };
    let pictures = indices.iter().enumerate().map(of).collect();
    Some(Pictures { pictures, shape: [rows, columns], covered: [rows.div_ceil(SIZE.1), columns.div_ceil(SIZE.0)] })
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

fn picture(rows: &[f32], columns: &[f32]) -> RgbImage {
    let (width, height) = SIZE;
    let whole = Window { left: 0, across: columns.len(), top: 0, down: rows.len(), width, height };
    let numbers = view(rows, columns, whole);
    let largest = numbers.iter().fold(f32::MIN_POSITIVE, |most, number| number.abs().max(most));
    RgbImage::from_fn(width as u32, height as u32, |x, y| color(numbers[y as usize * width + x as usize] / largest))
}

/// The colour of a number from −1 to 1, by the root of its magnitude, so that small ones are seen beside large ones.
fn color(number: f32) -> Rgb<u8> {
    let place = (1.0 + number.abs().min(1.0).sqrt().copysign(number)) * 2.0;
    let below = (place as usize).min(STOPS.len() - 2);
    let mix = |a: u8, b: u8| (f32::from(a) + (place - below as f32) * (f32::from(b) - f32::from(a))).round() as u8;
    Rgb([0, 1, 2].map(|part| mix(STOPS[below][part], STOPS[below + 1][part])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{experiment::Settings, trial};
    use burn::tensor::TensorData;
    use gradient_features::{images::IMAGE_BYTES, kernel};

    #[test]
    fn a_pixel_has_the_colour_of_its_strongest_entry() {
        trial::with_bench(&Settings::default(), |bench, _| {
            let device = Device::flex();
            let images =
                ImageSet { pixels: (0..2 * IMAGE_BYTES).map(|at| (at * 37 % 251) as u8).collect(), labels: vec![3, 1] };
            let omega: Vec<f32> = (0..5120).map(|at| ((at * 37 % 101) as f32 - 50.0) / 500.0).collect();
            let omega = Tensor::<2>::from_data(TensorData::new(omega, [512, 10]), &device);
            let drawn = draw(&bench.encoder, &omega, &images, &[1, 0]).expect("conv5 has one position");
            assert_eq!((drawn.pictures.len(), drawn.shape, drawn.covered), (2, [512, 4096], [8, 32]));
            // The same by reverse mode: `∂F_c/∂W`, but for a factor.
            for (picture, index) in drawn.pictures.iter().zip([1, 0]) {
                let pixels = to_tensor(images.image(index), bench.encoder.config().input_range, &device);
                let kept = bench.encoder.freeze(pixels, bench.scope);
                let class = usize::from(images.labels[index]);
                let gradient = kernel::gradient_feature(&bench.encoder, &omega, &kept, class).remove(0);
                let gradient = numbers(gradient.weight.val());
                let largest = gradient.iter().fold(0.0, |most: f32, x| most.max(x.abs()));
                for (x, y, pixel) in picture.enumerate_pixels() {
                    let entry = |at: u32| gradient[(y * 8 + at / 32) as usize * 4096 + (x * 32 + at % 32) as usize];
                    let strongest =
                        (0..256).map(entry).fold(0.0, |most: f32, x| if x.abs() > most.abs() { x } else { most });
                    let expected = color(strongest / largest);
                    let near = pixel.0.iter().zip(expected.0).all(|(a, b)| a.abs_diff(b) <= 2);
                    // Two entries of one magnitude and opposite signs may change places.
                    let opposite = color(-strongest / largest);
                    assert!(near || *pixel == opposite, "({x}, {y}) of image {index}: {pixel:?}, not {expected:?}");
                }
            }
        });
    }

    #[test]
    fn the_palette_is_even_about_zero() {
        assert_eq!([color(-1.0), color(0.0), color(1.0)], [STOPS[0], STOPS[2], STOPS[4]].map(Rgb));
        assert_eq!([color(-0.25), color(0.25)], [STOPS[1], STOPS[3]].map(Rgb));
    }
}
