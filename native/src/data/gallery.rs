//! The gallery in the repository: a thousand test images on lossless sheets, and as many more for live training.

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
/// The name of the table of contents.
const INDEX: &str = "index.json";
/// The same for live training alone: with these it has enough images to hold out.
const MORE: &str = "more.json";

/// `index.json`: which image is where.
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
/// next 100 of each class are `more-0.png` … `more-9.png` and `more.json`.
///
/// # Errors
/// When a class has fewer than 200 images, or `folder` cannot be written.
pub fn write_gallery(test: &ImageSet, folder: &Path) -> Result<()> {
    disk::make_folder(folder)?;
    write_sheets(test, folder, INDEX, "sheet", 0)?;
    write_sheets(test, folder, MORE, "more", SHEETS)
}

/// Writes ten sheets with their table of contents, the first being number `first` of all.
fn write_sheets(test: &ImageSet, folder: &Path, index: &str, name: &str, first: usize) -> Result<()> {
    let mut sheets = Vec::with_capacity(SHEETS);
    for number in 0..SHEETS {
        let sheet = Sheet { file: format!("{name}-{number}.png"), images: choose(test, first + number)? };
        let mut png = Vec::new();
        draw(test, &sheet.images)
            .write_to(&mut std::io::Cursor::new(&mut png), ImageFormat::Png)
            .with_context(|| format!("cannot draw {}", sheet.file))?;
        write(folder, &sheet.file, &png)?;
        sheets.push(sheet);
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

/// The images of sheet `number`, sorted by index.
fn choose(test: &ImageSet, number: usize) -> Result<Vec<Tile>> {
    let mut tiles = Vec::with_capacity(PER_CLASS * usize::from(CLASSES));
    for label in 0..CLASSES {
        let of_class = (0..test.len()).filter(|&index| test.labels[index] == label);
        tiles.extend(of_class.skip(number * PER_CLASS).take(PER_CLASS).map(|index| Tile { index, label }));
    }
    ensure!(tiles.len() == PER_CLASS * usize::from(CLASSES), "the gallery needs 200 images of each class");
    tiles.sort_by_key(|tile| tile.index);
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

    /// `count` images whose classes come in turn.
    fn images(count: usize) -> ImageSet {
        let pixels = (0..count * IMAGE_BYTES).map(|position| (position * 31 / 7 % 256) as u8).collect();
        ImageSet { pixels, labels: (0..count).map(|index| (index % 10) as u8).collect() }
    }

    #[test]
    fn a_gallery_is_read_back_bit_for_bit() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let test = images(2_020);
        write_gallery(&test, folder.path())?;
        let gallery = read_gallery(folder.path())?;
        let indices: Vec<usize> = gallery.iter().map(|image| image.0).collect();
        assert_eq!(indices, (0..2_000).collect::<Vec<_>>());
        for (index, label, pixels) in gallery {
            assert_eq!((label, pixels.as_slice()), (test.labels[index], test.image(index)));
        }
        Ok(())
    }

    #[test]
    fn too_few_images_are_refused() -> Result<()> {
        let folder = tempfile::tempdir()?;
        assert!(write_gallery(&images(1_990), folder.path()).is_err());
        Ok(())
    }

    #[test]
    fn a_damaged_sheet_is_reported() -> Result<()> {
        let folder = tempfile::tempdir()?;
        write_gallery(&images(2_000), folder.path())?;
        fs::write(folder.path().join("sheet-3.png"), "no picture")?;
        let error = format!("{:#}", read_gallery(folder.path()).unwrap_err());
        assert!(error.contains("sheet-3.png"), "{error}");
        Ok(())
    }

    #[test]
    fn the_gallery_of_the_repository_is_whole() -> Result<()> {
        let gallery = read_gallery(Path::new("../gallery"))?;
        for label in 0..CLASSES {
            assert_eq!(gallery.iter().filter(|image| image.1 == label).count(), 2 * SHEETS * PER_CLASS);
        }
        let mut indices: Vec<usize> = gallery.iter().map(|image| image.0).collect();
        indices.sort_unstable();
        indices.dedup();
        assert_eq!(indices.len(), 2_000);
        Ok(())
    }
}
