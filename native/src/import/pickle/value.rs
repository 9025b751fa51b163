//! What a pickle is made of.

use super::global::{Global, Kind};

/// A value's place in its [`Graph`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Id(pub usize);

/// What a pickle is made of.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    None,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(String),
    Tuple(Vec<Id>),
    List(Vec<Id>),
    /// An ordered one too.
    Dict(Vec<(Id, Id)>),
    /// A name from [`Global::of`]'s list.
    Global(Global),
    /// An instance of a module's class, with the attributes it was given.
    Object {
        class: String,
        state: Option<Id>,
    },
    Storage(Storage),
    Tensor(Tensor),
    /// Something that no weights are in.
    Opaque,
}

/// The numbers that tensors are views of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storage {
    /// What the container calls it.
    pub key: String,
    pub kind: Kind,
    /// How many numbers it has.
    pub count: u64,
}

/// A tensor, whose numbers are in the container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    pub storage: Storage,
    /// The first number's place in the storage.
    pub offset: usize,
    pub shape: Vec<usize>,
    /// Steps in the storage, one for each side.
    pub strides: Vec<usize>,
}

/// All that a pickle built.
#[derive(Debug)]
pub struct Graph {
    /// All values, by their places.
    pub values: Vec<Value>,
    /// The value that the pickle stands for.
    pub root: Id,
}

impl Graph {
    /// The value at a place.
    pub fn get(&self, id: Id) -> &Value {
        &self.values[id.0]
    }

    /// A text, if it is one.
    pub fn text(&self, id: Id) -> Option<&str> {
        match self.get(id) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The entry of a dictionary whose key is a certain text.
    pub fn entry(&self, dict: Id, key: &str) -> Option<Id> {
        let Value::Dict(entries) = self.get(dict) else { return None };
        entries.iter().find(|&&(name, _)| self.text(name) == Some(key)).map(|&(_, value)| value)
    }

    /// The storages that the pickle names.
    pub fn storages(&self) -> impl Iterator<Item = &Storage> {
        self.values.iter().filter_map(|value| match value {
            Value::Storage(storage) => Some(storage),
            _ => None,
        })
    }
}
