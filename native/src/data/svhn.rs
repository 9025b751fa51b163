//! SVHN's cropped digits (Netzer et al. 2011): a MATLAB file for each split, with the images X `[32, 32, 3, N]` and the
//! labels y `[N, 1]`.

use super::mat::{self, Matrix, Number};
use super::{
    records::{RECORD, Split},
    writer::Writer,
};
use anyhow::{Context, Result, ensure};
use gradient_features::images::{IMAGE_BYTES, PLANE, SIDE};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// The label of the digit 0.
const ZERO: f64 = 10.0;

/// Reads the file of a split into `writer`, image by image: only the labels are ever all in memory.
///
/// # Errors
/// When the file is not as it should be, or the images cannot be written.
pub fn read(file: &Path, split: Split, writer: &mut Writer<'_>) -> Result<()> {
    let open = || File::open(file).map(BufReader::new);
    let count = writer.sizes().of(split);
    // In the file they come after the images, in a record before them.
    let labels = mat::find(open()?, "y", |matrix| labels(matrix, count))?;
    mat::find(open()?, "X", |matrix| images(matrix, &labels, split, writer))
}

fn labels(matrix: &mut Matrix<'_>, count: usize) -> Result<Vec<u8>> {
    let expected = [count, 1];
    ensure!(matrix.shape == expected, "its shape is {:?}, which should be {expected:?}", matrix.shape);
    (0..count).map(|index| label(matrix.next()?).with_context(|| format!("image {index} has no label"))).collect()
}

fn label(value: f64) -> Result<u8> {
    ensure!((1.0..=ZERO).contains(&value) && value.fract() == 0.0, "{value} is no number from 1 to 10");
    // Exact: it is one of ten.
    Ok(if value == ZERO { 0 } else { value as u8 })
}

fn images(matrix: &mut Matrix<'_>, labels: &[u8], split: Split, writer: &mut Writer<'_>) -> Result<()> {
    let expected = [SIDE, SIDE, 3, labels.len()];
    ensure!(
        matrix.shape == expected && matrix.number == Number::U8,
        "it has {:?} numbers in the shape {:?}, which should be bytes in {expected:?}",
        matrix.number,
        matrix.shape
    );
    let (mut columns, mut record) = ([0; IMAGE_BYTES], [0; RECORD]);
    for (index, &label) in labels.iter().enumerate() {
        matrix.read(&mut columns)?;
        record[0] = label;
        transpose(&columns, &mut record[1..]);
        writer.write(split, index, &record)?;
    }
    Ok(())
}

