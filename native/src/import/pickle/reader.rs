//! The bytes of a pickle as numbers and texts. None of them is trusted: lengths are bounded before anything is read.

use super::value::Value;
use anyhow::{Context, Result, bail, ensure};
use std::io::Read;

/// The most bytes of a pickle. It has no weights in it, but may have long values beside them.
pub const MAX_BYTES: u64 = 64 << 20;
/// The longest name of a class or key of a storage, in bytes.
pub const MAX_NAME: usize = 200;
/// The longest integer, in bytes.
const MAX_INTEGER: usize = 16;

/// The next bytes of a pickle.
pub fn bytes<const N: usize>(from: &mut impl Read) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes).with_context(too_short)?;
    Ok(bytes)
}

fn too_short() -> String {
    format!("its pickle is cut short, damaged or longer than {} MB", MAX_BYTES >> 20)
}

/// So many bytes; the file may have fewer.
fn run_of(from: &mut impl Read, count: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(count).read_to_end(&mut bytes).with_context(too_short)?;
    ensure!(bytes.len() as u64 == count, too_short());
    Ok(bytes)
}

/// Passes so many bytes over.
pub fn skip(from: &mut impl Read, count: u64) -> Result<Value> {
    run_of(from, count)?;
    Ok(Value::Opaque)
}

/// A text of so many bytes.
pub fn text(from: &mut impl Read, count: u64) -> Result<Value> {
    Ok(Value::Text(String::from_utf8(run_of(from, count)?).context("its pickle has a text that is none")?))
}

/// The bytes up to the end of the line, as a text.
pub fn line(from: &mut impl Read) -> Result<String> {
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
pub fn integer(from: &mut impl Read, count: u8) -> Result<Value> {
    let count = usize::from(count);
    ensure!(count <= MAX_INTEGER, "its pickle has an integer of {count} bytes");
    let bytes = run_of(from, count as u64)?;
    let sign = bytes.last().is_some_and(|&byte| byte >= 0x80);
    let mut word = [if sign { 0xFF } else { 0 }; MAX_INTEGER];
    word[..count].copy_from_slice(&bytes);
    Ok(Value::Int(i128::from_le_bytes(word)))
}
