//! A pickle machine that runs no code: it builds inert values, and knows the few names that PyTorch's checkpoints of
//! these networks need (Python's `pickletools` describes the opcodes, `torch.serialization` the persistent ids).
//!
//! Values live in one list and refer to each other by their places in it. So a value may hold itself safely, nothing is
//! freed by recursion, and the number of opcodes bounds the memory.

mod global;
mod machine;
mod reader;
mod value;

use anyhow::{Result, bail};
pub use global::Kind;
use machine::Machine;
use reader::{MAX_BYTES, bytes};
use std::io::Read;
pub use value::{Graph, Id, Storage, Tensor, Value};

/// The most opcodes; the networks take some thousand, values beside them more.
const MAX_OPCODES: usize = 1 << 21;

/// Reads one pickle, and not a byte more.
///
/// # Errors
/// When it is cut short or damaged, names what is harmful, or is larger than a checkpoint needs.
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
    fn names_that_are_harmful_are_refused() {
        refused(b"cos\nsystem\nX\x02\x00\x00\x00ls\x85R.", "`os.system`");
        refused(b"\x8c\x08builtins\x8c\x04eval\x93.", "`builtins.eval`");
        refused(b"cimportlib.util\nmodule_from_spec\n.", "`importlib.util.module_from_spec`");
    }

    #[test]
    fn what_is_not_known_is_passed_over() -> Result<()> {
        // A call, an object with attributes and items, bytes, and a set.
        for pickle in [
            &b"cargparse\nNamespace\n)R}b."[..],
            b"cargparse\nNamespace\n)\x81}bNNs.",
            b"ccollections\ndefaultdict\ncbuiltins\nlist\n\x85RNNs.",
            b"ctorch\nOddStorage\n.",
            b"C\x03abc.",
            b"B\x03\x00\x00\x00abc.",
            b"(NN\x91.",
        ] {
            run(pickle)?;
        }
        Ok(())
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
        refused(&vec![b'N'; MAX_OPCODES + 1], "instructions");
        refused(&[b"X\x00\x00\x00\x05".as_slice(), &vec![b'a'; 80 << 20]].concat(), "longer than");
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
