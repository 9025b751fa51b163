//! The parts of a published network, told apart by their tensors' names and shapes, and what they make together.
//!
//! In the published code (gradfeat20, `model.py`) `fnet` has conv1 and conv2, and `hnet` has conv3 to conv5 under the
//! names conv1 to conv3; their tangents w2 are linear1 to linear3; the classifier's `fc` is w1 and its `linear` is ω̄.
//! Layers of the classes NTKConv2d and NTKLinear apply `W/√(out)` and `√0.1·b`, the others what they store.

use super::{
    container::Checkpoint,
    modules::{self, Named, Owner},
};
use anyhow::{Context, Result, anyhow, bail, ensure};
use burn::tensor::{Device, Tensor, TensorData};
use gradient_features::{
    InputRange, Mode, Parametrization, Scope,
    model::{
        config::{EncoderConfig, EncoderKind},
        encoder::{Conv, Encoder, LayerSpec},
        linear::{Classifier, Head, Parameters},
        ntk::Scales,
    },
};
use std::{
    fmt::{self, Display, Formatter},
    fs::File,
    path::Path,
};

/// The only kind of encoder that was published.
const KIND: EncoderKind = EncoderKind::Ali;
/// The most classes: labels are bytes.
const MAX_CLASSES: usize = 256;
/// PyTorch's ε of batch normalisation, which a state dictionary does not tell.
const EPSILON: f64 = 1e-5;
/// Above it, root mean square times √fan-in tells a layer in the NTK parametrization. In the standard one a layer that
/// keeps the size of what it is given has about 1; the NTK's factor √out makes at least 11 of that.
const NTK_GAIN: f64 = 5.0;

/// What a layer is in the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Role {
    /// Convolution `index` of the encoder.
    Base(usize),
    /// w2 of convolution `index`.
    Tangent(usize),
    /// w1.
    Classifier,
    /// ω̄.
    Omega,
}

/// A layer's numbers as they are stored.
#[derive(Debug, Clone)]
struct Layer {
    role: Role,
    /// File and name, for people.
    origin: String,
    /// As its class says; `None` in a state dictionary.
    parametrization: Option<Parametrization>,
    /// `[out, in, …]`.
    shape: Vec<usize>,
    weight: Vec<f32>,
    /// `[out]`.
    bias: Vec<f32>,
}

/// What has been found so far.
#[derive(Debug, Default)]
pub struct Parts {
    layers: Vec<Layer>,
    /// Names of what belongs to no known layer.
    pub left_out: Vec<String>,
}

/// What the files do not say.
#[derive(Debug, Clone, Copy)]
pub struct Unsaid {
    pub slope: f32,
    pub input_range: InputRange,
    /// Of θ2 and ω in state dictionaries.
    pub parametrization: Option<Parametrization>,
}

impl Display for Role {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Base(index) => out.write_str(KIND.layers()[index].name),
            Self::Tangent(index) => write!(out, "w2 of {}", KIND.layers()[index].name),
            Self::Classifier => out.write_str("the classifier"),
            Self::Omega => out.write_str("ω"),
        }
    }
}

impl Role {
    /// Of a layer with that name and weight. The encoder's convolutions all differ in shape.
    fn of(name: &str, shape: &[usize]) -> Option<Self> {
        let is_linear = name.rsplit('.').next().is_some_and(|last| last.starts_with("linear"));
        match *shape {
            [classes, features] if features == KIND.features() && (1..=MAX_CLASSES).contains(&classes) => {
                Some(if is_linear { Self::Omega } else { Self::Classifier })
            }
            _ => {
                let index = KIND.layers().iter().position(|spec| spec.weight_shape() == shape)?;
                Some(if is_linear { Self::Tangent(index) } else { Self::Base(index) })
            }
        }
    }

    /// Whether it is θ1, which was published in the standard parametrization only.
    fn is_bottom(self) -> bool {
        matches!(self, Self::Base(index) if index < lowest_scope_layer())
    }
}

/// The lowest layer that the widest scope has.
fn lowest_scope_layer() -> usize {
    KIND.scopes().iter().map(|&scope| KIND.scope_start(scope)).min().unwrap_or(0)
}

/// The tensors of one layer, before they are read.
#[derive(Debug)]
struct Group<'a> {
    name: &'a str,
    owner: Option<&'a Owner>,
    tensors: Vec<(&'a str, &'a Named)>,
}

impl<'a> Group<'a> {
    /// Tensors whose names differ in the last part only, in the order of the file.
    fn all(named: &'a [Named]) -> Vec<Self> {
        let mut groups: Vec<Self> = vec![];
        for tensor in named {
            let (name, part) = tensor.name.rsplit_once('.').unwrap_or(("", &tensor.name));
            match groups.iter_mut().find(|group| group.name == name) {
                Some(group) => group.tensors.push((part, tensor)),
                None => groups.push(Self { name, owner: tensor.owner.as_ref(), tensors: vec![(part, tensor)] }),
            }
        }
        groups
    }

