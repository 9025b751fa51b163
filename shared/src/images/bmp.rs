//! BMP headers that browsers read and our decoder does not, put into the usual form.

use std::borrow::Cow;

/// Bytes of the file header.
const FILE_HEADER: usize = 14;
/// Where in the file it says where the pixels are.
const PIXELS_AT: usize = 10;
/// Bytes of the usual header, behind the file header.
const INFO: usize = 40;
/// Where in the file that header has its numbers.
const PLANES_AT: usize = 26;
const BITS_AT: usize = 28;
const COMPRESSION_AT: usize = 30;
const COLOURS_AT: usize = 46;
const MASKS_AT: usize = 54;
const ALPHA_MASK_AT: usize = 66;
/// From this size on, a header's mask for transparency holds whatever the compression.
const WITH_ALPHA: usize = 108;
/// The masks of red, green and blue where a file has 32 bits for a pixel and no masks of its own.
const MASKS: [u32; 3] = [0x00FF_0000, 0x0000_FF00, 0x0000_00FF];
/// The compression that says that there are masks.
const MASKED: u32 = 3;

/// The file with a header in the usual form; the same bytes where it has one.
pub fn usual(bmp: &[u8]) -> Cow<'_, [u8]> {
    let usual = without_os2_header(bmp).or_else(|| changed(bmp));
    usual.map_or(Cow::Borrowed(bmp), Cow::Owned)
}

/// OS/2 has headers of 16 to 64 bytes that begin like the usual one.
fn without_os2_header(bmp: &[u8]) -> Option<Vec<u8>> {
    let size = usize::try_from(number(bmp, FILE_HEADER)?).ok()?;
    if !(16..=64).contains(&size) || matches!(size, INFO | 52 | 56) {
        return None;
    }
    let mut header = bmp.get(FILE_HEADER..FILE_HEADER + size)?.to_vec();
    header.resize(INFO, 0);
    let mut usual = [&bmp[..FILE_HEADER], &header, &bmp[FILE_HEADER + size..]].concat();
    let pixels = number(bmp, PIXELS_AT)?.checked_add(INFO as u32)?.checked_sub(size as u32)?;
    put(&mut usual, PIXELS_AT, pixels);
    put(&mut usual, FILE_HEADER, INFO as u32);
    Some(changed(&usual).unwrap_or(usual))
}

/// The file with one plane, with no more colours in its palette than its bits can name, and with masks where it has one
/// for transparency.
fn changed(bmp: &[u8]) -> Option<Vec<u8>> {
    let size = usize::try_from(number(bmp, FILE_HEADER)?).ok().filter(|&size| size >= INFO)?;
    let [planes, bits] =
        [PLANES_AT, BITS_AT].map(|at| bmp.get(at..at + 2).map(|two| u16::from_le_bytes([two[0], two[1]])));
    let (planes, bits) = (planes?, bits?);
    let has_many_colours = bits <= 8 && number(bmp, COLOURS_AT)? > 1 << bits;
    let is_plain = bits == 32 && number(bmp, COMPRESSION_AT)? == 0;
    let has_alpha = size >= WITH_ALPHA && is_plain && number(bmp, ALPHA_MASK_AT)? != 0;
    if planes == 1 && !has_many_colours && !has_alpha {
        return None;
    }
    let mut usual = bmp.to_vec();
    usual[PLANES_AT..BITS_AT].copy_from_slice(&1_u16.to_le_bytes());
    if has_many_colours {
        // As many as the bits can name.
        put(&mut usual, COLOURS_AT, 0);
    }
    if has_alpha {
        put(&mut usual, COMPRESSION_AT, MASKED);
        for (index, mask) in MASKS.into_iter().enumerate() {
            put(&mut usual, MASKS_AT + 4 * index, mask);
        }
    }
    Some(usual)
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|four| u32::from_le_bytes(*four))
}

fn put(bytes: &mut [u8], at: usize, number: u32) {
    bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
}
