//! The two containers that PyTorch writes: a zip archive (`torch.save` since 1.6), and before that a sequence of pickles
//! with the numbers after them. Only the pickles are read as a whole; numbers are read when they are asked for.

use super::{
    pickle::{self, Graph, Kind, Storage, Tensor, Value},
    zip::{self, MAX_ENTRY, Span},
};
use anyhow::{Context, Result, bail, ensure};
use half::{bf16, f16};
use std::{
    collections::HashMap,
    fs::{self, File},
    io::{BufReader, Read, Seek, SeekFrom},
    path::Path,
};

/// What an old file begins with, as a pickled integer.
const MAGIC: i128 = 0x1950_a86a_20f9_469c_fc6c;
/// The one version of the old container.
const PROTOCOL: i128 = 1001;
/// The most numbers of a tensor; the largest of these networks has 2 million.
const MAX_NUMBERS: usize = 1 << 22;

/// An open checkpoint: what its pickle says, and where the numbers are.
#[derive(Debug)]
pub struct Checkpoint<F> {
    /// What the pickle built.
    pub graph: Graph,
    file: F,
    storages: HashMap<String, Span>,
}

impl Checkpoint<File> {
    /// Opens a file of either container.
    ///
    /// # Errors
    /// When it is neither, is cut short or damaged, or its pickle is refused.
    pub fn open(path: &Path) -> Result<Self> {
        // Before it is opened: opening a pipe would wait for its other end.
        ensure!(fs::metadata(path)?.is_file(), "it is no file");
        Self::read(File::open(path)?)
    }
}

impl<F: Read + Seek> Checkpoint<F> {
    fn read(mut file: F) -> Result<Self> {
        let mut start = [0; 4];
        let known = file.read_exact(&mut start).is_ok();
        file.rewind()?;
        match &start {
            b"PK\x03\x04" if known => Self::read_zip(file),
            [0x80, ..] if known => Self::read_old(file),
            _ => bail!("it is no PyTorch checkpoint"),
        }
    }

    fn read_zip(mut file: F) -> Result<Self> {
        let entries = zip::entries(&mut file)?;
        let is_pickle = |name: &&String| name.ends_with("/data.pkl") && name.matches('/').count() == 1;
        let name =
            entries.keys().find(is_pickle).context("the archive has no data.pkl: it is no PyTorch checkpoint")?;
        let folder = name.trim_end_matches("data.pkl");
        if let Some(order) = entries.get(&format!("{folder}byteorder")) {
            ensure!(order.read(&mut file)? == b"little", "its numbers are in big-endian order");
        }
        let graph = pickle::read(&mut entries[name].read(&mut file)?.as_slice())?;
        let folder = format!("{folder}data/");
        let storage = |(name, span): (&String, &Span)| Some((name.strip_prefix(&folder)?.to_owned(), span.clone()));
        let storages = entries.iter().filter_map(storage).collect();
        Ok(Self { graph, file, storages })
    }

    /// Magic number, protocol, system, the object, the storages' keys: each a pickle. Then for each key a count and
    /// as many numbers.
    fn read_old(file: F) -> Result<Self> {
        let mut file = BufReader::new(file);
        let number = |file: &mut BufReader<F>| -> Result<i128> {
            let graph = pickle::read(file)?;
            match graph.get(graph.root) {
                Value::Int(number) => Ok(*number),
                _ => bail!("it is no PyTorch checkpoint: it begins with another pickle"),
            }
        };
        ensure!(number(&mut file)? == MAGIC, "it is no PyTorch checkpoint: its magic number is another");
        ensure!(number(&mut file)? == PROTOCOL, "it is of another version of PyTorch's container");
        let system = pickle::read(&mut file)?;
        let little = system.entry(system.root, "little_endian").map(|id| system.get(id));
        ensure!(little == Some(&Value::Bool(true)), "its numbers are in big-endian order");
        let graph = pickle::read(&mut file)?;
        let keys = pickle::read(&mut file)?;
        let storages = old_storages(&mut file, &graph, &keys)?;
        Ok(Self { graph, file: file.into_inner(), storages })
    }

