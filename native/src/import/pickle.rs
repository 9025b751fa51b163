//! A pickle machine that runs nothing: it builds inert values, and knows the few names that PyTorch's checkpoints of
//! these networks need (Python's `pickletools` describes the opcodes; `torch.serialization` the persistent ids).
//!
//! Values live in one list and name each other by their places in it. So a value that holds itself is no danger in
//! itself, nothing is freed by recursion, and the opcodes' number bounds the memory.

use anyhow::{Context, Result, bail, ensure};
use std::{collections::HashMap, io::Read};

/// The most bytes of a pickle. It has no weights in it; the real ones, with their classes' sources, stay under 100 KB.
const MAX_BYTES: u64 = 4 << 20;
/// The most opcodes; the real ones have some thousand.
const MAX_OPCODES: usize = 1 << 16;
/// The longest name of a class or key of a storage, in bytes.
const MAX_NAME: usize = 200;
/// The most sides of a tensor.
const MAX_SIDES: usize = 8;
/// The longest integer, in bytes.
const MAX_INTEGER: usize = 16;

/// A value's place in its [`Graph`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Id(usize);

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

/// How a storage's numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Float,
    Double,
    Half,
    BFloat16,
    /// Integers of so many bytes, which weights are not.
    Integer(u8),
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

/// What a pickle may name.
#[derive(Debug, Clone, PartialEq)]
pub enum Global {
    OrderedDict,
    Size,
    /// A call of it gives nothing of interest.
    Opaque,
    RebuildTensor,
    RebuildParameter,
    Storage(Kind),
    /// The class of a network's part.
    Module(String),
}

/// The published networks' own classes.
const CLASSES: [&str; 8] =
    ["FeatureNet", "NTKHeadNet", "STDHeadNet", "NTKClassifier", "STDClassifier", "Net", "NTKConv2d", "NTKLinear"];

impl Global {
    fn of(module: &str, name: &str) -> Result<Self> {
        Ok(match (module, name) {
            ("collections", "OrderedDict") => Self::OrderedDict,
            ("torch", "Size") => Self::Size,
            ("__builtin__" | "builtins", "set") => Self::Opaque,
            // An attribute of modules before torch 1.4.
            ("torch.nn.backends.thnn", "_get_thnn_function_backend") => Self::Opaque,
            ("torch._utils", "_rebuild_tensor" | "_rebuild_tensor_v2") => Self::RebuildTensor,
            ("torch._utils", "_rebuild_parameter" | "_rebuild_parameter_with_state") => Self::RebuildParameter,
            ("torch", storage) if storage.ends_with("Storage") => Self::Storage(Kind::of(storage)?),
            ("model" | "util" | "__main__", class) if CLASSES.contains(&class) => Self::Module(class.to_owned()),
            (module, class) if module.starts_with("torch.nn.modules.") => Self::Module(class.to_owned()),
            _ => bail!(
                "it names `{module}.{name}`, which no checkpoint of these networks needs; it may be harmful, and nothing of \
                 it was run"
            ),
        })
    }
}

impl Kind {
    fn of(storage: &str) -> Result<Self> {
        Ok(match storage {
            "FloatStorage" => Self::Float,
            "DoubleStorage" => Self::Double,
            "HalfStorage" => Self::Half,
            "BFloat16Storage" => Self::BFloat16,
            "LongStorage" => Self::Integer(8),
            "IntStorage" => Self::Integer(4),
            "ShortStorage" => Self::Integer(2),
            "CharStorage" | "ByteStorage" | "BoolStorage" => Self::Integer(1),
            _ => bail!("it has a `torch.{storage}`, which is not read"),
        })
    }

    /// Bytes of a number.
    pub const fn width(self) -> u64 {
        match self {
            Self::Float => 4,
            Self::Double => 8,
            Self::Half | Self::BFloat16 => 2,
            Self::Integer(width) => width as u64,
        }
    }
}

/// All that a pickle built.
#[derive(Debug)]
pub struct Graph {
    values: Vec<Value>,
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

/// Reads one pickle, and not a byte more.
///
/// # Errors
/// When it is cut short or damaged, names anything that is not on the list, or is larger than a checkpoint needs.
pub fn read(from: &mut impl Read) -> Result<Graph> {
    let mut machine = Machine::default();
    let mut from = from.take(MAX_BYTES);
    for _ in 0..MAX_OPCODES {
        let [opcode] = bytes(&mut from)?;
        if opcode == b'.' {
            let root = machine.pop()?;
            return Ok(Graph { values: machine.values, root });
        }
        machine.step(opcode, &mut from)?;
    }
    bail!("its pickle has more than {MAX_OPCODES} instructions: it is no checkpoint of these networks")
}

/// The next bytes of a pickle.
fn bytes<const N: usize>(from: &mut impl Read) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes).with_context(too_short)?;
    Ok(bytes)
}