    /// What to call it: a tensor that belongs to no layer has only its own name.
    fn shown(&self) -> &'a str {
        match self.tensors.as_slice() {
            [(part, _), ..] if self.name.is_empty() => part,
            _ => self.name,
        }
    }

    fn tensor(&self, part: &str) -> Option<&'a Named> {
        self.tensors.iter().find(|(name, _)| *name == part).map(|(_, tensor)| *tensor)
    }

    fn role(&self) -> Option<Role> {
        Role::of(self.name, &self.tensor("weight")?.tensor.shape)
    }

    fn is_norm(&self) -> bool {
        self.tensor("running_mean").is_some()
    }

    /// The convolution that a batch normalisation stands behind: in the same module the one with the same number (conv3
    /// and bn3), or else the last one before it in the file, as in a sequence.
    fn normalized<'b>(&self, groups: &'b [Self]) -> Option<&'b Self> {
        let (module, own) = split(self.name);
        let is_conv = |group: &&Self| group.tensor("weight").is_some_and(|weight| weight.tensor.shape.len() == 4);
        let convs = || groups.iter().filter(|group| split(group.name).0 == module).filter(is_conv);
        let place = |group: &Self| groups.iter().position(|other| other.name == group.name);
        let same_number = convs().find(|conv| number(split(conv.name).1) == number(own));
        same_number.or_else(|| convs().rfind(|conv| place(conv) < place(self)))
    }

    /// The batch normalisation behind this layer, if there is one.
    fn norm<'b>(&self, groups: &'b [Self]) -> Result<Option<&'b Self>> {
        let is_ours = |norm: &&Self| norm.normalized(groups).is_some_and(|conv| conv.name == self.name);
        let mut norms = groups.iter().filter(|group| group.is_norm()).filter(is_ours);
        match (norms.next(), norms.next()) {
            (Some(one), Some(two)) => bail!("{} and {} both normalise {}", one.name, two.name, self.name),
            (norm, _) => Ok(norm),
        }
    }

    fn numbers(&self, part: &str, count: usize, checkpoint: &mut Checkpoint<File>) -> Result<Option<Vec<f32>>> {
        let Some(named) = self.tensor(part) else { return Ok(None) };
        let numbers = checkpoint.numbers(&named.tensor).with_context(|| format!("{} cannot be read", named.name))?;
        ensure!(numbers.len() == count, "{} has {} numbers, which should be {count}", named.name, numbers.len());
        Ok(Some(numbers))
    }
}

/// The module's name and the name in it.
fn split(name: &str) -> (&str, &str) {
    name.rsplit_once('.').unwrap_or(("", name))
}

/// The digits at the end of a name.
fn number(name: &str) -> &str {
    &name[name.trim_end_matches(|letter: char| letter.is_ascii_digit()).len()..]
}

