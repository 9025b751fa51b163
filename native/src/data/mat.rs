//! MATLAB's files of level 5 (MathWorks, *MAT-File Format*), read as a stream: a matrix may be larger than memory.
//!
//! Only little-endian files and real numeric matrices are read, plain or compressed, which is what MATLAB and SciPy
//! write. Sizes in a file are checked against each other, and no memory is allocated by them.

use anyhow::{Context, Result, anyhow, bail, ensure};
use flate2::bufread::ZlibDecoder;
use std::io::{BufReader, Chain, Cursor, Read, Seek, SeekFrom, Take};

/// Bytes before the first element.
const HEADER: u64 = 128;
/// The kinds of elements that hold other elements.
const MATRIX: u32 = 14;
const COMPRESSED: u32 = 15;
/// The kinds of a matrix's own elements.
const INT8: u32 = 1;
const INT32: u32 = 5;
const UINT32: u32 = 6;
/// Classes of matrices that hold numbers: from double to 64-bit integers.
const NUMERIC: std::ops::RangeInclusive<u8> = 6..=15;
/// The flag of complex numbers.
const COMPLEX: u8 = 0x08;
/// The most bytes of a matrix's flags, shape or name.
const MAX_ELEMENT: u32 = 64;

/// How a number is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    F32,
    F64,
}

impl Number {
    fn of(kind: u32) -> Result<Self> {
        Ok(match kind {
            INT8 => Self::I8,
            2 => Self::U8,
            3 => Self::I16,
            4 => Self::U16,
            INT32 => Self::I32,
            UINT32 => Self::U32,
            7 => Self::F32,
            9 => Self::F64,
            _ => bail!("numbers of the kind {kind} are not read"),
        })
    }

    const fn width(self) -> usize {
        match self {
            Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// The value of [`Number::width`] bytes.
    fn value(self, bytes: &[u8]) -> f64 {
        let mut word = [0; 8];
        word[..bytes.len()].copy_from_slice(bytes);
        let [a, b, c, d, ..] = word;
        match self {
            Self::I8 => i8::from_le_bytes([a]).into(),
            Self::U8 => a.into(),
            Self::I16 => i16::from_le_bytes([a, b]).into(),
            Self::U16 => u16::from_le_bytes([a, b]).into(),
            Self::I32 => i32::from_le_bytes([a, b, c, d]).into(),
            Self::U32 => u32::from_le_bytes([a, b, c, d]).into(),
            Self::F32 => f32::from_le_bytes([a, b, c, d]).into(),
            Self::F64 => f64::from_le_bytes(word),
        }
    }
}

/// A matrix whose numbers are read one by one, the first index fastest.
pub struct Matrix<'a> {
    /// Its sides, at least two.
    pub shape: Vec<usize>,
    /// How its numbers are stored.
    pub number: Number,
    data: Chain<Cursor<Vec<u8>>, Take<&'a mut dyn Read>>,
}

impl Matrix<'_> {
    /// The next bytes of the numbers.
    ///
    /// # Errors
    /// When there are fewer.
    pub fn read(&mut self, bytes: &mut [u8]) -> Result<()> {
        self.data.read_exact(bytes).context("its numbers are cut short or damaged")
    }

    /// The next number.
    ///
    /// # Errors
    /// When there is none.
    pub fn next(&mut self) -> Result<f64> {
        let mut word = [0; 8];
        let bytes = &mut word[..self.number.width()];
        self.read(bytes)?;
        Ok(self.number.value(bytes))
    }
}

