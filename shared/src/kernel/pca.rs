//! A plane on which images lie close together when they are alike: the two principal axes of their features, found from
//! the features' inner products alone (Schölkopf, Smola, Müller 1998), so that gradients need not be written down.
//!
//! Two axes are all that a map needs, and power iteration finds them in a few lines: an eigensolver for all of them
//! would be a crate and most of its work for nothing.

/// The most steps towards one axis; each is a product of the matrix with a vector.
const STEPS: usize = 300;
/// An axis that turns by less than this from one step to the next is found.
const STILL: f64 = 1e-10;

/// Inner products of images, pair by pair.
#[derive(Debug, Clone)]
pub struct Gram {
    size: usize,
    products: Vec<f64>,
}

impl Gram {
    /// Of so many images, nothing known yet.
    pub fn new(size: usize) -> Self {
        Self { size, products: vec![0.0; size * size] }
    }

    /// The product of two images, in either order.
    pub fn set(&mut self, a: usize, b: usize, product: f64) {
        self.products[a * self.size + b] = product;
        self.products[b * self.size + a] = product;
    }

    /// The cosines of the angles between the images.
    fn into_cosines(mut self) -> Self {
        let norms: Vec<f64> = (0..self.size).map(|at| self.products[at * (self.size + 1)].sqrt()).collect();
        for (row, norm) in self.products.chunks_mut(self.size.max(1)).zip(&norms) {
            row.iter_mut().zip(&norms).for_each(|(product, other)| *product /= (norm * other).max(f64::MIN_POSITIVE));
        }
        self
    }

    fn apply(&self, vector: &[f64]) -> Vec<f64> {
        self.products.chunks(self.size.max(1)).map(|row| dot(row, vector)).collect()
    }
}

/// A direction among the images, of length 1, and how much they vary along it.
#[derive(Debug, Clone)]
struct Axis {
    direction: Vec<f64>,
    variance: f64,
}

/// The plane of the first two axes of the images' features, each feature of length 1.
#[derive(Debug, Clone)]
pub struct Plane {
    means: Vec<f64>,
    mean: f64,
    total: f64,
    axes: Vec<Axis>,
}

impl Plane {
    /// From the inner products.
    pub fn new(gram: Gram) -> Self {
        let mut gram = gram.into_cosines();
        let means: Vec<f64> = gram.products.chunks(gram.size.max(1)).map(mean).collect();
        let middle = mean(&means);
        for (row, row_mean) in gram.products.chunks_mut(gram.size.max(1)).zip(&means) {
            row.iter_mut().zip(&means).for_each(|(product, other)| *product += middle - row_mean - other);
        }
        let total = gram.products.iter().step_by(gram.size + 1).sum();
        let mut axes = Vec::new();
        for _ in 0..2 {
            axes.push(next_axis(&gram, &axes));
        }
        Self { means, mean: middle, total, axes }
    }

    /// Where the images are, `[N, 2]`.
    pub fn points(&self) -> Vec<f32> {
        let place = |image: usize| self.axes.iter().map(move |axis| axis.variance.sqrt() * axis.direction[image]);
        (0..self.means.len()).flat_map(place).map(|value| value as f32).collect()
    }

    /// Where an image is whose cosines with all of them are given.
    pub fn place(&self, cosines: &[f32]) -> [f32; 2] {
        let cosines: Vec<f64> = cosines.iter().copied().map(f64::from).collect();
        let own = mean(&cosines);
        let centred: Vec<f64> = cosines.iter().zip(&self.means).map(|(k, mean)| k - mean - own + self.mean).collect();
        [0, 1].map(|at| {
            let Axis { direction, variance } = &self.axes[at];
            (dot(direction, &centred) / variance.sqrt().max(f64::MIN_POSITIVE)) as f32
        })
    }

    /// How much of all variance the plane has.
    pub fn share(&self) -> f32 {
        let kept: f64 = self.axes.iter().map(|axis| axis.variance).sum();
        (kept / self.total.max(f64::MIN_POSITIVE)) as f32
    }
}

