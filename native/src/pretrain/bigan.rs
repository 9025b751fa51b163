//! The encoder and generator of a bidirectional GAN (Donahue et al. 2017; Dumoulin et al. 2017), which ALI and the
//! Wasserstein BiGAN have in common.

use super::{
    learner::Learner,
    nets::{self, Layer, Phase, Spec, Start, TINY},
    pictures::{self, Latent, Picture},
    random,
    recipe::{Step, Values, number},
};
use anyhow::Result;
use burn::{
    module::{Module, Param},
    tensor::{Device, Tensor, activation::sigmoid},
};
use gradient_features::{
    InputRange, Scope,
    images::{ImageSet, PLANE, SIDE, to_tensor},
    model::{config::EncoderConfig, encoder::Encoder, normalized::NormalizedEncoder},
};
use rand::Rng;

/// The value that says how far reconstructions lie from their images.
const CYCLE: &str = "cycle";
/// The value that says how far the latents of images are from the prior in their means and deviations.
const LATENTS: &str = "latents";
/// How much [`LATENTS`] counts beside [`CYCLE`].
const LATENTS_WEIGHT: f64 = 0.02;

/// Where the two bidirectional GANs differ.
#[derive(Debug, Clone, Copy)]
pub struct Design {
    /// The encoder up to its features.
    pub encoder: EncoderConfig,
    /// Numbers of a latent z.
    pub latent: usize,
    /// The leaky ReLU's slope, in the encoder and in the generator.
    pub slope: f32,
    /// How parameters start.
    pub start: Start,
    /// From the features to μ and log σ.
    pub head: [Spec; 2],
    /// From z to the image, up to its last activation.
    pub generator: [Spec; 7],
}

impl Design {
    /// The published generator and head (ALI's, which the Wasserstein BiGAN shares) for latents of so many numbers.
    pub const fn new(encoder: EncoderConfig, latent: usize, start: Start) -> Self {
        Self {
            encoder,
            latent,
            slope: encoder.slope,
            start,
            head: [Spec::down(512, 1, 1).normalized(), Spec::down(2 * latent, 1, 1).biased()],
            generator: [
                Spec::up(256, 4, 1).normalized(),
                Spec::up(128, 4, 2).normalized(),
                Spec::up(64, 4, 1).normalized(),
                Spec::up(32, 4, 2).normalized(),
                Spec::up(32, 5, 1).normalized(),
                Spec::up(32, 1, 1).normalized(),
                Spec::down(3, 1, 1),
            ],
        }
    }
}

/// Encoder and generator, which are trained together.
#[derive(Module, Debug)]
pub struct Bigan {
    encoder: NormalizedEncoder,
    head: Vec<Layer>,
    generator: Vec<Layer>,
    /// A bias for every pixel of the generator's last layer, `[3, 32, 32]`, where its images are in `[0, 1]`.
    output_bias: Option<Param<Tensor<3>>>,
}

impl Bigan {
    /// With random parameters. ALI's pixel biases start at the log-odds of the mean image of `data`.
    pub fn random(design: &Design, data: &ImageSet, random: &mut impl Rng, device: &Device) -> Self {
        let kind = design.encoder.kind;
        let biased = design.encoder.input_range == InputRange::Unit;
        Self {
            encoder: NormalizedEncoder::new(kind, |spec| design.start.weight(spec.weight_shape(), random, device)),
            head: nets::stack(&design.head, kind.features(), design.start, random, device),
            generator: nets::stack(&design.generator, design.latent, design.start, random, device),
            output_bias: biased.then(|| Param::from_tensor(log_odds(data, device))),
        }
    }

    /// μ and log σ, `[N, latent, 1, 1]` each, of a training batch `[N, 3, 32, 32]`.
    pub fn encode(&self, design: &Design, images: Tensor<4>) -> [Tensor<4>; 2] {
        let top = self.encoder.forward(images, design.encoder);
        mean_and_log_deviation(nets::leaky_stack(&self.head, &design.head, top, design.slope, Phase::Train))
    }

    /// A latent of each image: `μ + σ ε`, with ε the noise.
    pub fn sample(&self, design: &Design, images: Tensor<4>, noise: Tensor<4>) -> Tensor<4> {
        let [mean, log_deviation] = self.encode(design, images);
        mean + log_deviation.exp() * noise
    }

    /// Images `[N, 3, 32, 32]` of latents `[N, latent, 1, 1]`, in the range that the encoder takes.
    pub fn generate(&self, design: &Design, latents: Tensor<4>, phase: Phase) -> Tensor<4> {
        let pixels = nets::leaky_stack(&self.generator, &design.generator, latents, design.slope, phase);
        match &self.output_bias {
            Some(bias) => sigmoid(pixels + bias.val().unsqueeze()),
            None => pixels.tanh(),
        }
    }