/// Calls `visit` with the matrix `name` of a file.
///
/// # Errors
/// When the file is no such file, is cut short or damaged, or has no such matrix.
pub fn find<T>(mut file: impl Read + Seek, name: &str, visit: impl FnOnce(&mut Matrix<'_>) -> Result<T>) -> Result<T> {
    let length = file.seek(SeekFrom::End(0))?;
    check_header(&mut file)?;
    let mut start = HEADER;
    while start < length {
        file.seek(SeekFrom::Start(start))?;
        let outer = Tag::read(&mut file)?;
        let end = start + 8 + u64::from(outer.size);
        ensure!(end <= length, "it is cut short: an element should have {} bytes", outer.size);
        let mut plain = (&mut file).take(outer.size.into());
        let mut inflated;
        let (element, tag): (&mut dyn Read, Tag) = if outer.kind == COMPRESSED {
            inflated = ZlibDecoder::new(BufReader::new(plain));
            let tag = Tag::read(&mut inflated)?;
            (&mut inflated, tag)
        } else {
            (&mut plain, outer)
        };
        ensure!(tag.kind == MATRIX && tag.inline.is_none(), "an element is of the kind {}, no matrix", tag.kind);
        let mut element = element.take(tag.size.into());
        if let Some(mut matrix) = open(&mut element, name)? {
            return visit(&mut matrix).with_context(|| format!("the matrix {name} is not as expected"));
        }
        // Compressed elements are not padded.
        start = if outer.kind == COMPRESSED { end } else { end.next_multiple_of(8) };
    }
    bail!("it has no matrix named {name}")
}

fn check_header(file: &mut (impl Read + Seek)) -> Result<()> {
    let mut header = [0; HEADER as usize];
    file.rewind()?;
    file.read_exact(&mut header).context("it is too short for a MATLAB file")?;
    // Version 1.0, then "MI" as a little-endian number.
    ensure!(header[124..] == *b"\x00\x01IM", "it is no little-endian MATLAB file of level 5");
    Ok(())
}

/// The header of an element.
#[derive(Debug, Clone, Copy)]
struct Tag {
    kind: u32,
    size: u32,
    /// The bytes themselves, when there are at most four.
    inline: Option<[u8; 4]>,
}

impl Tag {
    fn read(from: &mut impl Read) -> Result<Self> {
        let mut bytes = [0; 8];
        from.read_exact(&mut bytes).context("it is cut short or damaged")?;
        let [a, b, c, d, rest @ ..] = bytes;
        let first = u32::from_le_bytes([a, b, c, d]);
        match first >> 16 {
            0 => Ok(Self { kind: first, size: u32::from_le_bytes(rest), inline: None }),
            size @ 1..=4 => Ok(Self { kind: first & 0xFFFF, size, inline: Some(rest) }),
            size => bail!("it is damaged: a short element has {size} bytes"),
        }
    }
}

/// Reads the header of a matrix; `None` when it is another matrix.
fn open<'a>(element: &'a mut Take<&mut dyn Read>, name: &str) -> Result<Option<Matrix<'a>>> {
    let flags = small(element, UINT32)?;
    let [class, flag] = flags.first_chunk().copied().ok_or_else(|| anyhow!("a matrix has no flags"))?;
    if !NUMERIC.contains(&class) {
        return Ok(None);
    }
    let sides = small(element, INT32)?;
    if small(element, INT8)? != name.as_bytes() {
        return Ok(None);
    }
    ensure!(flag & COMPLEX == 0, "the matrix {name} is complex");
    let shape: Vec<usize> = sides
        .as_chunks()
        .0
        .iter()
        .map(|&side| usize::try_from(i32::from_le_bytes(side)))
        .collect::<Result<_, _>>()
        .with_context(|| format!("the matrix {name} has a negative side"))?;
    let tag = Tag::read(element)?;
    let number = Number::of(tag.kind)?;
    let count = shape.iter().try_fold(number.width(), |count, &side| count.checked_mul(side));
    ensure!(
        shape.len() >= 2 && count == usize::try_from(tag.size).ok(),
        "the matrix {name} is damaged: the shape {shape:?} does not fit its {} bytes",
        tag.size
    );
    let inline = tag.inline.map_or(vec![], |bytes| bytes[..tag.size as usize].to_vec());
    let rest = if tag.inline.is_some() { 0 } else { tag.size };
    let element: &mut dyn Read = element;
    Ok(Some(Matrix { shape, number, data: Cursor::new(inline).chain(element.take(rest.into())) }))
}