/// The axis of most variance at right angles to the earlier ones, by power iteration.
fn next_axis(gram: &Gram, earlier: &[Axis]) -> Axis {
    let start = (1..=gram.size).map(|at| (at as f64).sin()).collect();
    let (mut direction, mut variance) = unit(without(start, earlier));
    for _ in 0..STEPS {
        let (next, length) = unit(without(gram.apply(&direction), earlier));
        let turned = 1.0 - dot(&next, &direction);
        (direction, variance) = (next, length);
        if turned < STILL {
            break;
        }
    }
    Axis { direction: upright(direction), variance }
}

/// The same axis, whichever way the iteration found it: its largest number is positive.
fn upright(direction: Vec<f64>) -> Vec<f64> {
    let largest = direction.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap_or_default();
    direction.into_iter().map(|value| value * largest.signum()).collect()
}

fn without(vector: Vec<f64>, axes: &[Axis]) -> Vec<f64> {
    axes.iter().fold(vector, |vector, Axis { direction, .. }| {
        let along = dot(&vector, direction);
        vector.iter().zip(direction).map(|(value, part)| value - along * part).collect()
    })
}

/// A vector of length 1, and the length that it had.
fn unit(vector: Vec<f64>) -> (Vec<f64>, f64) {
    let length = dot(&vector, &vector).sqrt();
    (vector.into_iter().map(|value| value / length.max(f64::MIN_POSITIVE)).collect(), length)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Points of an ellipse on the unit sphere, which vary by `wide`, `high` and not at all otherwise.
    fn features(count: usize) -> Vec<[f64; 3]> {
        let at = |index: usize| {
            let angle = index as f64 * std::f64::consts::TAU / count as f64;
            let (x, y) = (0.5 * angle.cos(), 0.2 * angle.sin());
            [x, y, (1.0 - x * x - y * y).sqrt()]
        };
        (0..count).map(at).collect()
    }

    fn gram(features: &[[f64; 3]]) -> Gram {
        let mut gram = Gram::new(features.len());
        for a in 0..features.len() {
            // Of different lengths, which do not count.
            (0..=a).for_each(|b| gram.set(a, b, dot(&features[a], &features[b]) * (1 + a) as f64 * (1 + b) as f64));
        }
        gram
    }

    #[test]
    fn distances_on_the_plane_are_those_of_the_features() {
        let features = features(12);
        let plane = Plane::new(gram(&features));
        let points = plane.points();
        // The third direction has what is missing.
        let flat = |index: usize| [features[index][0], features[index][1]];
        for (a, b) in [(0, 6), (3, 9), (0, 3), (1, 5)] {
            let distance = |p: [f64; 2], q: [f64; 2]| (p[0] - q[0]).hypot(p[1] - q[1]);
            let found = |index: usize| [points[2 * index], points[2 * index + 1]].map(f64::from);
            let (found, wanted) = (distance(found(a), found(b)), distance(flat(a), flat(b)));
            assert!((found - wanted).abs() < 1e-6, "{a}–{b}: {found} instead of {wanted}");
        }
        assert!(plane.share() > 0.98 && plane.share() < 1.0, "{}", plane.share());
    }

    #[test]
    fn a_known_image_is_placed_where_it_is() {
        let features = features(9);
        let plane = Plane::new(gram(&features));
        let cosines: Vec<f32> = features.iter().map(|other| dot(&features[4], other) as f32).collect();
        let (placed, points) = (plane.place(&cosines), plane.points());
        (0..2).for_each(|at| assert!((placed[at] - points[8 + at]).abs() < 1e-5, "{placed:?}"));
    }

    #[test]
    fn images_that_are_all_alike_or_absent_are_no_trouble() {
        for count in [0, 1, 4] {
            let plane = Plane::new(gram(&vec![[0.0, 0.0, 1.0]; count]));
            assert_eq!(plane.points().len(), 2 * count);
            assert!(plane.points().iter().chain(&plane.place(&vec![1.0; count])).all(|value| value.abs() < 1e-3));
        }
    }
}
