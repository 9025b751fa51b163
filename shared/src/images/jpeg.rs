//! What a JPEG's segments say, without decoding: whether it is whole, and what decoding it will take.

use std::iter;

/// The mark of an image's start.
const START: u8 = 0xD8;
/// The mark of an image's end.
const END: u8 = 0xD9;
/// The mark of a scan, whose coded pixels follow.
const SCAN: u8 = 0xDA;
/// The mark of a frame whose coefficients come in several passes.
const PROGRESSIVE: u8 = 0xC2;
/// Bytes of a block of coefficients: 64 numbers of two bytes.
const BLOCK: u64 = 128;

/// A mark with the bytes that belong to it.
struct Segment<'a> {
    mark: u8,
    body: &'a [u8],
}

/// Whether the file ends within its first image. What a camera appends, a film or a second picture, does not count.
pub fn breaks_off(jpeg: &[u8]) -> bool {
    !segments(jpeg).any(|segment| segment.mark == END)
}

/// Bytes for the coefficients of the whole image, where they are kept until its last scan.
pub fn coefficient_bytes(jpeg: &[u8]) -> u64 {
    let mut frame = None;
    for Segment { mark, body } in segments(jpeg) {
        match mark {
            0xC0..=0xCF if !matches!(mark, 0xC4 | 0xC8 | 0xCC) => frame = Some((mark, body)),
            SCAN => {
                let Some((mark, frame)) = frame else { return 0 };
                let is_kept = mark == PROGRESSIVE || body.first() < frame.get(5);
                return if is_kept { all_blocks(frame).unwrap_or_default() * BLOCK } else { 0 };
            }
            _ => (),
        }
    }
    0
}

/// The blocks of all components: a frame's header names its height, its width, and how densely each is sampled.
fn all_blocks(frame: &[u8]) -> Option<u64> {
    let number = |at: usize| Some(u64::from(u16::from_be_bytes([*frame.get(at)?, *frame.get(at + 1)?])));
    let (height, width) = (number(1)?, number(3)?);
    let samplings: Vec<(u64, u64)> = frame
        .get(6..)?
        .chunks_exact(3)
        .map(|component| (u64::from(component[1] >> 4), u64::from(component[1] & 15)))
        .collect();
    let widest = samplings.iter().map(|sampling| sampling.0).max()?.max(1);
    let highest = samplings.iter().map(|sampling| sampling.1).max()?.max(1);
    let units = width.div_ceil(8 * widest) * height.div_ceil(8 * highest);
    Some(samplings.iter().map(|(across, down)| units * across * down).sum())
}

/// The segments of the first image in the file, coded pixels passed over.
fn segments(jpeg: &[u8]) -> impl Iterator<Item = Segment<'_>> {
    let mut rest = jpeg.strip_prefix(&[0xFF, START]).unwrap_or_default();
    iter::from_fn(move || {
        let (mark, after) = next_mark(rest)?;
        let body = match mark {
            START => return None,
            END => &[][..],
            _ => {
                let length = u16::from_be_bytes([*after.first()?, *after.get(1)?]);
                after.get(2..usize::from(length))?
            }
        };
        rest = if mark == END { &[] } else { &after[body.len() + 2..] };
        Some(Segment { mark, body })
    })
}

/// The next mark and what is behind it. Within coded pixels a byte of 255 is followed by a 0, or is a restart's.
fn next_mark(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let is_mark = |pair: &[u8]| pair[0] == 0xFF && !matches!(pair[1], 0x00 | 0x01 | 0xD0..=0xD7 | 0xFF);
    let at = bytes.windows(2).position(is_mark)?;
    Some((bytes[at + 1], &bytes[at + 2..]))
}
