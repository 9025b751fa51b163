//! The gallery's index: which images of CIFAR-10's test set there are, and where on which sheet.

use crate::{browser, say, url_state};
use leptos::{prelude::*, task::spawn_local};
use protocol::messages::Source;
use serde::Deserialize;

/// The index of the images that are shown.
const SHOWN: &str = "index.json";
/// The index of further images, to measure on.
const MORE: &str = "more.json";

/// The gallery: a handle, to be copied at will.
#[derive(Clone, Copy)]
pub struct Gallery {
    /// Its index.
    pub index: RwSignal<Loaded>,
    /// The index of further images of every class, to hold out, once it was asked for.
    more: RwSignal<Loaded>,
    /// How many of its sheets are on show.
    pub open_sheets: RwSignal<usize>,
}

/// The gallery's index, as far as it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loaded {
    /// On its way.
    Waiting,
    /// Here.
    Ready(Index),
    /// It could not be loaded, and why.
    Failed(String),
}

impl Gallery {
    /// Begins to load it.
    pub fn new() -> Self {
        let gallery = Self {
            index: RwSignal::new(Loaded::Waiting),
            more: RwSignal::new(Loaded::Waiting),
            open_sheets: RwSignal::new(1),
        };
        gallery.load();
        gallery
    }

    /// Loads the index, and shows the sheet of the image that the address names.
    pub fn load(self) {
        self.index.set(Loaded::Waiting);
        spawn_local(async move {
            match Index::load(SHOWN).await {
                Ok(index) => {
                    if let Some(tile) = index.named() {
                        self.open_sheets.set(tile.sheet + 1);
                    }
                    self.index.set(Loaded::Ready(index));
                }
                Err(error) => self.index.set(Loaded::Failed(error)),
            }
        });
    }

    /// The images of the sheets that are on show.
    pub fn open_tiles(self) -> Vec<Tile> {
        let open = self.open_sheets.get();
        self.index.with(|index| match index {
            Loaded::Ready(index) => (0..open).flat_map(|sheet| index.tiles(sheet)).collect(),
            _ => Vec::new(),
        })
    }

    /// The images of one sheet; none while they are not there.
    pub fn sheet(self, number: usize) -> Vec<Tile> {
        self.index.with(|index| match index {
            Loaded::Ready(index) => index.tiles(number),
            _ => Vec::new(),
        })
    }

    /// All images, or why there are none.
    pub fn all_tiles(self) -> Result<Vec<Tile>, String> {
        self.index.with_untracked(Loaded::all_tiles)
    }

    /// Further images, or why there are none.
    pub fn more_tiles(self) -> Result<Vec<Tile>, String> {
        self.more.with_untracked(Loaded::all_tiles)
    }

    /// Loads the index of further images.
    pub fn load_more(self) {
        spawn_local(async move {
            self.more.set(Index::load(MORE).await.map_or_else(Loaded::Failed, Loaded::Ready));
        });
    }
}

impl Loaded {
    fn all_tiles(&self) -> Result<Vec<Tile>, String> {
        match self {
            Self::Ready(index) => Ok((0..index.sheets()).flat_map(|sheet| index.tiles(sheet)).collect()),
            _ => Err(say::gallery_missing().to_owned()),
        }
    }
}

/// What an index file says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Index {
    /// Where it was loaded from.
    #[serde(skip)]
    folder: String,
    tile: u32,
    columns: u32,
    sheets: Vec<Sheet>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Sheet {
    file: String,
    images: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Entry {
    index: u32,
    label: usize,
}

/// One image of the gallery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// Its index in the test set.
    pub index: u32,
    /// Its true class.
    pub label: usize,
    /// Which sheet it is on.
    pub sheet: usize,
    /// The sheet's address.
    pub address: String,
    column: u32,
    row: u32,
    columns: u32,
    rows: u32,
    side: u32,
}

impl Index {
    /// Fetches an index file.
    async fn load(file: &str) -> Result<Self, String> {
        let folder = browser::published("gallery");
        let index: Self = browser::fetch_json(&format!("{folder}/{file}")).await?;
        Ok(Self { folder, ..index })
    }

    /// How many sheets there are.
    pub fn sheets(&self) -> usize {
        self.sheets.len()
    }

    /// The images of one sheet, row by row.
    pub fn tiles(&self, number: usize) -> Vec<Tile> {
        let Some(sheet) = self.sheets.get(number) else { return Vec::new() };
        let rows = (sheet.images.len() as u32).div_ceil(self.columns);
        let tile = |(place, entry): (u32, &Entry)| Tile {
            index: entry.index,
            label: entry.label,
            sheet: number,
            address: format!("{}/{}", self.folder, sheet.file),
            column: place % self.columns,
            row: place / self.columns,
            columns: self.columns,
            rows,
            side: self.tile,
        };
        (0..).zip(&sheet.images).map(tile).collect()
    }

    /// The image that the address names, if it is one of the gallery's.
    pub fn named(&self) -> Option<Tile> {
        self.find(url_state::image()?)
    }

    /// The true class of an image.
    pub fn label(&self, index: u32) -> Option<usize> {
        let mut images = self.sheets.iter().flat_map(|sheet| &sheet.images);
        images.find(|image| image.index == index).map(|image| image.label)
    }

    /// The image of a given index in the test set.
    pub fn find(&self, index: u32) -> Option<Tile> {
        (0..self.sheets()).flat_map(|sheet| self.tiles(sheet)).find(|tile| tile.index == index)
    }
}

impl Tile {
    /// Where the engine finds it.
    pub fn source(&self) -> Source {
        Source::Tile { sheet: self.address.clone(), x: self.column * self.side, y: self.row * self.side }
    }

    /// The style that makes an element of any size show this tile and no other.
    pub fn style(&self) -> String {
        let place = |at: u32, of: u32| 100.0 * f64::from(at) / f64::from(of.max(2) - 1);
        format!(
            "background-image:url({});background-size:{}% {}%;background-position:{}% {}%",
            self.address,
            100 * self.columns,
            100 * self.rows,
            place(self.column, self.columns),
            place(self.row, self.rows),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn index() -> Index {
        let images = |first: u32| (first..first + 6).map(|index| Entry { index, label: 1 }).collect();
        let sheet = |file: &str, first| Sheet { file: file.to_owned(), images: images(first) };
        let sheets = vec![sheet("a.png", 0), sheet("b.png", 40)];
        Index { folder: "gallery".to_owned(), tile: 32, columns: 3, sheets }
    }

    #[wasm_bindgen_test]
    fn a_tile_is_found_by_its_index_on_its_sheet() {
        let tile = index().find(44).unwrap();
        assert_eq!(tile.source(), Source::Tile { sheet: "gallery/b.png".to_owned(), x: 32, y: 32 });
        assert_eq!(index().find(7), None);
        assert_eq!((index().label(44), index().label(7)), (Some(1), None));
    }

    #[wasm_bindgen_test]
    fn the_style_places_the_sheet_under_the_tile() {
        let style = index().find(44).unwrap().style();
        assert!(style.contains("background-size:300% 200%"), "{style}");
        assert!(style.contains("background-position:50% 100%"), "{style}");
    }
}
