//! Zip archives, as PyTorch writes them and as other programs pack them again: where each entry is, and its bytes.

use anyhow::{Context, Result, bail, ensure};
use flate2::read::DeflateDecoder;
use std::{
    collections::BTreeMap,
    io::{Read, Seek, SeekFrom},
    ops::Range,
};

/// The most bytes of an entry that is read as a whole.
pub const MAX_ENTRY: u64 = 64 << 20;
/// The longest name of an entry, in bytes.
const MAX_NAME: u64 = 1000;
/// Bytes of the record at the end, without its comment.
const END: u64 = 22;
/// The longest comment, in bytes.
const MAX_COMMENT: u64 = u16::MAX as u64;
/// Bytes of the record that says where the end with 64-bit numbers is.
const LOCATOR: u64 = 20;
/// Bytes of an entry in the list, without its name.
const ENTRY: u64 = 46;

/// How an entry's bytes are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Stored,
    Deflated,
    /// In a way that is not read.
    Other,
}

/// Where some bytes are in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// From where to where.
    pub place: Range<u64>,
    packing: Packing,
    /// Bytes when unpacked.
    pub size: u64,
    /// CRC-32, where there is one.
    checksum: Option<u32>,
}

impl Span {
    /// Bytes that are in the file as they are.
    pub fn plain(place: Range<u64>) -> Self {
        let size = place.end - place.start;
        Self { place, packing: Packing::Stored, size, checksum: None }
    }

    /// All of it.
    pub fn read(&self, file: &mut (impl Read + Seek)) -> Result<Vec<u8>> {
        let size = self.size;
        ensure!(size <= MAX_ENTRY, "a part of it has {size} bytes, more than any of these networks");
        file.seek(SeekFrom::Start(self.place.start))?;
        let packed = file.take(self.place.end - self.place.start);
        let mut bytes = Vec::new();
        match self.packing {
            Packing::Stored => packed.take(size).read_to_end(&mut bytes)?,
            Packing::Deflated => {
                DeflateDecoder::new(packed).take(size).read_to_end(&mut bytes).context("it is damaged")?
            }
            Packing::Other => bail!("a part of it is compressed or encrypted in a way that is not read"),
        };
        ensure!(bytes.len() as u64 == size, "it is cut short");
        ensure!(self.checksum.is_none_or(|sum| sum == crc32fast::hash(&bytes)), "it is damaged: a checksum is wrong");
        Ok(bytes)
    }

    /// Some of it: the whole may be larger than what is read.
    pub fn read_part(&self, file: &mut (impl Read + Seek), part: Range<u64>) -> Result<Vec<u8>> {
        ensure!(self.packing == Packing::Stored, "a part of it is compressed and too large");
        ensure!(part.end <= self.size, "it reaches beyond its storage");
        Self::plain(self.place.start + part.start..self.place.start + part.end).read(file)
    }
}

/// The entries of an archive. Each is checked to lie within the file.
pub fn entries(file: &mut (impl Read + Seek)) -> Result<BTreeMap<String, Span>> {
    let length = file.seek(SeekFrom::End(0))?;
    let (count, mut position) = list(file, length)?;
    let mut entries = BTreeMap::new();
    for _ in 0..count {
        let entry = at::<{ ENTRY as usize }>(file, position)?;
        ensure!(entry.starts_with(b"PK\x01\x02"), "the archive's list of entries is damaged");
        let [name, extra, comment] = [28, 30, 32].map(|place| u64::from(u16_at(&entry, place)));
        ensure!(name <= MAX_NAME, "the archive has a name of {name} bytes");
        let bytes = some(file, name)?;
        let text = String::from_utf8(bytes).context("the archive has a name that is no text")?;
        let extra_bytes = some(file, extra)?;
        let span = span(file, &entry, &extra_bytes, length).with_context(|| format!("the archive's entry {text}"))?;
        ensure!(entries.insert(text, span).is_none(), "the archive has an entry twice");
        position += ENTRY + name + extra + comment;
    }
    Ok(entries)
}

