//! From a pickle's values to named tensors: the names that `state_dict` would give, with the attributes of the modules
//! that own the tensors.

use super::pickle::{Graph, Id, Tensor, Value};
use anyhow::{Result, ensure};

/// How deep modules may be nested.
const MAX_DEPTH: usize = 16;
/// The most values that are visited; a network has a few hundred, what is kept beside it may have more.
const MAX_VISITS: usize = 1 << 22;
/// The most tensors.
const MAX_TENSORS: usize = 10_000;
/// The longest name, in bytes.
const MAX_NAME: usize = 200;

/// A tensor and its owner.
#[derive(Debug, Clone)]
pub struct Named {
    /// With dots between the parts: `hnet.conv3.weight`.
    pub name: String,
    pub tensor: Tensor,
    /// Of the module that has it; none in a plain state dictionary.
    pub owner: Option<Owner>,
}

/// The attributes of a layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Owner {
    /// Its class, without the package.
    pub class: String,
    /// The stride of a convolution.
    pub stride: Option<usize>,
    /// The zeros around a convolution's input.
    pub padding: Option<usize>,
    /// What a batch normalisation adds to the variance.
    pub epsilon: Option<f64>,
}

/// Every tensor of a module or a dictionary, in the order of the file.
///
/// # Errors
/// When there are too many values.
pub fn tensors(graph: &Graph) -> Result<Vec<Named>> {
    let mut walk = Walk { graph, visits: 0, found: vec![] };
    walk.visit(graph.root, "", 0)?;
    Ok(walk.found)
}

struct Walk<'a> {
    graph: &'a Graph,
    visits: usize,
    found: Vec<Named>,
}

impl Walk<'_> {
    fn visit(&mut self, id: Id, name: &str, depth: usize) -> Result<()> {
        self.visits += 1;
        let is_small = self.visits <= MAX_VISITS && self.found.len() <= MAX_TENSORS;
        ensure!(is_small, "it has too many values: save the network's state dictionary alone");
        // What is deeper, or has a longer name, is no part of these networks.
        if depth > MAX_DEPTH || name.len() > MAX_NAME {
            return Ok(());
        }
        match self.graph.get(id) {
            Value::Tensor(tensor) => {
                self.found.push(Named { name: name.to_owned(), tensor: tensor.clone(), owner: None });
                Ok(())
            }
            Value::Dict(entries) => entries.iter().try_for_each(|&(key, value)| match self.graph.get(key) {
                Value::Text(key) => self.visit(value, &join(name, key), depth + 1),
                Value::Int(key) => self.visit(value, &join(name, &key.to_string()), depth + 1),
                _ => Ok(()),
            }),
            Value::List(items) | Value::Tuple(items) => {
                let mut items = items.iter().enumerate();
                items.try_for_each(|(index, &item)| self.visit(item, &join(name, &index.to_string()), depth + 1))
            }
            Value::Object { class, state: Some(state) } => self.visit_module(class, *state, name, depth),
            _ => Ok(()),
        }
    }

    fn visit_module(&mut self, class: &str, state: Id, name: &str, depth: usize) -> Result<()> {
        let owner = self.owner(class, state);
        let start = self.found.len();
        for kind in ["_parameters", "_buffers"] {
            if let Some(tensors) = self.graph.entry(state, kind) {
                self.visit(tensors, name, depth + 1)?;
            }
        }
        for named in &mut self.found[start..] {
            named.owner = Some(owner.clone());
        }
        match self.graph.entry(state, "_modules") {
            Some(modules) => self.visit(modules, name, depth + 1),
            None => Ok(()),
        }
    }

    fn owner(&self, class: &str, state: Id) -> Owner {
        let attribute = |name| self.graph.entry(state, name);
        let epsilon = attribute("eps").and_then(|eps| match self.graph.get(eps) {
            Value::Float(value) => Some(*value),
            _ => None,
        });
        let side = |name| attribute(name).and_then(|value| self.side(value));
        Owner { class: class.to_owned(), stride: side("stride"), padding: side("padding"), epsilon }
    }

    /// A number, or both numbers of a tuple where they are equal.
    fn side(&self, id: Id) -> Option<usize> {
        let number = |id: Id| match self.graph.get(id) {
            Value::Int(side) => usize::try_from(*side).ok(),
            _ => None,
        };
        match self.graph.get(id) {
            Value::Tuple(sides) => match sides.as_slice() {
                &[height, width] if number(height) == number(width) => number(width),
                _ => None,
            },
            _ => number(id),
        }
    }
}

fn join(name: &str, part: &str) -> String {
    // One letter more than is allowed is enough for the check of the length.
    let part: String = part.chars().take(MAX_NAME + 1).collect();
    if name.is_empty() { part } else { format!("{name}.{part}") }
}

#[cfg(test)]
mod tests {
    use super::super::pickle;
    use super::*;

    fn harmless(pickle: &[u8]) {
        let found = pickle::read(&mut &*pickle).and_then(|graph| tensors(&graph)).expect("it can be read");
        assert!(found.is_empty());
    }

    #[test]
    fn what_holds_itself_is_harmless() {
        harmless(b"]q\x00h\x00a.");
        harmless(b"}q\x00X\x01\x00\x00\x00ah\x00s.");
        harmless(b"cmodel\nNet\n)\x81q\x00}X\x08\x00\x00\x00_modules}X\x01\x00\x00\x00ah\x00ssb.");
    }

    #[test]
    fn sharing_that_multiplies_at_every_level_ends() {
        // Each list has the one before it four times.
        let mut pickle = b"]q\x00".to_vec();
        for level in 1..=15 {
            let before = [b'h', level - 1].repeat(4);
            pickle.extend([b"]q", &[level][..], b"(", &before, b"e"].concat());
        }
        pickle.push(b'.');
        let error = pickle::read(&mut &*pickle).and_then(|graph| tensors(&graph)).unwrap_err().to_string();
        assert!(error.contains("too many values"), "{error}");
    }
}
