//! The map of the gallery's images, made in pieces.

use gradient_features::kernel::{
    RankOne,
    pca::{Gram, Plane},
};
use protocol::{
    insight::{self, Layout, Similar},
    messages::Compare,
};
use std::rc::Rc;

/// Pairs of images that are multiplied at a time.
const PAIRS: usize = 3000;

/// A map of what a comparison names, as far as it goes.
pub struct Map {
    /// The comparison that it is of.
    pub of: Compare,
    images: Vec<Rc<RankOne>>,
    /// Rows of the products that are known.
    rows: usize,
    by_activation: Gram,
    by_gradient: Gram,
    planes: Option<[Plane; 2]>,
}

impl Map {
    /// With nothing on it yet.
    pub fn new(of: Compare, images: Vec<Rc<RankOne>>) -> Self {
        let gram = || Gram::new(images.len());
        Self { of, rows: 0, by_activation: gram(), by_gradient: gram(), planes: None, images }
    }

    /// Whether it is done.
    pub fn is_whole(&self) -> bool {
        self.planes.is_some()
    }

    /// Goes on for a while.
    pub fn go_on(&mut self) {
        let end = (self.rows + PAIRS / (self.rows + 1) + 1).min(self.images.len());
        if self.rows == end {
            let plane = |gram: &mut Gram| Plane::new(std::mem::replace(gram, Gram::new(0)));
            self.planes = Some([plane(&mut self.by_activation), plane(&mut self.by_gradient)]);
        }
        (self.rows..end).for_each(|row| self.multiply(row));
        self.rows = end;
    }

    fn multiply(&mut self, row: usize) {
        for (column, other) in self.images[..=row].iter().enumerate() {
            let image = &self.images[row];
            self.by_activation.set(row, column, image.activation_product(other));
            self.by_gradient.set(row, column, image.gradient_product(other, &self.of.omega));
        }
    }

    /// The map with the chosen image on it, once it is whole.
    pub fn layout(&self, similar: &Similar) -> Option<Layout> {
        let [activation, gradient] = self.planes.as_ref()?;
        let plane = |plane: &Plane, cosines: &[f32]| insight::Plane {
            points: plane.points(),
            own: plane.place(cosines),
            share: plane.share(),
        };
        Some(Layout {
            by_activation: plane(activation, &similar.by_activation),
            by_gradient: plane(gradient, &similar.by_gradient),
        })
    }
}