impl Parts {
    /// Adds what a file has.
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
            self.layers.push(read_layer(group, norm, role, origin, &mut checkpoint)?);
        }
        let unused = groups.iter().filter(|group| !used.contains(&group.name));
        self.left_out.extend(unused.map(|group| group.shown().to_owned()));
        ensure!(
            self.layers.len() > before,
            "it has no part of a published network: no convolution of the encoder, no tangent, no classifier{}",
            self.advice()
        );
        Ok(())
    }

    /// For an error that what was left out may explain.
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
    /// and ω what `given` says, or else what the other parts or the size of the numbers tell.
    fn resolve(&mut self, given: Option<Parametrization>) -> Parametrization {
        let top = given.or_else(|| self.said()).unwrap_or_else(|| self.guess());
        for layer in &mut self.layers {
            let unsaid = if layer.role.is_bottom() { Parametrization::Standard } else { top };
            layer.parametrization.get_or_insert(unsaid);
        }
        top
    }

    /// What the classes say, or that there are tangents: only the networks in the NTK parametrization have any.
    fn said(&self) -> Option<Parametrization> {
        let is_linear = |layer: &&Layer| matches!(layer.role, Role::Tangent(_) | Role::Omega);
        let said =
            |wanted| self.layers.iter().any(|layer| layer.parametrization == Some(wanted) && !layer.role.is_bottom());
        if said(Parametrization::Ntk) || self.layers.iter().any(|layer| is_linear(&layer)) {
            return Some(Parametrization::Ntk);
        }
        said(Parametrization::Standard).then_some(Parametrization::Standard)
    }

    /// What the size of θ2's numbers tells.
    fn guess(&self) -> Parametrization {
        let of_theta2 = |layer: &&Layer| matches!(layer.role, Role::Base(_)) && !layer.role.is_bottom();
        let is_ntk = self.layers.iter().filter(of_theta2).all(|layer| layer.gain() > NTK_GAIN);
        if is_ntk { Parametrization::Ntk } else { Parametrization::Standard }
    }

    /// The network, and its heads for every scope that its tangents allow.
    ///
    /// # Errors
    /// When parts are missing or do not fit each other.
    pub fn assemble(&mut self, unsaid: Unsaid, classes: impl FnOnce(usize) -> Result<Vec<String>>) -> Result<Net> {
        let parametrization = self.resolve(unsaid.parametrization);
        let config =
            EncoderConfig { kind: KIND, slope: unsaid.slope, input_range: unsaid.input_range, parametrization };
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
    /// passes over a tangent that has none above it, and so its network is not what it seems.
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

fn read_layer(
    group: &Group<'_>,
    norm: Option<&Group<'_>>,
    role: Role,
    origin: String,
    checkpoint: &mut Checkpoint<File>,
) -> Result<Layer> {
    let shape = group.tensor("weight").map(|weight| weight.tensor.shape.clone()).unwrap_or_default();
    let outputs = shape[0];
    if let (Role::Base(index) | Role::Tangent(index), Some(owner)) = (role, group.owner) {
        let spec = KIND.layers()[index];
        let fits =
            owner.stride.is_none_or(|stride| stride == spec.stride) && owner.padding.is_none_or(|zeros| zeros == 0);
        ensure!(fits, "{origin} has another stride or padding than {role} has");
    }
    let count = shape.iter().product();
    let weight = group.numbers("weight", count, checkpoint)?.unwrap_or_default();
    let bias = group.numbers("bias", outputs, checkpoint)?.unwrap_or_else(|| vec![0.0; outputs]);
    let parametrization = group.owner.map(|owner| match owner.class.starts_with("NTK") {
        true => Parametrization::Ntk,
        false => Parametrization::Standard,
    });
    let mut layer = Layer { role, origin, parametrization, shape, weight, bias };
    if let Some(norm) = norm {
        layer.fold(norm, checkpoint)?;
    }
    Ok(layer)
}

impl Layer {
    /// Folds the batch normalisation behind the layer into it: `γ (x − μ)/√(σ² + ε) + β` with the running statistics.
    fn fold(&mut self, norm: &Group<'_>, checkpoint: &mut Checkpoint<File>) -> Result<()> {
        let outputs = self.shape[0];
        let mut numbers = |part: &str| norm.numbers(part, outputs, checkpoint);
        let ones = || vec![1.0; outputs];
        let zeros = || vec![0.0; outputs];
        let mean = numbers("running_mean")?.unwrap_or_else(zeros);
        let variance = numbers("running_var")?.unwrap_or_else(ones);
        let (gamma, beta) = (numbers("weight")?.unwrap_or_else(ones), numbers("bias")?.unwrap_or_else(zeros));
        let epsilon = norm.owner.and_then(|owner| owner.epsilon).unwrap_or(EPSILON);
        let scales = Scales::new(*self.parametrization.get_or_insert(Parametrization::Standard), outputs);
        let size = self.weight.len() / outputs;
        for (channel, weights) in self.weight.chunks_exact_mut(size).enumerate() {
            let factor = f64::from(gamma[channel]) / (f64::from(variance[channel]) + epsilon).sqrt();
            weights.iter_mut().for_each(|weight| *weight = (f64::from(*weight) * factor) as f32);
            let applied = f64::from(self.bias[channel]) * scales.bias;
            let folded = (applied - f64::from(mean[channel])) * factor + f64::from(beta[channel]);
            self.bias[channel] = (folded / scales.bias) as f32;
        }
        Ok(())
    }

    /// Root mean square times √fan-in: by how much a layer scales what it is given, were it standard.
    fn gain(&self) -> f64 {
        let squares: f64 = self.weight.iter().map(|&weight| f64::from(weight).powi(2)).sum();
        (squares / self.shape[0] as f64).sqrt()
    }

    fn scales(&self) -> Scales {
        Scales::new(self.parametrization.unwrap_or(Parametrization::Standard), self.shape[0])
    }

    /// As a convolution that is stored in another parametrization.
    fn conv(&self, spec: &LayerSpec, parametrization: Parametrization) -> Conv {
        let (own, other) = (self.scales(), Scales::new(parametrization, spec.outputs));
        Conv::new(
            tensor(scaled(&self.weight, own.weight / other.weight), spec.weight_shape()),
            tensor(scaled(&self.bias, own.bias / other.bias), [spec.outputs]),
        )
    }

    /// What a linear layer applies, `[512, c]`.
    fn matrix(&self) -> Tensor<2> {
        tensor(scaled(&self.weight, self.scales().weight), [self.shape[0], self.shape[1]]).transpose()
    }

    fn classifier(&self) -> Classifier {
        Classifier::new(self.matrix(), tensor(scaled(&self.bias, self.scales().bias), [self.shape[0]]))
    }
}

fn scaled(values: &[f32], factor: f64) -> Vec<f32> {
    values.iter().map(|&value| (f64::from(value) * factor) as f32).collect()
}

fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), &Device::flex())
}

/// A network that was put together.
#[derive(Debug)]
pub struct Net {
    pub encoder: Encoder,
    /// None for a base network alone.
    pub heads: Vec<Head>,
}

/// What heads are made of.
struct Heads {
    /// The lowest layer with a tangent.
    lowest: usize,
    /// From that layer up.
    tangents: Vec<Conv>,
    classifier: Option<Classifier>,
    /// Only where there are tangents.
    omega: Option<Tensor<2>>,
}

impl Heads {
    /// One for each scope and each mode that there are the parameters for. A narrower scope leaves the tangents outside
    /// it out.
    fn all(&self, classes: &[String]) -> Vec<Head> {
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