/// From column-major to row-major order, in each of the three planes.
fn transpose(columns: &[u8], rows: &mut [u8]) {
    for (from, to) in columns.chunks_exact(PLANE).zip(rows.chunks_exact_mut(PLANE)) {
        for (position, &value) in from.iter().enumerate() {
            to[position % SIDE * SIDE + position / SIDE] = value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::mat::writing;
    use super::super::{
        images::Images,
        records::Sizes,
        test_support::{self, Place},
    };
    use super::*;
    use std::fs;

    const SIZES: Sizes = Sizes { classes: 10, train: 11, test: 2 };
    /// MATLAB's class and kind of bytes.
    const BYTES: (u8, u32) = (9, 2);

    fn records() -> Vec<Vec<u8>> {
        test_support::records(SIZES)
    }

    /// X and y of some records.
    fn matrices(records: &[Vec<u8>]) -> [Vec<u8>; 2] {
        let count = records.len() as i32;
        let (mut x, mut y) = (vec![], vec![]);
        for record in records {
            y.push(if record[0] == 0 { 10 } else { record[0] });
            let mut columns = vec![0; IMAGE_BYTES];
            transpose(&record[1..], &mut columns);
            x.extend(columns);
        }
        let (class, kind) = BYTES;
        [writing::matrix("X", &[32, 32, 3, count], class, kind, &x), writing::matrix("y", &[count, 1], class, kind, &y)]
    }

    fn place(train: &[Vec<u8>], test: &[Vec<u8>]) -> Result<Place> {
        let files = [("train", &*writing::file(train)), ("test", &*writing::file(test))];
        Place::new(SIZES, &files, |folder, writer| {
            read(&folder.join("train"), Split::Train, writer)?;
            read(&folder.join("test"), Split::Test, writer)
        })
    }

    fn splits() -> [[Vec<u8>; 2]; 2] {
        let records = records();
        let (train, test) = records.split_at(SIZES.train);
        [matrices(train), matrices(test)]
    }

    #[test]
    fn plain_and_compressed_files_give_the_images() -> Result<()> {
        let [train, test] = splits();
        place(&train, &test)?.assert_whole(&records())?;
        let compressed = |matrices: &[Vec<u8>; 2]| [&matrices[1], &matrices[0]].map(|m| writing::compressed(m));
        place(&compressed(&train), &compressed(&test))?.assert_whole(&records())
    }

    #[test]
    fn extra_images_are_streamed() -> Result<()> {
        let records = test_support::records(SIZES);
        let sizes = Sizes { classes: 10, train: records.len(), test: 0 };
        let file = writing::file(&matrices(&records).map(|matrix| writing::compressed(&matrix)));
        let place =
            Place::new(sizes, &[("extra", &file)], |folder, writer| read(&folder.join("extra"), Split::Train, writer))?;
        place.assert_whole(&records)?;
        let stream = place.store.stream(Split::Train)?;
        let labels: Vec<u8> = records.iter().map(|record| record[0]).collect();
        assert_eq!(stream.labels(), labels);
        assert_eq!(stream.pixels(3..5)?, [&records[3][1..], &records[4][1..]].concat());
        Ok(())
    }

    #[test]
    fn labels_may_be_doubles() -> Result<()> {
        let [train, [x, _]] = splits();
        let labels: Vec<u8> = records()[SIZES.train..]
            .iter()
            .flat_map(|record| f64::from(if record[0] == 0 { 10 } else { record[0] }).to_le_bytes())
            .collect();
        place(&train, &[x, writing::matrix("y", &[2, 1], 6, 9, &labels)])?.assert_whole(&records())
    }

    #[test]
    fn what_scipy_writes_is_read() -> Result<()> {
        for name in ["plain", "compressed"] {
            let file = fs::read(format!("tests/svhn/{name}.mat"))?;
            let sizes = Sizes { classes: 10, train: 3, test: 3 };
            let place = Place::new(sizes, &[("file", &file)], |folder, writer| {
                read(&folder.join("file"), Split::Train, writer)?;
                read(&folder.join("file"), Split::Test, writer)
            })?;
            assert!(place.result.is_ok(), "{:?}", place.result);
            let set = place.store.load()?.train;
            assert_eq!(set.labels, [1, 0, 9]);
            // The formula of tests/svhn/generate.py.
            for (position, &value) in set.pixels.iter().enumerate() {
                let (n, c) = (position / IMAGE_BYTES, position % IMAGE_BYTES / PLANE);
                let (y, x) = (position % PLANE / SIDE, position % SIDE);
                assert_eq!(usize::from(value), (7 * y + 3 * x + 50 * c + 11 * n) % 256, "{position}");
            }
        }
        Ok(())
    }

    #[test]
    fn files_that_are_not_as_expected_are_refused() -> Result<()> {
        let [train, [x, y]] = splits();
        let (class, kind) = BYTES;
        let labels = |labels: &[u8]| writing::matrix("y", &[labels.len() as i32, 1], class, kind, labels);
        let cases = [
            (vec![x.clone()], "no matrix named y"),
            (vec![y.clone()], "no matrix named X"),
            (vec![x.clone(), labels(&[1, 0])], "0 is no number from 1 to 10"),
            (vec![x.clone(), labels(&[11, 1])], "11 is no number from 1 to 10"),
            (vec![x, labels(&[1, 2, 3])], "[3, 1], which should be [2, 1]"),
            (vec![writing::matrix("X", &[3, 32, 32, 2], class, kind, &[0; 2 * IMAGE_BYTES]), y], "should be bytes in"),
        ];
        for (test, message) in cases {
            place(&train, &test)?.assert_refused(message)?;
        }
        Ok(())
    }
}