    /// A tensor's numbers, row-major, whatever their order in the storage is.
    ///
    /// # Errors
    /// When they are not in the file, or are no floating-point numbers.
    pub fn numbers(&mut self, tensor: &Tensor) -> Result<Vec<f32>> {
        let Storage { key, kind, count } = &tensor.storage;
        let span = self.storages.get(key).with_context(|| format!("the storage {key} is missing"))?;
        ensure!(
            count.checked_mul(kind.width()) == Some(span.size),
            "the storage {key} should have {count} numbers, but has {} bytes",
            span.size
        );
        let count: Option<usize> = tensor.shape.iter().try_fold(1, |count: usize, &side| count.checked_mul(side));
        let fits = count.is_some_and(|count| (1..=MAX_NUMBERS).contains(&count));
        ensure!(fits, "the shape {:?} is too large, or has nothing in it", tensor.shape);
        if span.size <= MAX_ENTRY {
            return gather(&decode(*kind, &span.read(&mut self.file)?)?, tensor);
        }
        // A view of a large buffer.
        let (first, end) = (tensor.offset as u64, extent(tensor).context("its strides are too large")?);
        let part = first * kind.width()..end * kind.width();
        let stored = decode(*kind, &span.read_part(&mut self.file, part)?)?;
        gather(&stored, &Tensor { offset: 0, ..tensor.clone() })
    }
}

/// Where the storages of an old container are. The file is at the first one's count.
fn old_storages<F: Read + Seek>(file: &mut BufReader<F>, graph: &Graph, keys: &Graph) -> Result<HashMap<String, Span>> {
    let kinds: HashMap<&str, Kind> = graph.storages().map(|storage| (storage.key.as_str(), storage.kind)).collect();
    let Value::List(list) = keys.get(keys.root) else { bail!("its list of storages is damaged") };
    let mut start = file.stream_position()?;
    let length = file.seek(SeekFrom::End(0))?;
    let mut storages = HashMap::new();
    for &key in list {
        let key = keys.text(key).context("its list of storages is damaged")?;
        let kind = kinds.get(key).with_context(|| format!("the storage {key} belongs to no tensor"))?;
        let mut count = [0; 8];
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(&mut count).with_context(|| format!("it is cut short: the storage {key} is missing"))?;
        let count = u64::from_le_bytes(count);
        let end = count.checked_mul(kind.width()).and_then(|bytes| bytes.checked_add(start + 8));
        let end = end.filter(|&end| end <= length);
        let end = end.with_context(|| format!("it is cut short: the storage {key} should have {count} numbers"))?;
        storages.insert(key.to_owned(), Span::plain(start + 8..end));
        start = end;
    }
    Ok(storages)
}

fn decode(kind: Kind, bytes: &[u8]) -> Result<Vec<f32>> {
    Ok(match kind {
        Kind::Float => bytes.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect(),
        Kind::Double => bytes.as_chunks().0.iter().map(|&bytes| f64::from_le_bytes(bytes) as f32).collect(),
        Kind::Half => bytes.as_chunks().0.iter().map(|&bytes| f16::from_le_bytes(bytes).to_f32()).collect(),
        Kind::BFloat16 => bytes.as_chunks().0.iter().map(|&bytes| bf16::from_le_bytes(bytes).to_f32()).collect(),
        Kind::Other(_) => bail!("it holds integers or complex numbers, which weights are not"),
    })
}

/// The place in its storage behind a tensor's last number; the tensor has some.
fn extent(tensor: &Tensor) -> Option<u64> {
    let mut steps = tensor.shape.iter().zip(&tensor.strides);
    let last =
        steps.try_fold(tensor.offset, |last, (&side, &stride)| last.checked_add((side - 1).checked_mul(stride)?))?;
    // A storage has fewer than 2^61 numbers.
    u64::try_from(last).ok().filter(|last| last >> 60 == 0).map(|last| last + 1)
}