/// All of a small element, with the padding after it.
fn small(from: &mut impl Read, kind: u32) -> Result<Vec<u8>> {
    let tag = Tag::read(from)?;
    ensure!(tag.kind == kind && tag.size <= MAX_ELEMENT, "it is damaged: a matrix's head is not as it should be");
    let size = tag.size as usize;
    if let Some(bytes) = tag.inline {
        return Ok(bytes[..size].to_vec());
    }
    let mut bytes = vec![0; size.next_multiple_of(8)];
    from.read_exact(&mut bytes).context("it is cut short or damaged")?;
    bytes.truncate(size);
    Ok(bytes)
}

/// Writing such files, as tests do.
#[cfg(test)]
pub mod writing {
    use super::{COMPRESSED, HEADER, INT8, INT32, MATRIX, UINT32};
    use flate2::{Compression, write::ZlibEncoder};
    use std::io::Write;

    /// An element with its padding; short ones in the short form.
    pub fn element(kind: u32, bytes: &[u8]) -> Vec<u8> {
        let size = bytes.len() as u32;
        let mut out = if (1..=4).contains(&size) {
            [(kind | size << 16).to_le_bytes().as_slice(), bytes].concat()
        } else {
            [&kind.to_le_bytes(), size.to_le_bytes().as_slice(), bytes].concat()
        };
        out.resize(out.len().next_multiple_of(8), 0);
        out
    }

    /// A matrix of the class and the kind of numbers.
    pub fn matrix(name: &str, shape: &[i32], class: u8, kind: u32, numbers: &[u8]) -> Vec<u8> {
        let sides: Vec<u8> = shape.iter().flat_map(|side| side.to_le_bytes()).collect();
        let parts = [
            element(UINT32, &[class, 0, 0, 0, 0, 0, 0, 0]),
            element(INT32, &sides),
            element(INT8, name.as_bytes()),
            element(kind, numbers),
        ];
        element(MATRIX, &parts.concat())
    }

    /// The same, compressed.
    pub fn compressed(matrix: &[u8]) -> Vec<u8> {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(matrix).expect("memory takes everything");
        let bytes = zlib.finish().expect("memory takes everything");
        [&COMPRESSED.to_le_bytes(), (bytes.len() as u32).to_le_bytes().as_slice(), &bytes].concat()
    }