    /// The players' loss `[1]` with `weight` times that of [`Bigan::autoencoder_loss`] added; the loss as it is where the
    /// weight is 0, as published.
    ///
    /// The adversarial game matches the joint distributions of images and latents, and leaves open which latent belongs
    /// to which image; this settles it (ALICE, Li et al. 2017, explicit cycle-consistency). The generator's running
    /// statistics are those of latents from the prior. The statistics of these latents stay out of them: a mixture would
    /// fit neither, and the trained generator's images would be blurred.
    pub fn add_cycle(
        &self,
        design: &Design,
        weight: f64,
        pair: [Tensor<4>; 2],
        loss: Tensor<1>,
        values: &mut Values,
    ) -> Tensor<1> {
        if weight == 0.0 { loss } else { loss + self.autoencoder_loss(design, pair, Phase::Batch, values) * weight }
    }

    /// How far, `[1]`, images `[N, 3, 32, 32]` lie from their reconstructions by their latents `[N, latent, 1, 1]`, plus
    /// [`LATENTS_WEIGHT`] times how far the latents are from the prior; both go into `values`.
    ///
    /// The first is the mean of `‖x − G(z)‖`. By the length and not its square, each reconstruction has a gradient of
    /// length 1, as a sample has under a Wasserstein critic. The second is the sum of squares of how far each of a
    /// latent's numbers is from mean 0 and deviation 1 over the batch. Without it a discriminator soon recognizes
    /// images' latents by their scale, and does not look at the generated images.
    fn autoencoder_loss(
        &self,
        design: &Design,
        [images, latents]: [Tensor<4>; 2],
        phase: Phase,
        values: &mut Values,
    ) -> Tensor<1> {
        let apart = images - self.generate(design, latents.clone(), phase);
        let cycle = (apart.square().flatten::<2>(1, 3).sum_dim(1) + TINY).sqrt().mean();
        let (variance, mean) = latents.var_mean(0);
        let unlike = (mean.square() + ((variance + TINY).sqrt() - 1.0).square()).sum();
        values.extend([(CYCLE, number(cycle.clone())), (LATENTS, number(unlike.clone()))]);
        cycle + unlike * LATENTS_WEIGHT
    }

    /// The frozen encoder, up to the features.
    pub fn encoder(&self, design: &Design) -> Encoder {
        self.encoder.fold(design.encoder)
    }
}

/// Updates the encoder and generator by a loss `[1]`, at a share of the step's learning rate, and then their average. At
/// the start of a run the average is over all steps so far.
pub fn update(bigan: &mut Learner<Bigan>, step: Step, share: f64, loss: &Tensor<1>) {
    bigan.update(step.rate * share, loss.backward());
    bigan.update_average(step.options.average.unwrap_or_default().min(step.index + 1));
}

/// A step before the game: the encoder and generator alone are updated, as an autoencoder.
pub fn warm_up(bigan: &mut Learner<Bigan>, design: &Design, step: Step, device: &Device) -> Values {
    let images = to_tensor(step.pixels, design.encoder.input_range, device);
    let deviation = step.options.noise_deviation();
    let noise = random::normal([step.batch(), design.latent, 1, 1], deviation, &mut step.random(), device);
    let latents = bigan.net.sample(design, images.clone(), noise);
    let mut values = vec![];
    let loss = bigan.net.autoencoder_loss(design, [images, latents], Phase::Train, &mut values);
    update(bigan, step, 1.0, &loss);
    values
}

/// The pictures of a net off its autodiff device, from some images `[N, 3, 32, 32]`.
///
/// # Errors
/// When the device cannot be read.
pub fn pictures(
    design: &'static Design,
    net: Bigan,
    originals: &[u8],
    seed: u64,
    device: &Device,
) -> Result<Vec<Picture>> {
    let frozen = Frozen { encoder: net.encoder(design), design, net };
    pictures::of_latents(&frozen, originals, seed, &device.clone().inner())
}

/// A trained pair, to look at.
struct Frozen {
    design: &'static Design,
    net: Bigan,
    encoder: Encoder,
}

impl Latent for Frozen {
    fn size(&self) -> usize {
        self.design.latent
    }

    fn encode(&self, pixels: &[u8], device: &Device) -> Tensor<2> {
        let images = to_tensor(pixels, self.design.encoder.input_range, device);
        let features = self.encoder.features(&self.encoder.freeze(images, Scope::Conv5), &[]).primal;
        let [count, width] = features.dims();
        let top = features.reshape([count, width, 1, 1]);
        let [mean, _] = mean_and_log_deviation(nets::leaky_stack(
            &self.net.head,
            &self.design.head,
            top,
            self.design.slope,
            Phase::Infer,
        ));
        mean.flatten::<2>(1, 3)
    }

