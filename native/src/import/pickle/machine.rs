//! The instructions of a pickle, each as the inert value that it would build.

use super::{
    global::Global,
    reader::{MAX_NAME, bytes, integer, line, skip, text},
    value::{Id, Storage, Tensor, Value},
};
use anyhow::{Context, Result, bail, ensure};
use std::{collections::HashMap, io::Read};

/// The most sides of a tensor.
const MAX_SIDES: usize = 8;
/// An instruction takes more values than there are.
const EMPTY: &str = "its pickle is damaged: an instruction has nothing to work on";

/// The stack, the memo and the values of a pickle that is being read.
#[derive(Default)]
pub struct Machine {
    /// All values built so far.
    pub values: Vec<Value>,
    stack: Vec<Id>,
    /// Heights of the stack.
    marks: Vec<usize>,
    memo: HashMap<u32, Id>,
}

impl Machine {
    /// Runs one instruction, whose arguments come from `from`.
    ///
    /// # Errors
    /// When it is not known, or has nothing to work on.
    pub fn step(&mut self, opcode: u8, from: &mut impl Read) -> Result<()> {
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
            b'C' => {
                let [count] = bytes(from)?;
                self.push(skip(from, count.into())?);
            }
            b'B' => {
                let count = u32::from_le_bytes(bytes(from)?);
                self.push(skip(from, count.into())?);
            }
            0x8E | 0x96 => {
                let count = u64::from_le_bytes(bytes(from)?);
                self.push(skip(from, count)?);
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
            0x91 => {
                self.pop_to_mark()?;
                self.push(Value::Opaque);
            }
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

    /// Takes the top of the stack. What is below the last mark is out of reach, as it is for Python.
    ///
    /// # Errors
    /// When nothing is there.
    pub fn pop(&mut self) -> Result<Id> {
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
            Value::Opaque | Value::Object { .. } => (),
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
            Value::Opaque | Value::Object { .. } if rest.is_empty() => (),
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
            (Global::Opaque | Global::Unknown(_), _) => Value::Opaque,
            (Global::RebuildTensor, &[storage, ..]) if self.values[storage.0] == Value::Opaque => Value::Opaque,
            (Global::RebuildTensor, &[storage, offset, shape, strides, ..]) => {
                Value::Tensor(self.tensor(storage, offset, shape, strides)?)
            }
            // A call within: what it gives has attributes, which are of no interest.
            (Global::RebuildFromType, &[function, _, arguments, ..]) => {
                ensure!(self.values[function.0] != Value::Global(Global::RebuildFromType), "its pickle calls itself");
                self.stack.extend([function, arguments]);
                return self.reduce();
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
            (Value::Global(Global::Unknown(class)), Value::Tuple(_)) => {
                Value::Object { class: class.clone(), state: None }
            }
            (Value::Global(Global::Opaque), Value::Tuple(_)) => Value::Opaque,
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

    /// A value outside the pickle: a storage, or (in the old container) a class with its source, which is not read.
    fn load_persistent(&mut self) -> Result<()> {
        let id = self.pop()?;
        let Value::Tuple(parts) = &self.values[id.0] else { bail!("its pickle has a persistent id that is none") };
        let view = parts.get(5).map(|&view| &self.values[view.0]);
        match (parts.first().and_then(|&kind| self.text(kind)), &parts[..]) {
            (Some("module"), &[_, class, ..]) => self.stack.push(class),
            (Some("storage"), &[_, kind, key, _, count, ..]) if matches!(view, None | Some(Value::None)) => {
                let (Value::Global(kind), Some(key)) = (&self.values[kind.0], self.text(key)) else {
                    bail!("its pickle has a storage that is none");
                };
                let Global::Storage(kind) = kind else {
                    self.push(Value::Opaque);
                    return Ok(());
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