    /// A file of elements.
    pub fn file(elements: &[Vec<u8>]) -> Vec<u8> {
        let mut header = vec![b' '; HEADER as usize];
        header[124..].copy_from_slice(b"\x00\x01IM");
        [header, elements.concat()].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::writing::{compressed, element, file, matrix};
    use super::*;

    /// All numbers of the matrix `m`.
    fn read(file: &[u8]) -> Result<Vec<f64>> {
        find(Cursor::new(file), "m", |matrix| {
            (0..matrix.shape.iter().product()).map(|_| matrix.next()).collect::<Result<_>>()
        })
    }

    fn refused(file: &[u8], message: &str) {
        let error = format!("{:#}", read(file).unwrap_err());
        assert!(error.contains(message), "{error}");
    }

    fn doubles(values: &[f64]) -> Vec<u8> {
        values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    #[test]
    fn numbers_of_every_kind_are_read() -> Result<()> {
        let cases: [(u32, Vec<u8>, [f64; 2]); 8] = [
            (1, vec![0xFF, 5], [-1.0, 5.0]),
            (2, vec![0xFF, 5], [255.0, 5.0]),
            (3, vec![0xFF, 0xFF, 5, 0], [-1.0, 5.0]),
            (4, vec![0xFF, 0xFF, 5, 0], [65535.0, 5.0]),
            (5, vec![0xFF, 0xFF, 0xFF, 0xFF, 5, 0, 0, 0], [-1.0, 5.0]),
            (6, vec![0xFF, 0xFF, 0xFF, 0xFF, 5, 0, 0, 0], [4_294_967_295.0, 5.0]),
            (7, [1.5_f32.to_le_bytes(), 5_f32.to_le_bytes()].concat(), [1.5, 5.0]),
            (9, doubles(&[-2.5, 5.0]), [-2.5, 5.0]),
        ];
        for (kind, bytes, values) in cases {
            let plain = matrix("m", &[2, 1], 6, kind, &bytes);
            let packed = compressed(&plain);
            assert_eq!(read(&file(&[plain]))?, values);
            assert_eq!(read(&file(&[packed]))?, values);
        }
        Ok(())
    }

    #[test]
    fn other_matrices_are_passed_over() -> Result<()> {
        let other = matrix("other", &[1, 9], 9, 2, &[0; 9]);
        let text = matrix("m", &[1, 2], 4, 4, &[0; 4]);
        let wanted = matrix("m", &[1, 1], 9, 2, &[7]);
        for elements in [
            vec![other.clone(), wanted.clone()],
            vec![compressed(&other), compressed(&text), compressed(&wanted)],
            vec![text, wanted.clone(), other.clone()],
            vec![compressed(&other), wanted],
        ] {
            assert_eq!(read(&file(&elements))?, [7.0]);
        }
        refused(&file(&[other]), "no matrix named m");
        Ok(())
    }

    #[test]
    fn a_file_cut_anywhere_is_refused() {
        let plain = matrix("m", &[3, 1], 6, 9, &doubles(&[1.0, 2.0, 3.0]));
        for whole in [file(&[compressed(&plain)]), file(&[plain])] {
            assert!(read(&whole).is_ok());
            for cut in 0..whole.len() {
                assert!(read(&whole[..cut]).is_err(), "cut at {cut}");
            }
        }
    }

    #[test]
    fn a_damaged_byte_never_panics() {
        let plain = matrix("m", &[3, 1], 6, 9, &doubles(&[1.0, 2.0, 3.0]));
        for whole in [file(&[compressed(&plain)]), file(&[plain])] {
            for place in 0..whole.len() {
                for change in [0x01, 0x80, 0xFF] {
                    let mut damaged = whole.clone();
                    damaged[place] ^= change;
                    let _ = read(&damaged);
                }
            }
        }
    }

    #[test]
    fn sizes_that_cannot_be_are_refused() {
        let huge = [i32::MAX, i32::MAX, i32::MAX, i32::MAX];
        refused(&file(&[matrix("m", &huge, 6, 9, &[0; 8])]), "does not fit");
        refused(&file(&[matrix("m", &[-1, -1], 6, 9, &[0; 8])]), "negative");
        refused(&file(&[matrix("m", &[1], 6, 9, &[0; 8])]), "does not fit");
        refused(&file(&[matrix("m", &[0, 5], 6, 9, &[0; 8])]), "does not fit");
        refused(&file(&[matrix("m", &[1; 30], 6, 9, &[0; 8])]), "head");
        refused(&file(&[element(9, &[0; 8])]), "no matrix");
        refused(&file(&[compressed(&element(9, &[0; 8]))]), "no matrix");
        refused(b"no such file", "too short");
        refused(&[0; 200], "no little-endian");
    }

    #[test]
    fn what_is_compressed_may_claim_any_size() {
        // Sixteen megabytes of zeros follow the header of a small matrix; none of it is read.
        let mut bomb = matrix("m", &[1, 1], 6, 9, &doubles(&[4.0]));
        bomb[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
        bomb.resize(1 << 24, 0);
        assert_eq!(read(&file(&[compressed(&bomb)])).ok(), Some(vec![4.0]));
    }
}
