//! The gallery in the repository: a thousand test images that the page shows, and two thousand more to measure on in live
//! training, on lossless sheets.

use super::disk::{self, DiskError};
use anyhow::{Context, Result, ensure};
use gradient_features::images::{IMAGE_BYTES, ImageSet, PLANE, SIDE};
use image::{ImageFormat, Rgb, RgbImage};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;

/// How many sheets there are; each has as many images of every class.
const SHEETS: usize = 10;
/// How many images of each class a sheet holds.
const PER_CLASS: usize = 10;
/// How many classes there are.
const CLASSES: u8 = 10;
/// Tiles beside each other on a sheet.
const COLUMNS: usize = 10;
/// For live training: so many sheets of every class, of so many images each.
const MORE_SHEETS: usize = 2;
const MORE_PER_SHEET: usize = 100;
/// The table of contents of what the page shows.
const INDEX: &str = "index.json";
/// The table of contents of the other images.
const MORE: &str = "more.json";

/// A table of contents: which image is where.
#[derive(Debug, Serialize, Deserialize)]
struct Index {
    dataset: String,
    split: String,
    /// Side of a tile, in pixels.
    tile: usize,
    columns: usize,
    sheets: Vec<Sheet>,
}

/// One picture; its images stand row by row.
#[derive(Debug, Serialize, Deserialize)]
struct Sheet {
    file: String,
    images: Vec<Tile>,
}

/// One image.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Tile {
    /// Its place in the test set.
    index: usize,
    label: u8,
}

/// Writes the first 100 images of each class of `test`, `[N, 3, 32, 32]`, as `sheet-0.png` … `sheet-9.png` and
/// `index.json` into `folder`. Sheet `k` holds each class's images `10k … 10k + 9`, in the order of the test set. The
/// next 200 of class `c` are in `more-c-0.png` and `more-c-1.png`, told by `more.json`: who trains on some classes loads
/// no sheets of others.
///
/// # Errors
/// When a class has fewer than 300 images, or `folder` cannot be written.
pub fn write_gallery(test: &ImageSet, folder: &Path) -> Result<()> {
    disk::make_folder(folder)?;
    let shown = (0..SHEETS).map(|number| Ok((format!("sheet-{number}.png"), of_all_classes(test, number)?)));
    write_sheets(test, folder, INDEX, shown)?;
    let numbers = |label| (0..MORE_SHEETS).map(move |number| (label, number));
    let more = (0..CLASSES)
        .flat_map(numbers)
        .map(|(label, number)| Ok((format!("more-{label}-{number}.png"), of_one_class(test, label, number)?)));
    write_sheets(test, folder, MORE, more)
}

/// Writes sheets, each with its file's name and its images, and their table of contents.
fn write_sheets(
    test: &ImageSet,
    folder: &Path,
    index: &str,
    chosen: impl Iterator<Item = Result<(String, Vec<Tile>)>>,
) -> Result<()> {
    let mut sheets = Vec::new();
    for sheet in chosen {
        let (file, images) = sheet?;
        let mut png = Vec::new();
        draw(test, &images)
            .write_to(&mut std::io::Cursor::new(&mut png), ImageFormat::Png)
            .with_context(|| format!("cannot draw {file}"))?;
        write(folder, &file, &png)?;
        sheets.push(Sheet { file, images });
    }
    let contents =
        Index { dataset: "cifar10".to_owned(), split: "test".to_owned(), tile: SIDE, columns: COLUMNS, sheets };
    write(folder, index, (serde_json::to_string(&contents)? + "\n").as_bytes())
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let unfinished = folder.join(format!(".{name}.part"));
    fs::write(&unfinished, bytes).map_err(|cause| DiskError::new(folder, cause))?;
    disk::publish(&unfinished, &folder.join(name))
}

/// The images of sheet `number` of those that the page shows, sorted by index.
fn of_all_classes(test: &ImageSet, number: usize) -> Result<Vec<Tile>> {
    let mut tiles = Vec::with_capacity(PER_CLASS * usize::from(CLASSES));
    for label in 0..CLASSES {
        tiles.extend(of_class(test, label, number * PER_CLASS, PER_CLASS)?);
    }
    tiles.sort_by_key(|tile| tile.index);
    Ok(tiles)
}

/// The images of sheet `number` of a class, behind those that the page shows.
fn of_one_class(test: &ImageSet, label: u8, number: usize) -> Result<Vec<Tile>> {
    of_class(test, label, SHEETS * PER_CLASS + number * MORE_PER_SHEET, MORE_PER_SHEET)
}

/// A class's images from the place `first` among them on, in the order of the test set.
fn of_class(test: &ImageSet, label: u8, first: usize, count: usize) -> Result<Vec<Tile>> {
    let of_class = (0..test.len()).filter(|&index| test.labels[index] == label);
    let tiles: Vec<Tile> = of_class.skip(first).take(count).map(|index| Tile { index, label }).collect();
    ensure!(
        tiles.len() == count,
        "the gallery needs {} images of each class",
        SHEETS * PER_CLASS + MORE_SHEETS * MORE_PER_SHEET
    );
    Ok(tiles)
}

