//! What a PNG's chunks say, without decoding, and mending those that browsers bear.

use std::iter;

/// Bytes in front of the first chunk.
const SIGNATURE: usize = 8;
/// The chunk that ends a PNG.
const END: [u8; 12] = *b"\0\0\0\0IEND\xAE\x42\x60\x82";

/// A chunk, and where in the file it is.
struct Chunk<'a> {
    name: [u8; 4],
    body: &'a [u8],
    /// Behind its checksum.
    end: usize,
}

/// Whether it is an animation of more than one frame.
pub fn is_animated(png: &[u8]) -> bool {
    let control = chunks(png).find(|chunk| &chunk.name == b"acTL");
    control.and_then(|chunk| chunk.body.first_chunk().copied()).is_some_and(|frames| u32::from_be_bytes(frames) > 1)
}

/// The same with an end, where that alone is missing, and with checksums that fit: browsers show such files.
pub fn mended(png: &[u8]) -> Option<Vec<u8>> {
    let mut whole = png.get(..SIGNATURE)?.to_vec();
    for chunk in chunks(png) {
        if &chunk.name == b"IEND" {
            break;
        }
        let named = &png[chunk.end - 8 - chunk.body.len()..chunk.end - 4];
        whole.extend_from_slice(&png[whole.len()..chunk.end - 4]);
        whole.extend_from_slice(&crc32fast::hash(named).to_be_bytes());
    }
    whole.extend_from_slice(&END);
    (whole != png).then_some(whole)
}

/// The whole chunks.
fn chunks(png: &[u8]) -> impl Iterator<Item = Chunk<'_>> {
    let mut start = SIGNATURE;
    iter::from_fn(move || {
        let length = u32::from_be_bytes(*png.get(start..)?.first_chunk()?);
        let body_end = (start + 8).checked_add(usize::try_from(length).ok()?)?;
        let body = png.get(start + 8..body_end)?;
        let end = body_end.checked_add(4).filter(|&end| end <= png.len())?;
        let name = *png[start + 4..].first_chunk()?;
        start = end;
        Some(Chunk { name, body, end })
    })
}