/// How many entries there are, and where their list is. What is behind the archive is passed over.
fn list(file: &mut (impl Read + Seek), length: u64) -> Result<(u64, u64)> {
    let from = length.saturating_sub(END + MAX_COMMENT);
    file.seek(SeekFrom::Start(from))?;
    let tail = some(file, length - from)?;
    let is_end = |window: &[u8]| window.starts_with(b"PK\x05\x06");
    let end = tail.windows(END as usize).rposition(is_end);
    let end = end.context("the archive is cut short or damaged: it has no end")?;
    let record = &tail[end..];
    let (count, position) = (u64::from(u16_at(record, 10)), u64::from(u32_at(record, 16)));
    if count < u16::MAX.into() && position < u32::MAX.into() {
        return Ok((count, position));
    }
    let start = (from + end as u64).checked_sub(LOCATOR).context("the archive has no end with large numbers")?;
    let locator = at::<{ LOCATOR as usize }>(file, start)?;
    ensure!(locator.starts_with(b"PK\x06\x07"), "the archive has no end with large numbers");
    let large = at::<56>(file, u64_at(&locator, 8))?;
    ensure!(large.starts_with(b"PK\x06\x06"), "the archive's end with large numbers is damaged");
    Ok((u64_at(&large, 32), u64_at(&large, 48)))
}

/// Where an entry of the list is.
fn span(file: &mut (impl Read + Seek), entry: &[u8], extra: &[u8], length: u64) -> Result<Span> {
    let [size, packed, header] = large_numbers([24, 20, 42].map(|place| u32_at(entry, place)), extra)?;
    let packing = match (u16_at(entry, 8) & 1, u16_at(entry, 10)) {
        (0, 0) => Packing::Stored,
        (0, 8) => Packing::Deflated,
        _ => Packing::Other,
    };
    ensure!(packing != Packing::Stored || packed == size, "is damaged: it has two sizes");
    let local = at::<30>(file, header)?;
    ensure!(local.starts_with(b"PK\x03\x04"), "is damaged");
    let start = header + 30 + u64::from(u16_at(&local, 26)) + u64::from(u16_at(&local, 28));
    let end = start.checked_add(packed).filter(|&end| end <= length);
    let end = end.with_context(|| format!("should have {packed} bytes, more than there are"))?;
    // `torch.save` writes 0 where it is told to compute none.
    let checksum = Some(u32_at(entry, 16)).filter(|&sum| sum != 0);
    Ok(Span { place: start..end, packing, size, checksum })
}

/// The numbers of an entry, of which those that do not fit into 32 bits are in its extra field, in this order.
fn large_numbers(numbers: [u32; 3], extra: &[u8]) -> Result<[u64; 3]> {
    let mut large = extra_field(extra, 1).unwrap_or_default().chunks_exact(8);
    let mut all = [0; 3];
    for (number, short) in all.iter_mut().zip(numbers) {
        *number = match short {
            u32::MAX => u64_at(large.next().context("is damaged: its size is missing")?, 0),
            short => short.into(),
        };
    }
    Ok(all)
}

/// The body of the extra field of a kind.
fn extra_field(mut extra: &[u8], kind: u16) -> Option<&[u8]> {
    while extra.len() >= 4 {
        let body = extra.get(4..4 + usize::from(u16_at(extra, 2)))?;
        if u16_at(extra, 0) == kind {
            return Some(body);
        }
        extra = &extra[4 + body.len()..];
    }
    None
}

/// So many bytes from where the file is.
fn some(file: &mut (impl Read + Seek), count: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(count).read_to_end(&mut bytes)?;
    ensure!(bytes.len() as u64 == count, "the archive is cut short or damaged");
    Ok(bytes)
}

fn at<const N: usize>(file: &mut (impl Read + Seek), position: u64) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    file.seek(SeekFrom::Start(position))?;
    file.read_exact(&mut bytes).context("the archive is cut short or damaged")?;
    Ok(bytes)
}

fn u16_at(bytes: &[u8], place: usize) -> u16 {
    u16::from_le_bytes([bytes[place], bytes[place + 1]])
}

fn u32_at(bytes: &[u8], place: usize) -> u32 {
    u32::from(u16_at(bytes, place)) | u32::from(u16_at(bytes, place + 2)) << 16
}

fn u64_at(bytes: &[u8], place: usize) -> u64 {
    u64::from(u32_at(bytes, place)) | u64::from(u32_at(bytes, place + 4)) << 32
}
