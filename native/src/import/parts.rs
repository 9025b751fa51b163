//! The parts of a published network, recognized by their tensors' names and shapes, and the network that they make.
//!
//! In the published code (gradfeat20, `model.py`) `fnet` has conv1 and conv2, and `hnet` has conv3 to conv5 under the
//! names conv1 to conv3; their tangents w2 are linear1 to linear3; the classifier's `fc` is w1 and its `linear` is ω̄.
//! Layers of the classes NTKConv2d and NTKLinear apply `W/√(out)` and `√0.1·b`, the others what they store.

use super::{
    assumptions::Assumptions,
    container::Checkpoint,
    group::Group,
    heads::Heads,
    layer::Layer,
    modules,
    role::{KIND, Role},
};
use anyhow::{Result, anyhow, bail, ensure};
use gradient_features::{
    Parametrization,
    model::{
        config::EncoderConfig,
        encoder::{Conv, Encoder, LayerSpec},
        linear::Head,
    },
};
use std::path::Path;

/// A layer whose root mean square times √fan-in is larger has the NTK parametrization. In the standard one a layer that
/// keeps the size of its input has about 1; the NTK's factor √out raises that to at least 11.
const NTK_GAIN: f64 = 5.0;

/// The layers found so far.
#[derive(Debug, Default)]
pub struct Parts {
    layers: Vec<Layer>,
    /// Names of tensors that belong to no known layer.
    pub left_out: Vec<String>,
}

/// An assembled network.
#[derive(Debug)]
pub struct Net {
    /// The base network.
    pub encoder: Encoder,
    /// None for a base network alone.
    pub heads: Vec<Head>,
}

impl Parts {
    /// Adds the layers of a file.
    ///
    /// # Errors
    /// When it is no checkpoint that can be read, has a part that is there already, or none at all.
    pub fn add(&mut self, path: &Path) -> Result<()> {
        let mut checkpoint = Checkpoint::open(path)?;
        let named = modules::tensors(&checkpoint.graph)?;
        let groups = Group::all(&named);
        if let Some(lost) = groups.iter().find(|group| group.is_norm() && group.normalized(&groups).is_none()) {
            bail!("{} is a batch normalisation behind no convolution", lost.name);
        }
        let before = self.layers.len();
        let mut used = vec![];
        for group in &groups {
            let Some(role) = group.role() else { continue };
            let origin = format!("{} of {}", group.name, path.display());
            if let Some(other) = self.find(role) {
                bail!("{role} is there twice: {} and {origin}", other.origin);
            }
            let norm = group.norm(&groups)?;
            used.extend([Some(group.name), norm.map(|norm| norm.name)].into_iter().flatten());
            self.layers.push(Layer::read(group, norm, role, origin, &mut checkpoint)?);
        }
        let unused = groups.iter().filter(|group| !used.contains(&group.name));
        self.left_out.extend(unused.map(|group| group.label().to_owned()));
        ensure!(
            self.layers.len() > before,
            "it has no part of a published network: no convolution of the encoder, no tangent, no classifier{}. What can be \
             read in any case is its state dictionary: torch.save(net.state_dict(), path)",
            self.advice()
        );
        Ok(())
    }

    /// A hint for errors whose cause may be among the tensors that were left out.
    fn advice(&self) -> String {
        match self.left_out.as_slice() {
            [] => String::new(),
            names => format!(" (of a shape that is not known: {})", names.join(", ")),
        }
    }

    fn find(&self, role: Role) -> Option<&Layer> {
        self.layers.iter().find(|layer| layer.role == role)
    }

    fn need(&self, role: Role) -> Result<&Layer> {
        self.find(role)
            .ok_or_else(|| anyhow!("{role} is in none of the files: name the file that has it{}", self.advice()))
    }

    /// Gives every layer a parametrization: its class's, else (from state dictionaries) standard for θ1, and for θ2
    /// and ω `given`, or else by the other parts or the size of the numbers.
    fn resolve(&mut self, given: Option<Parametrization>) -> Parametrization {
        let top = given.or_else(|| self.by_classes()).unwrap_or_else(|| self.by_gain());
        for layer in &mut self.layers {
            let default = if layer.role.is_bottom() { Parametrization::Standard } else { top };
            layer.parametrization.get_or_insert(default);
        }
        top
    }