fn too_short() -> String {
    format!("its pickle is cut short, damaged or longer than {} MB", MAX_BYTES >> 20)
}

/// So many bytes, which nobody knows to be there.
fn run_of(from: &mut impl Read, count: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(count).read_to_end(&mut bytes).with_context(too_short)?;
    ensure!(bytes.len() as u64 == count, too_short());
    Ok(bytes)
}

fn text(from: &mut impl Read, count: u64) -> Result<Value> {
    Ok(Value::Text(String::from_utf8(run_of(from, count)?).context("its pickle has a text that is none")?))
}

fn line(from: &mut impl Read) -> Result<String> {
    let mut line = Vec::new();
    loop {
        match bytes(from)? {
            [b'\n'] => return String::from_utf8(line).context("its pickle has a name that is no text"),
            [byte] if line.len() < MAX_NAME => line.push(byte),
            _ => bail!("its pickle has a name of more than {MAX_NAME} bytes"),
        }
    }
}

/// A little-endian integer of so many bytes.
fn integer(from: &mut impl Read, count: u8) -> Result<Value> {
    let count = usize::from(count);
    ensure!(count <= MAX_INTEGER, "its pickle has an integer of {count} bytes");
    let bytes = run_of(from, count as u64)?;
    let sign = bytes.last().is_some_and(|&byte| byte >= 0x80);
    let mut word = [if sign { 0xFF } else { 0 }; MAX_INTEGER];
    word[..count].copy_from_slice(&bytes);
    Ok(Value::Int(i128::from_le_bytes(word)))
}

#[derive(Default)]
struct Machine {
    values: Vec<Value>,
    stack: Vec<Id>,
    /// Heights of the stack.
    marks: Vec<usize>,
    memo: HashMap<u32, Id>,
}

impl Machine {
    fn step(&mut self, opcode: u8, from: &mut impl Read) -> Result<()> {
        match opcode {
            // PROTO and FRAME say nothing that is needed.
            0x80 => drop(bytes::<1>(from)?),
            0x95 => drop(bytes::<8>(from)?),
            b'(' => self.marks.push(self.stack.len()),
            b'0' => drop(self.pop()?),
            b'1' => drop(self.pop_to_mark()?),
            b'2' => self.stack.push(self.top()?),
            b'N' => self.push(Value::None),
            0x88 => self.push(Value::Bool(true)),
            0x89 => self.push(Value::Bool(false)),
            b'K' => self.push(Value::Int(bytes::<1>(from)?[0].into())),
            b'M' => self.push(Value::Int(u16::from_le_bytes(bytes(from)?).into())),
            b'J' => self.push(Value::Int(i32::from_le_bytes(bytes(from)?).into())),
            0x8A => {
                let [count] = bytes(from)?;
                self.push(integer(from, count)?);
            }
            b'G' => self.push(Value::Float(f64::from_be_bytes(bytes(from)?))),
            b'U' | 0x8C => {
                let [count] = bytes(from)?;
                self.push(text(from, count.into())?);
            }
            b'T' | b'X' => {
                let count = u32::from_le_bytes(bytes(from)?);
                self.push(text(from, count.into())?);
            }
            0x8D => {
                let count = u64::from_le_bytes(bytes(from)?);
                self.push(text(from, count)?);
            }
            b')' => self.push(Value::Tuple(vec![])),
            0x85..=0x87 => {
                let count = usize::from(opcode - 0x84);
                let items = self.pop_many(count)?;
                self.push(Value::Tuple(items));
            }
            b't' => {
                let items = self.pop_to_mark()?;
                self.push(Value::Tuple(items));
            }
            b']' => self.push(Value::List(vec![])),
            b'l' => {
                let items = self.pop_to_mark()?;
                self.push(Value::List(items));
            }
            b'}' => self.push(Value::Dict(vec![])),
            b'd' => {
                let items = self.pop_to_mark()?;
                self.push(Value::Dict(vec![]));
                self.set_items(items)?;
            }
            0x8F => self.push(Value::Opaque),
            b'a' => {
                let items = self.pop_many(1)?;
                self.append(items)?;
            }
            b'e' | 0x90 => {
                let items = self.pop_to_mark()?;
                self.append(items)?;
            }
            b's' => {
                let items = self.pop_many(2)?;
                self.set_items(items)?;
            }
            b'u' => {
                let items = self.pop_to_mark()?;
                self.set_items(items)?;
            }
            b'c' => {
                let (module, name) = (line(from)?, line(from)?);
                self.push(Value::Global(Global::of(&module, &name)?));
            }
            0x93 => {
                let names = self.pop_many(2)?;
                let [Some(module), Some(name)] = [0, 1].map(|place| self.text(names[place])) else {
                    bail!("its pickle names something by what is no text");
                };
                let global = Global::of(module, name)?;
                self.push(Value::Global(global));
            }
            b'q' => {
                let [place] = bytes(from)?;
                self.memo.insert(place.into(), self.top()?);
            }
            b'r' => {
                let place = u32::from_le_bytes(bytes(from)?);
                self.memo.insert(place, self.top()?);
            }
            0x94 => {
                let place = u32::try_from(self.memo.len())?;
                self.memo.insert(place, self.top()?);
            }
            b'h' => {
                let [place] = bytes(from)?;
                self.recall(place.into())?;
            }
            b'j' => {
                let place = u32::from_le_bytes(bytes(from)?);
                self.recall(place)?;
            }
            b'R' => self.reduce()?,
            0x81 => self.new_object()?,
            b'b' => self.build()?,
            b'Q' => self.load_persistent()?,
            _ => bail!("its pickle has the instruction {opcode:#04x}, which no checkpoint of these networks needs"),
        }
        Ok(())
    }

