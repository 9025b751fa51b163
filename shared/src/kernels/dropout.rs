//! Dropout (Srivastava et al. 2014), whose mask nobody keeps: it follows from a key and each number's place, the same on
//! every device.

use super::threads;

/// Numbers that a thread takes at once.
const CHUNK: usize = 1 << 14;

/// Which numbers drop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dropout {
    /// Of the mask.
    pub key: [u32; 2],
    /// Numbers whose hash is below this drop.
    pub below: u32,
    /// What the others are multiplied by, which keeps the mean.
    pub frozen: f32,
}

impl Dropout {
    /// Drops with a probability from 0 to below 1.
    pub fn new(probability: f32, key: [u32; 2]) -> Self {
        let all = f64::from(u32::MAX) + 1.0;
        Self { key, below: (f64::from(probability) * all) as u32, frozen: 1.0 / (1.0 - probability) }
    }

    /// What the number at a place is multiplied by.
    fn factor(&self, place: u32) -> f32 {
        let [first, second] = self.key;
        if hash(hash(place ^ first).wrapping_add(second)) < self.below { 0.0 } else { self.frozen }
    }
}

/// The hash pcg of Jarzynski and Olano (2020), as in `dropout.wgsl`.
fn hash(value: u32) -> u32 {
    let state = value.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
    let word = ((state >> ((state >> 28) + 4)) ^ state).wrapping_mul(277_803_737);
    (word >> 22) ^ word
}

/// The numbers, dropped out.
pub fn forward(x: &[f32], dropout: Dropout) -> Vec<f32> {
    let mut out = vec![0.0; x.len()];
    threads::for_each_chunk(&mut out, CHUNK, |chunk, out| {
        let start = chunk * CHUNK;
        let places = (start as u32)..;
        out.iter_mut().zip(&x[start..]).zip(places).for_each(|((out, x), place)| *out = x * dropout.factor(place));
    });
    out
}
