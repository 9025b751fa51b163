//! The tensors of one layer, grouped by their names.

use super::{
    container::Checkpoint,
    modules::{Named, Owner},
    role::Role,
};
use anyhow::{Context, Result, bail, ensure};
use std::fs::File;

/// The tensors of one layer, before they are read.
#[derive(Debug)]
pub struct Group<'a> {
    /// The tensors' names without their last part.
    pub name: &'a str,
    /// The module that has them; none in a plain state dictionary.
    pub owner: Option<&'a Owner>,
    tensors: Vec<(&'a str, &'a Named)>,
}

impl<'a> Group<'a> {
    /// Tensors whose names differ in the last part only, in the order of the file.
    pub fn all(named: &'a [Named]) -> Vec<Self> {
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
    pub fn label(&self) -> &'a str {
        match self.tensors.as_slice() {
            [(part, _), ..] if self.name.is_empty() => part,
            _ => self.name,
        }
    }

    /// The tensor with that last part of its name.
    pub fn tensor(&self, part: &str) -> Option<&'a Named> {
        self.tensors.iter().find(|(name, _)| *name == part).map(|(_, tensor)| *tensor)
    }

    /// What layer it is, if it is one of the networks'.
    pub fn role(&self) -> Option<Role> {
        Role::of(self.name, &self.tensor("weight")?.tensor.shape)
    }

    /// Whether it is a batch normalisation.
    pub fn is_norm(&self) -> bool {
        self.tensor("running_mean").is_some()
    }

    /// The convolution that a batch normalisation follows: in the same module the one with the same number (conv3
    /// and bn3), or else the last one before it in the file.
    pub fn normalized<'b>(&self, groups: &'b [Self]) -> Option<&'b Self> {
        let (module, own) = split(self.name);
        let is_conv = |group: &&Self| group.tensor("weight").is_some_and(|weight| weight.tensor.shape.len() == 4);
        let convs = || groups.iter().filter(|group| split(group.name).0 == module).filter(is_conv);
        let place = |group: &Self| groups.iter().position(|other| other.name == group.name);
        let same_number = convs().find(|conv| number(split(conv.name).1) == number(own));
        same_number.or_else(|| convs().rfind(|conv| place(conv) < place(self)))
    }

    /// The batch normalisation behind this layer, if there is one.
    ///
    /// # Errors
    /// When there are two.
    pub fn norm<'b>(&self, groups: &'b [Self]) -> Result<Option<&'b Self>> {
        let is_ours = |norm: &&Self| norm.normalized(groups).is_some_and(|conv| conv.name == self.name);
        let mut norms = groups.iter().filter(|group| group.is_norm()).filter(is_ours);
        match (norms.next(), norms.next()) {
            (Some(one), Some(two)) => bail!("{} and {} both normalise {}", one.name, two.name, self.name),
            (norm, _) => Ok(norm),
        }
    }

    /// The numbers of a tensor, `[count]`; none where there is no such tensor.
    ///
    /// # Errors
    /// When they cannot be read, are not `count`, or one of them is not finite.
    pub fn numbers(&self, part: &str, count: usize, checkpoint: &mut Checkpoint<File>) -> Result<Option<Vec<f32>>> {
        let Some(named) = self.tensor(part) else { return Ok(None) };
        let numbers = checkpoint.numbers(&named.tensor).with_context(|| format!("{} cannot be read", named.name))?;
        ensure!(numbers.len() == count, "{} has {} numbers, which should be {count}", named.name, numbers.len());
        if let Some(at) = numbers.iter().position(|number| !number.is_finite()) {
            bail!("{} has a value that is not finite, at {at}", named.name);
        }
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