    /// By the layers' classes, or NTK where there are tangents: only networks in that parametrization have any.
    fn by_classes(&self) -> Option<Parametrization> {
        let is_linear = |layer: &&Layer| matches!(layer.role, Role::Tangent(_) | Role::Omega);
        let has =
            |wanted| self.layers.iter().any(|layer| layer.parametrization == Some(wanted) && !layer.role.is_bottom());
        if has(Parametrization::Ntk) || self.layers.iter().any(|layer| is_linear(&layer)) {
            return Some(Parametrization::Ntk);
        }
        has(Parametrization::Standard).then_some(Parametrization::Standard)
    }

    /// By the size of θ2's numbers.
    fn by_gain(&self) -> Parametrization {
        let of_theta2 = |layer: &&Layer| matches!(layer.role, Role::Base(_)) && !layer.role.is_bottom();
        let is_ntk = self.layers.iter().filter(of_theta2).all(|layer| layer.gain() > NTK_GAIN);
        if is_ntk { Parametrization::Ntk } else { Parametrization::Standard }
    }

    /// The network, and its heads for every scope that its tangents allow.
    ///
    /// # Errors
    /// When parts are missing or do not fit each other.
    pub fn assemble(
        &mut self,
        assumptions: Assumptions,
        classes: impl FnOnce(usize) -> Result<Vec<String>>,
    ) -> Result<Net> {
        let parametrization = self.resolve(assumptions.parametrization);
        let config = EncoderConfig {
            kind: KIND,
            slope: assumptions.slope,
            input_range: assumptions.input_range,
            parametrization,
        };
        let conv = |role, spec: &LayerSpec| Ok(self.need(role)?.conv(spec, parametrization));
        let stored = (0..).zip(KIND.layers()).map(|(index, spec)| conv(Role::Base(index), spec));
        let encoder = Encoder::new(config, stored.collect::<Result<_>>()?);
        let lowest = self.lowest_tangent()?;
        let tangents = (lowest..).zip(&KIND.layers()[lowest..]).map(|(index, spec)| conv(Role::Tangent(index), spec));
        let tangents: Vec<Conv> = tangents.collect::<Result<_>>()?;
        let (classifier, omega) = (self.find(Role::Classifier), self.find(Role::Omega));
        ensure!(
            tangents.is_empty() || omega.is_some(),
            "there are tangents w2, but no ω (the classifier's `linear`) to read them by: name the file that has it"
        );
        let Some(counted) = classifier.or(omega) else { return Ok(Net { encoder, heads: vec![] }) };
        if let (Some(classifier), Some(omega)) = (classifier, omega) {
            ensure!(
                classifier.shape == omega.shape,
                "w1 has the shape {:?}, and ω {:?}",
                classifier.shape,
                omega.shape
            );
        }
        let omega = omega.filter(|_| !tangents.is_empty()).map(Layer::matrix);
        let heads = Heads { lowest, tangents, classifier: classifier.map(Layer::classifier), omega };
        Ok(Net { encoder, heads: heads.all(&classes(counted.shape[0])?) })
    }

    /// The lowest layer with a tangent, or the number of layers. Above it every layer has one: the published code
    /// skips a tangent that has none above it, so such a network would not compute what its parts suggest.
    fn lowest_tangent(&self) -> Result<usize> {
        let layers = KIND.layers().len();
        let has = |&index: &usize| self.find(Role::Tangent(index)).is_some();
        let lowest = (0..layers).find(has).unwrap_or(layers);
        match (lowest..layers).find(|index| !has(index)) {
            Some(gap) => bail!(
                "{} is there, but {} is not: a scope goes up to the last layer",
                Role::Tangent(lowest),
                Role::Tangent(gap)
            ),
            None => Ok(lowest),
        }
    }
}