    fn decode(&self, latents: Tensor<2>) -> Tensor<4> {
        let [count, size] = latents.dims();
        let images = self.net.generate(self.design, latents.reshape([count, size, 1, 1]), Phase::Infer);
        match self.design.encoder.input_range {
            InputRange::Unit => images,
            InputRange::Symmetric => (images + 1.0) / 2.0,
        }
    }
}

/// μ and log σ: the first and the second half of the channels.
fn mean_and_log_deviation(x: Tensor<4>) -> [Tensor<4>; 2] {
    let half = x.dims()[1] / 2;
    [x.clone().narrow(1, 0, half), x.narrow(1, half, half)]
}

/// The log-odds of the mean image, `[3, 32, 32]`.
fn log_odds(data: &ImageSet, device: &Device) -> Tensor<3> {
    let mut sums = vec![0.0_f64; 3 * PLANE];
    for index in 0..data.len() {
        sums.iter_mut().zip(data.image(index)).for_each(|(sum, &byte)| *sum += f64::from(byte));
    }
    let odds = sums.into_iter().map(|sum| {
        let mean = (sum / (255.0 * data.len().max(1) as f64)).clamp(1e-7, 1.0 - 1e-7);
        (mean / (1.0 - mean)).ln() as f32
    });
    random::tensor(odds, [3, SIDE, SIDE], device)
}

/// How varied images `[N, 3, 32, 32]` are, as a share of the deviation of others: near 0 when a generator has
/// collapsed onto one image.
pub fn spread(made: &Tensor<4>, data: &Tensor<4>) -> f64 {
    let deviation = |images: &Tensor<4>| f64::from(images.clone().var(0).sqrt().mean().into_scalar::<f32>());
    deviation(made) / deviation(data).max(1e-6)
}

#[cfg(test)]
mod tests {
    use super::super::{ali, nets::tests::sizes, random::Purpose, wali};
    use super::*;
    use gradient_features::{fit::adam::Adam, images::IMAGE_BYTES};

    /// Encoder, head and generator as they were published.
    #[test]
    fn the_networks_have_the_published_sizes() {
        for (design, encoder_size, generator_size) in
            [(&ali::DESIGN, 3_118_496, 978_080 + 3 * 32 * 32), (&wali::DESIGN, 3_155_432, 1_125_536)]
        {
            let latent = design.latent;
            let mut random = random::generator(1, Purpose::Start, 0);
            let net = Bigan::random(design, &ImageSet::default(), &mut random, &Device::flex());
            let below: Vec<[usize; 4]> = net.encoder.layers.iter().map(|layer| layer.weight.dims()).collect();
            assert_eq!(
                below,
                [[32, 3, 5, 5], [64, 32, 4, 4], [128, 64, 4, 4], [256, 128, 4, 4], [512, 256, 4, 4]],
                "encoder"
            );
            let (head, of_head) = sizes(&net.head);
            assert_eq!(head, [[512, 512, 1, 1], [2 * latent, 512, 1, 1]], "head");
            let of_below: usize = below.iter().map(|shape| shape.iter().product::<usize>() + 2 * shape[0]).sum();
            assert_eq!(of_below + of_head, encoder_size);
            let (generator, of_generator) = sizes(&net.generator);
            let expected = [
                [latent, 256, 4, 4],
                [256, 128, 4, 4],
                [128, 64, 4, 4],
                [64, 32, 4, 4],
                [32, 32, 5, 5],
                [32, 32, 1, 1],
                [3, 32, 1, 1],
            ];
            assert_eq!(generator, expected, "generator");
            let bias = net.output_bias.as_ref().map_or(0, |bias| bias.dims().iter().product());
            assert_eq!(of_generator + bias, generator_size);
        }
    }