/// The numbers of a view of `stored`.
fn gather(stored: &[f32], tensor: &Tensor) -> Result<Vec<f32>> {
    let mut places = vec![tensor.offset];
    for (&side, &stride) in tensor.shape.iter().zip(&tensor.strides) {
        let steps = (0..side).map(|index| index.checked_mul(stride));
        let steps: Option<Vec<usize>> = steps.collect();
        let steps = steps.context("its strides are too large")?;
        places = places.iter().flat_map(|&place| steps.iter().map(move |&step| place.saturating_add(step))).collect();
    }
    let number = |place: usize| stored.get(place).copied().context("it reaches beyond its storage");
    places.into_iter().map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::super::modules;
    use super::*;
    use std::io::Cursor;

    /// What tests/import/generate.py has PyTorch write: the same small tensors in both containers.
    const FILES: [&str; 2] = ["small-old.pt", "small-zip.pt"];

    fn bytes(name: &str) -> Vec<u8> {
        fs::read(format!("tests/import/{name}")).expect("the file is in the repository")
    }

    /// Every tensor that is no integer, with its numbers.
    fn read(bytes: &[u8]) -> Result<Vec<(String, Vec<f32>)>> {
        let mut checkpoint = Checkpoint::read(Cursor::new(bytes))?;
        let named = modules::tensors(&checkpoint.graph)?.into_iter().filter(|named| named.name != "integer");
        named.map(|named| Ok((named.name, checkpoint.numbers(&named.tensor)?))).collect()
    }

    fn refused(bytes: &[u8], message: &str) {
        let error = format!("{:#}", read(bytes).unwrap_err());
        assert!(error.contains(message), "{error}");
    }

    /// With the first occurrence of some bytes replaced.
    fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
        let place = bytes.windows(from.len()).position(|window| window == from).expect("it is there");
        [&bytes[..place], to, &bytes[place + from.len()..]].concat()
    }

    /// With the bytes from `place` on overwritten.
    fn patched(bytes: &[u8], place: usize, with: &[u8]) -> Vec<u8> {
        let mut patched = bytes.to_vec();
        patched[place..place + with.len()].copy_from_slice(with);
        patched
    }

    #[test]
    fn both_containers_give_the_tensors() -> Result<()> {
        let all: Vec<f32> = (0..24_u8).map(f32::from).collect();
        let transposed =
            (0..4_u8).flat_map(|k| (0..2).flat_map(move |i| (0..3).map(move |j| f32::from(12 * i + 4 * j + k))));
        let expected = [
            ("plain", all.clone()),
            ("transposed", transposed.collect()),
            ("part", vec![16.0, 18.0, 20.0, 22.0]),
            ("same", all),
            ("double", vec![0.1, -2.5]),
            ("half", vec![1.5, -3.0]),
            ("brain", vec![1.5, -3.0]),
            ("parameter", vec![1.0, 1.0]),
        ];
        for file in FILES {
            let found = read(&bytes(file))?;
            let found: Vec<_> = found.iter().map(|(name, numbers)| (name.as_str(), numbers.clone())).collect();
            assert_eq!(found, expected, "{file}");
        }
        Ok(())
    }

    #[test]
    fn integers_are_no_weights() -> Result<()> {
        for file in FILES {
            let mut checkpoint = Checkpoint::read(Cursor::new(bytes(file)))?;
            let named = modules::tensors(&checkpoint.graph)?.into_iter().find(|named| named.name == "integer");
            let error = checkpoint.numbers(&named.context("it is there")?.tensor).unwrap_err().to_string();
            assert!(error.contains("integers"), "{error}");
        }
        Ok(())
    }

    #[test]
    fn a_file_cut_anywhere_is_refused() {
        for file in FILES {
            let whole = bytes(file);
            for cut in 0..whole.len() {
                assert!(read(&whole[..cut]).is_err(), "{file} cut at {cut}");
            }
        }
    }

    #[test]
    fn a_damaged_byte_never_panics() {
        for file in FILES {
            let whole = bytes(file);
            for place in 0..whole.len() {
                for change in [0x01, 0x80, 0xFF] {
                    let _ = read(&patched(&whole, place, &[whole[place] ^ change]));
                }
            }
        }
    }

    #[test]
    fn a_name_that_is_not_on_the_list_is_refused_in_both() {
        let evil = replaced(&bytes("small-old.pt"), b"torch._utils\n_rebuild_tensor_v2\n", b"os\nsystem\n");
        refused(&evil, "`os.system`");
        // As long as what it replaces, so that the archive stays valid and only the checksum is wrong.
        let name: &[u8] = b"torch._utils\n_rebuild_tensor_v2\n";
        let evil =
            replaced(&bytes("small-zip.pt"), name, b"posix_longer\nsystem_as_long_as_it\n".get(..name.len()).unwrap());
        refused(&evil, "checksum");
    }

    #[test]
    fn counts_that_cannot_be_are_refused() -> Result<()> {
        let whole = bytes("small-old.pt");
        let checkpoint = Checkpoint::read(Cursor::new(&whole))?;
        let first = checkpoint.storages.values().map(|span| span.place.start).min().context("there are some")?;
        let place = usize::try_from(first)? - 8;
        for count in [u64::MAX, 1 << 63, 1 << 62, 1 << 61, whole.len() as u64] {
            refused(&patched(&whole, place, &count.to_le_bytes()), &format!("{count} numbers"));
        }
        refused(&patched(&whole, place, &1_u64.to_le_bytes()), "");
        Ok(())
    }

    #[test]
    fn archives_that_lie_are_refused() {
        let whole = bytes("small-zip.pt");
        let entry = whole.windows(4).position(|window| window == b"PK\x01\x02").expect("there is an entry");
        refused(&patched(&whole, entry + 10, &[8, 0]), "damaged");
        refused(&patched(&whole, entry + 10, &[14, 0]), "compressed");
        refused(&patched(&whole, entry + 8, &[1, 0]), "encrypted");
        refused(&patched(&whole, entry + 24, &[0xFE; 4]), "two sizes");
        refused(&patched(&whole, entry + 24, &u32::MAX.to_le_bytes()), "its size is missing");
        refused(&patched(&whole, entry + 20, &[0xFE; 8]), "more than there are");
        refused(&patched(&whole, entry + 42, &[0xFE; 4]), "cut short or damaged");
        refused(&patched(&whole, entry + 16, &[1; 4]), "checksum");
        refused(&patched(&whole, entry + 46 + b"small-zip/".len(), b"none.pkl"), "no data.pkl");
        refused(&whole[..whole.len() - 22], "no end");
    }

    /// What PyTorch writes when it is told to compute no checksums, and what is behind an archive.
    #[test]
    fn archives_that_pytorch_reads_are_read() -> Result<()> {
        let whole = bytes("small-zip.pt");
        let expected = read(&whole)?;
        let mut without_checksums = whole.clone();
        for at in 0..whole.len() - 20 {
            if whole[at..].starts_with(b"PK\x01\x02") {
                without_checksums[at + 16..at + 20].fill(0);
            }
        }
        let mut with_comment = whole.clone();
        with_comment[whole.len() - 2] = 7;
        with_comment.extend(b"comment");
        for file in [without_checksums, with_comment, [whole.as_slice(), b"\n"].concat()] {
            assert_eq!(read(&file)?, expected);
        }
        Ok(())
    }

    #[test]
    fn views_of_a_large_buffer_are_read() -> Result<()> {
        let storage = Storage { key: "0".to_owned(), kind: Kind::Float, count: 20 << 20 };
        let mut file = vec![0; 80 << 20];
        file[40 << 20..][..8].copy_from_slice(&[1.0_f32.to_le_bytes(), 2.0_f32.to_le_bytes()].concat());
        let storages = HashMap::from([("0".to_owned(), Span::plain(0..80 << 20))]);
        let graph = pickle::read(&mut b"N.".as_slice())?;
        let mut checkpoint = Checkpoint { graph, file: Cursor::new(file), storages };
        let view = |offset, strides| Tensor { storage: storage.clone(), offset, shape: vec![2], strides };
        assert_eq!(checkpoint.numbers(&view(10 << 20, vec![1]))?, [1.0, 2.0]);
        assert!(checkpoint.numbers(&view((20 << 20) - 1, vec![1])).is_err(), "beyond its end");
        assert!(checkpoint.numbers(&view(0, vec![usize::MAX])).is_err());
        Ok(())
    }

    #[test]
    fn other_files_are_refused() {
        refused(b"", "no PyTorch checkpoint");
        refused(b"this is no checkpoint", "no PyTorch checkpoint");
        refused(b"\x80\x02K\x01.", "magic number");
        refused(b"\x80\x02N.", "another pickle");
    }

    #[test]
    fn views_beyond_their_storage_are_refused() {
        let storage = Storage { key: "0".to_owned(), kind: Kind::Float, count: 4 };
        let view = |offset, shape: &[usize], strides: &[usize]| Tensor {
            storage: storage.clone(),
            offset,
            shape: shape.to_vec(),
            strides: strides.to_vec(),
        };
        let stored = [0.0, 1.0, 2.0, 3.0];
        assert_eq!(gather(&stored, &view(1, &[3], &[1])).ok(), Some(vec![1.0, 2.0, 3.0]));
        assert_eq!(gather(&stored, &view(1, &[2, 2], &[0, 1])).ok(), Some(vec![1.0, 2.0, 1.0, 2.0]));
        assert!(gather(&stored, &view(2, &[3], &[1])).is_err());
        assert!(gather(&stored, &view(usize::MAX, &[3], &[usize::MAX])).is_err());
    }
}
