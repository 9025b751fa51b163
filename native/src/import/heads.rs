//! The heads that a network's parts make.

use super::role::KIND;
use burn::tensor::Tensor;
use gradient_features::{
    Mode, Scope,
    model::{
        encoder::Conv,
        linear::{Classifier, Head, Parameters},
    },
};

/// What heads are made of.
pub struct Heads {
    /// The lowest layer with a tangent.
    pub lowest: usize,
    /// From that layer up.
    pub tangents: Vec<Conv>,
    /// w1.
    pub classifier: Option<Classifier>,
    /// Only where there are tangents.
    pub omega: Option<Tensor<2>>,
}

impl Heads {
    /// One for each scope and each mode whose parameters are there. A narrower scope omits the tangents below it.
    pub fn all(&self, classes: &[String]) -> Vec<Head> {
        let of_scope = |&scope: &Scope| {
            [Mode::Activation, Mode::Gradient, Mode::Full]
                .into_iter()
                .filter_map(move |mode| self.head(mode, scope, classes))
        };
        KIND.scopes().iter().flat_map(of_scope).collect()
    }

    fn head(&self, mode: Mode, scope: Scope, classes: &[String]) -> Option<Head> {
        let classifier = if mode.has_classifier() { Some(self.classifier.clone()?) } else { None };
        let (omega, tangents) = if mode.has_gradient() {
            let below = KIND.scope_start(scope).checked_sub(self.lowest)?;
            (Some(self.omega.clone()?), self.tangents[below..].to_vec())
        } else {
            (None, vec![])
        };
        let parameters = Parameters { classifier, tangents, replaced: vec![] };
        Some(Head { mode, scope, classes: classes.to_vec(), omega, parameters })
    }
}