    /// Down the gradient of the term alone, the encoder and the generator reconstruct a few images ever better.
    #[test]
    fn the_cycle_holds_reconstructions_to_their_images() {
        let device = Device::flex().autodiff();
        for design in [&ali::DESIGN, &wali::DESIGN] {
            let pixels: Vec<u8> = (0..6 * IMAGE_BYTES).map(|at| (at / 97 * 31 % 251) as u8).collect();
            let images = to_tensor(&pixels, design.encoder.input_range, &device);
            let mut random = random::generator(1, Purpose::Start, 0);
            let start = Bigan::random(design, &ImageSet { pixels, labels: vec![0; 6] }, &mut random, &device);
            let mut bigan = Learner::new(start, || Adam { beta_1: 0.5, beta_2: 0.9, epsilon: 1e-8, decay: 0.0 }.into());
            let mut values = vec![];
            for _ in 0..25 {
                let latents = bigan.net.encode(design, images.clone())[0].clone();
                let nothing = Tensor::zeros([1], &device);
                let pair = [images.clone(), latents];
                let loss = bigan.net.add_cycle(design, 1.0, pair, nothing, &mut values);
                let [.., (_, cycle), (_, latents)] = values[..] else { panic!("two values") };
                let expected = cycle + LATENTS_WEIGHT * latents;
                assert!((number(loss.clone()) - expected).abs() < 1e-6 * expected, "the weight is 1");
                bigan.update(2e-3, loss.backward());
            }
            let [first, last] = [0, 48].map(|at| values[at].1);
            assert!(last < 0.7 * first, "from {first} to {last}");
        }
    }

    /// Images of the prior's latents are normalized by the prior's running statistics, reconstructions by those of their
    /// own batch, which stay out of the running ones.
    #[test]
    fn the_cycle_leaves_the_running_statistics_alone() {
        let device = Device::flex().autodiff();
        for design in [&ali::DESIGN, &wali::DESIGN] {
            let mut random = random::generator(1, Purpose::Start, 0);
            let gray = ImageSet { pixels: vec![128; IMAGE_BYTES], labels: vec![0] };
            let net = Bigan::random(design, &gray, &mut random, &device);
            let latents = random::normal([4, design.latent, 1, 1], 1.0, &mut random, &device);
            let made = || net.generate(design, latents.clone(), Phase::Infer).into_data();
            let before = made();
            let others = latents.clone() * 0.1 + 2.0;
            let pair = [Tensor::zeros([4, 3, SIDE, SIDE], &device), others.clone()];
            let mut values = vec![];
            net.add_cycle(design, 1.0, pair, Tensor::zeros([1], &device), &mut values);
            let cycle = values[0].1;
            assert_eq!(made(), before);
            let apart = |phase| net.generate(design, others.clone(), phase).square().flatten::<2>(1, 3).sum_dim(1);
            let [batch, running] = [Phase::Batch, Phase::Infer].map(|phase| number(apart(phase).sqrt().mean()));
            assert!((cycle - batch).abs() < 1e-6 * batch, "{cycle} is not {batch}, by the statistics of their batch");
            assert!((cycle - running).abs() > 1e-4 * batch, "{running}");
            net.generate(design, latents.clone(), Phase::Train);
            assert_ne!(made(), before, "those of the prior go in");
        }
    }

    /// Two latents a distance apart and off the prior's mean, in each number alike.
    #[test]
    fn latents_are_held_to_the_prior() {
        let device = Device::flex();
        let design = &ali::DESIGN;
        let gray = ImageSet { pixels: vec![90; 2 * IMAGE_BYTES], labels: vec![0; 2] };
        let net = Bigan::random(design, &gray, &mut random::generator(1, Purpose::Start, 0), &device);
        let images = to_tensor(&gray.pixels, design.encoder.input_range, &device);
        let unlike = |latents: [f32; 2]| {
            let latents = latents.map(|value| Tensor::full([1, design.latent, 1, 1], value, &device));
            let pair = [images.clone(), Tensor::cat(latents.to_vec(), 0)];
            let mut values = vec![];
            let loss = net.add_cycle(design, 0.5, pair, Tensor::ones([1], &device), &mut values);
            let [("cycle", cycle), ("latents", unlike)] = values[..] else { panic!("{values:?}") };
            assert!((number(loss) - 1.0 - 0.5 * (cycle + 0.02 * unlike)).abs() < 1e-5, "{cycle}, {unlike}");
            unlike / 64.0
        };
        let of_deviation_1 = 0.5_f32.sqrt();
        assert!(unlike([-of_deviation_1, of_deviation_1]) < 1e-9);
        assert!((unlike([2.0 - of_deviation_1, 2.0 + of_deviation_1]) - 4.0).abs() < 1e-4);
        assert!((unlike([-3.0 * of_deviation_1, 3.0 * of_deviation_1]) - 4.0).abs() < 1e-4);
    }

    #[test]
    fn the_pixel_biases_start_at_the_log_odds_of_the_mean() {
        let pixels = [[51; IMAGE_BYTES], [153; IMAGE_BYTES]].concat();
        let odds = log_odds(&ImageSet { pixels, labels: vec![0; 2] }, &Device::flex());
        let expected = (0.4_f32 / 0.6).ln();
        assert!((odds - expected).abs().max().into_scalar::<f32>() < 1e-6);
    }
}