    fn push(&mut self, value: Value) {
        self.stack.push(Id(self.values.len()));
        self.values.push(value);
    }

    fn top(&self) -> Result<Id> {
        self.stack.last().copied().context(EMPTY)
    }

    /// What is below the last mark is out of reach, as it is for Python.
    fn pop(&mut self) -> Result<Id> {
        ensure!(self.stack.len() > self.marks.last().copied().unwrap_or(0), EMPTY);
        self.stack.pop().context(EMPTY)
    }

    fn pop_many(&mut self, count: usize) -> Result<Vec<Id>> {
        let mut items = (0..count).map(|_| self.pop()).collect::<Result<Vec<_>>>()?;
        items.reverse();
        Ok(items)
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Id>> {
        let mark = self.marks.pop().context(EMPTY)?;
        ensure!(mark <= self.stack.len(), EMPTY);
        Ok(self.stack.split_off(mark))
    }

    fn recall(&mut self, place: u32) -> Result<()> {
        self.stack.push(*self.memo.get(&place).context("its pickle recalls what was never kept")?);
        Ok(())
    }

    fn text(&self, id: Id) -> Option<&str> {
        match &self.values[id.0] {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Puts items behind those of the list on top.
    fn append(&mut self, items: Vec<Id>) -> Result<()> {
        let list = self.top()?;
        match &mut self.values[list.0] {
            Value::List(list) => list.extend(items),
            Value::Opaque => (),
            _ => bail!("its pickle appends to what is no list"),
        }
        Ok(())
    }

    /// Puts keys and values, in turn, into the dictionary on top.
    fn set_items(&mut self, items: Vec<Id>) -> Result<()> {
        let (pairs, rest) = items.as_chunks::<2>();
        let dict = self.top()?;
        match &mut self.values[dict.0] {
            Value::Dict(entries) if rest.is_empty() => entries.extend(pairs.iter().map(|&[key, value]| (key, value))),
            _ => bail!("its pickle puts entries into what is no dictionary"),
        }
        Ok(())
    }

    /// A call: of the few that are known, and only by building what they would give.
    fn reduce(&mut self) -> Result<()> {
        let (arguments, callee) = (self.pop()?, self.pop()?);
        let (Value::Tuple(arguments), Value::Global(callee)) = (&self.values[arguments.0], &self.values[callee.0])
        else {
            bail!("its pickle calls what is no function");
        };
        let made = match (callee, arguments.as_slice()) {
            (Global::OrderedDict, []) => Value::Dict(vec![]),
            (Global::Opaque, _) => Value::Opaque,
            (Global::RebuildTensor, &[storage, offset, shape, strides, ..]) => {
                Value::Tensor(self.tensor(storage, offset, shape, strides)?)
            }
            // Nothing is copied: a pickle could have the same large value copied again and again.
            (Global::Size, &[same]) | (Global::RebuildParameter, &[same, ..]) => {
                self.stack.push(same);
                return Ok(());
            }
            _ => bail!("its pickle calls {callee:?} with {} arguments", arguments.len()),
        };
        self.push(made);
        Ok(())
    }

    fn tensor(&self, storage: Id, offset: Id, shape: Id, strides: Id) -> Result<Tensor> {
        let Value::Storage(storage) = &self.values[storage.0] else { bail!("a tensor has no storage") };
        let (shape, strides) = (self.sides(shape)?, self.sides(strides)?);
        ensure!(shape.len() == strides.len(), "a tensor has {} sides but {} strides", shape.len(), strides.len());
        Ok(Tensor { storage: storage.clone(), offset: self.size(offset)?, shape, strides })
    }

    fn sides(&self, id: Id) -> Result<Vec<usize>> {
        let Value::Tuple(sides) = &self.values[id.0] else { bail!("a tensor's shape is no tuple") };
        ensure!(sides.len() <= MAX_SIDES, "a tensor has {} sides", sides.len());
        sides.iter().map(|&side| self.size(side)).collect()
    }

    fn size(&self, id: Id) -> Result<usize> {
        match self.values[id.0] {
            Value::Int(size) => usize::try_from(size).with_context(|| format!("a tensor has the size {size}")),
            _ => bail!("a tensor has a size that is no number"),
        }
    }

    /// An instance of a class, made without arguments.
    fn new_object(&mut self) -> Result<()> {
        let (arguments, class) = (self.pop()?, self.pop()?);
        let made = match (&self.values[class.0], &self.values[arguments.0]) {
            (Value::Global(Global::Module(class)), Value::Tuple(arguments)) if arguments.is_empty() => {
                Value::Object { class: class.clone(), state: None }
            }
            (Value::Global(Global::OrderedDict), Value::Tuple(_)) => Value::Dict(vec![]),
            _ => bail!("its pickle makes an object of what is no network's class"),
        };
        self.push(made);
        Ok(())
    }

    /// Gives an object its attributes. Those of others, as the metadata of a state dictionary, are of no interest.
    fn build(&mut self) -> Result<()> {
        let attributes = self.pop()?;
        let object = self.top()?;
        match &mut self.values[object.0] {
            Value::Object { state, .. } => *state = Some(attributes),
            Value::Dict(_) | Value::Tensor(_) | Value::Opaque => (),
            _ => bail!("its pickle gives attributes to what has none"),
        }
        Ok(())
    }

    /// What stands outside the pickle: a storage, or (in the old container) a class with its source, which is not read.
    fn load_persistent(&mut self) -> Result<()> {
        let id = self.pop()?;
        let Value::Tuple(parts) = &self.values[id.0] else { bail!("its pickle has a persistent id that is none") };
        let view = parts.get(5).map(|&view| &self.values[view.0]);
        match (parts.first().and_then(|&kind| self.text(kind)), &parts[..]) {
            (Some("module"), &[_, class, ..]) => self.stack.push(class),
            (Some("storage"), &[_, kind, key, _, count, ..]) if matches!(view, None | Some(Value::None)) => {
                let (Value::Global(Global::Storage(kind)), Some(key)) = (&self.values[kind.0], self.text(key)) else {
                    bail!("its pickle has a storage that is none");
                };
                ensure!(key.len() <= MAX_NAME, "its pickle has a storage with a key of {} bytes", key.len());
                let storage = Storage { key: key.to_owned(), kind: *kind, count: self.size(count)? as u64 };
                self.push(Value::Storage(storage));
            }
            _ => bail!("its pickle has a persistent id that is not read"),
        }
        Ok(())
    }
}

/// The machine ran out of what an instruction takes.
const EMPTY: &str = "its pickle is damaged: an instruction has nothing to work on";

#[cfg(test)]
mod tests {
    use super::*;

    fn run(pickle: &[u8]) -> Result<Graph> {
        read(&mut &*pickle)
    }

    fn refused(pickle: &[u8], message: &str) {
        let error = format!("{:#}", run(pickle).unwrap_err());
        assert!(error.contains(message), "{error}");
    }

    #[test]
    fn plain_values_are_built() -> Result<()> {
        // {"a": (1, 2.5, None), "b": [True, -2]} in protocol 2.
        let pickle =
            b"\x80\x02}q\x00(X\x01\x00\x00\x00aq\x01K\x01G\x40\x04\x00\x00\x00\x00\x00\x00N\x87q\x02X\x01\x00\x00\x00b\
              q\x03]q\x04(\x88J\xfe\xff\xff\xffeu.";
        let graph = run(pickle)?;
        let item = |id: Option<Id>| graph.get(id.expect("it is there")).clone();
        let Value::Tuple(a) = item(graph.entry(graph.root, "a")) else { panic!("a tuple") };
        assert_eq!(
            a.iter().map(|&id| graph.get(id)).collect::<Vec<_>>(),
            [&Value::Int(1), &Value::Float(2.5), &Value::None]
        );
        let Value::List(b) = item(graph.entry(graph.root, "b")) else { panic!("a list") };
        assert_eq!(b.iter().map(|&id| graph.get(id)).collect::<Vec<_>>(), [&Value::Bool(true), &Value::Int(-2)]);
        Ok(())
    }

    #[test]
    fn long_integers_keep_their_sign() -> Result<()> {
        for (bytes, value) in [(&b"\x8a\x00."[..], 0), (b"\x8a\x01\xff.", -1), (b"\x8a\x02\xff\x00.", 255)] {
            let graph = run(bytes)?;
            assert_eq!(*graph.get(graph.root), Value::Int(value));
        }
        Ok(())
    }

    #[test]
    fn names_that_are_not_on_the_list_are_refused() {
        refused(b"cos\nsystem\nX\x02\x00\x00\x00ls\x85R.", "`os.system`");
        refused(b"\x8c\x08builtins\x8c\x04eval\x93.", "`builtins.eval`");
        refused(b"ctorch\nload\n.", "`torch.load`");
        refused(b"cmodel\nOther\n.", "`model.Other`");
        refused(b"ctorch\nOddStorage\n.", "OddStorage");
    }

    #[test]
    fn classes_are_not_called() {
        refused(b"cmodel\nNet\n)R.", "calls");
        refused(b"cmodel\nNet\nK\x01\x85\x81.", "makes an object");
        refused(b"K\x01)R.", "no function");
    }

    #[test]
    fn what_claims_to_be_huge_is_refused() {
        refused(b"X\xff\xff\xff\xffabc", "cut short");
        refused(b"\x8d\xff\xff\xff\xff\xff\xff\xff\x7fabc", "cut short");
        refused(b"\x8a\xff", "255 bytes");
        refused(&[b'N'; 100_000], "instructions");
        refused(&[b"X\x00\x00\x40\x00".as_slice(), &[b'a'; 5 << 20]].concat(), "longer than");
    }

    #[test]
    fn deep_and_cyclic_values_are_harmless() -> Result<()> {
        // A list that holds itself, and tuples in tuples, fifty thousand deep.
        run(b"]q\x00h\x00a.")?;
        let mut deep = b"N".to_vec();
        deep.extend([0x85; 50_000]);
        deep.push(b'.');
        drop(run(&deep)?);
        Ok(())
    }

    #[test]
    fn a_stack_that_is_empty_is_reported() {
        for opcode in [
            &b"."[..],
            b"0",
            b"1",
            b"2",
            b"a",
            b"e",
            b"s",
            b"u",
            b"t",
            b"l",
            b"d",
            b"R",
            b"b",
            b"Q",
            b"\x81",
            b"\x85",
            b"\x93",
            b"q\x00",
            b"h\x00",
            b"(0",
            b"N(a",
            b"\x94",
        ] {
            assert!(run(&[opcode, b"."].concat()).is_err(), "{opcode:?}");
        }
    }

    #[test]
    fn sizes_that_are_none_are_refused() {
        let tensor = |shape: &[u8]| {
            let storage =
                b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x04tQ";
            [b"ctorch._utils\n_rebuild_tensor_v2\n(", &storage[..], b"K\x00", shape, b"K\x01\x85tR."].concat()
        };
        assert!(run(&tensor(b"K\x04\x85")).is_ok());
        refused(&tensor(b"J\xff\xff\xff\xff\x85"), "the size -1");
        refused(&tensor(b"X\x01\x00\x00\x00a\x85"), "no number");
        refused(&tensor(b"K\x01K\x01\x86"), "2 sides but 1 strides");
        refused(&tensor(b"N"), "no tuple");
    }
}