fn draw(test: &ImageSet, tiles: &[Tile]) -> RgbImage {
    let rows = tiles.len().div_ceil(COLUMNS);
    RgbImage::from_fn((COLUMNS * SIDE) as u32, (rows * SIDE) as u32, |x, y| {
        let (x, y) = (x as usize, y as usize);
        let image = test.image(tiles[y / SIDE * COLUMNS + x / SIDE].index);
        let position = y % SIDE * SIDE + x % SIDE;
        Rgb([0, 1, 2].map(|channel| image[channel * PLANE + position]))
    })
}

/// An image of the gallery: its place in the test set, its label, and its bytes, `[3, 32, 32]`.
pub type GalleryImage = (usize, u8, Vec<u8>);

/// Reads the first sheet of what [`write_gallery`] wrote: what the page shows first.
///
/// # Errors
/// When a file is missing or damaged.
pub fn read_first_sheet(folder: &Path) -> Result<Vec<GalleryImage>> {
    let index = read_index(folder, INDEX)?;
    let first = index.sheets.first().with_context(|| format!("the gallery in {} is empty", folder.display()))?;
    read_sheet(folder, first)
}

fn read_index(folder: &Path, name: &str) -> Result<Index> {
    let path = folder.join(name);
    let text = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let index: Index = serde_json::from_slice(&text).with_context(|| format!("{} is damaged", path.display()))?;
    ensure!(index.tile == SIDE && index.columns == COLUMNS, "{} describes another layout", path.display());
    Ok(index)
}

fn read_sheet(folder: &Path, sheet: &Sheet) -> Result<Vec<GalleryImage>> {
    let path = folder.join(&sheet.file);
    let picture = image::open(&path).with_context(|| format!("cannot read {}", path.display()))?.into_rgb8();
    let expected = (COLUMNS * SIDE, sheet.images.len().div_ceil(COLUMNS) * SIDE);
    let found = (picture.width() as usize, picture.height() as usize);
    ensure!(found == expected, "{} should be {expected:?} pixels, not {found:?}", path.display());
    let tile = |(place, tile): (usize, &Tile)| (tile.index, tile.label, cut(&picture, place));
    Ok(sheet.images.iter().enumerate().map(tile).collect())
}

fn cut(picture: &RgbImage, place: usize) -> Vec<u8> {
    let (left, top) = (place % COLUMNS * SIDE, place / COLUMNS * SIDE);
    let mut planar = vec![0; IMAGE_BYTES];
    for position in 0..PLANE {
        let pixel = picture.get_pixel((left + position % SIDE) as u32, (top + position / SIDE) as u32);
        for (channel, &value) in pixel.0.iter().enumerate() {
            planar[channel * PLANE + position] = value;
        }
    }
    planar
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads what [`write_gallery`](super::write_gallery) wrote, sheet by sheet.
    fn read_gallery(folder: &Path) -> Result<Vec<GalleryImage>> {
        let mut images = Vec::new();
        for name in [INDEX, MORE] {
            for sheet in &read_index(folder, name)?.sheets {
                images.extend(read_sheet(folder, sheet)?);
            }
        }
        Ok(images)
    }

    /// The images' indices, each once.
    fn different(gallery: &[GalleryImage]) -> Vec<usize> {
        let mut indices: Vec<usize> = gallery.iter().map(|image| image.0).collect();
        indices.sort_unstable();
        indices.dedup();
        indices
    }

    /// `count` images whose classes come in turn.
    fn images(count: usize) -> ImageSet {
        let pixels = (0..count * IMAGE_BYTES).map(|position| (position * 31 / 7 % 256) as u8).collect();
        ImageSet { pixels, labels: (0..count).map(|index| (index % 10) as u8).collect() }
    }

    #[test]
    fn a_gallery_is_read_back_bit_for_bit() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let test = images(3_020);
        write_gallery(&test, folder.path())?;
        let gallery = read_gallery(folder.path())?;
        assert!(gallery.iter().map(|image| image.0).take(1_000).eq(0..1_000), "what the page shows comes first");
        assert_eq!(different(&gallery), (0..3_000).collect::<Vec<_>>());
        for (index, label, pixels) in gallery {
            assert_eq!((label, pixels.as_slice()), (test.labels[index], test.image(index)));
        }
        Ok(())
    }

    #[test]
    fn too_few_images_are_refused() -> Result<()> {
        let folder = tempfile::tempdir()?;
        assert!(write_gallery(&images(2_990), folder.path()).is_err());
        Ok(())
    }

    #[test]
    fn a_damaged_sheet_is_reported() -> Result<()> {
        let folder = tempfile::tempdir()?;
        write_gallery(&images(3_000), folder.path())?;
        fs::write(folder.path().join("sheet-3.png"), "no picture")?;
        let error = format!("{:#}", read_gallery(folder.path()).unwrap_err());
        assert!(error.contains("sheet-3.png"), "{error}");
        Ok(())
    }

    #[test]
    fn the_gallery_of_the_repository_is_whole() -> Result<()> {
        let gallery = read_gallery(Path::new("../gallery"))?;
        for label in 0..CLASSES {
            assert_eq!(gallery.iter().filter(|image| image.1 == label).count(), 300);
        }
        assert_eq!(different(&gallery).len(), 3_000);
        Ok(())
    }
}
