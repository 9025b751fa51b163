//! What a GIF's blocks say, without decoding.

use std::iter;

/// The size of an image within a GIF, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// From left to right.
    pub width: u32,
    /// From top to bottom.
    pub height: u32,
}

/// The images of a GIF, up to where its blocks break off.
pub fn frames(gif: &[u8]) -> impl Iterator<Item = Frame> {
    let mut rest = behind_header(gif).unwrap_or_default();
    iter::from_fn(move || {
        loop {
            let (&kind, block) = rest.split_first()?;
            match kind {
                // An extension: its label, then its data.
                0x21 => rest = behind_data(block.get(1..)?),
                0x2C => {
                    let frame = frame(block)?;
                    // Its data come behind its own palette and one byte for how they are coded.
                    rest = behind_data(block.get(9 + palette_bytes(block[8]) + 1..).unwrap_or_default());
                    return Some(frame);
                }
                _ => return None,
            }
        }
    })
}

/// What is behind the header, the screen's description and its palette.
fn behind_header(gif: &[u8]) -> Option<&[u8]> {
    gif.get(13 + palette_bytes(*gif.get(10)?)..)
}

fn palette_bytes(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

/// A frame by its description: left, top, width, height and flags.
fn frame(block: &[u8]) -> Option<Frame> {
    let block = block.get(..9)?;
    let number = |at: usize| u32::from(u16::from_le_bytes([block[at], block[at + 1]]));
    Some(Frame { width: number(4), height: number(6) })
}

/// What is behind a chain of pieces, each with its length in front, up to the empty one.
fn behind_data(mut rest: &[u8]) -> &[u8] {
    while let Some((&length, data)) = rest.split_first() {
        rest = data.get(usize::from(length)..).unwrap_or_default();
        if length == 0 {
            break;
        }
    }
    rest
}
