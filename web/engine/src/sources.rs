//! Where bytes come from: files beside the page, gallery sheets and the visitor's own images.

use crate::worker;
use gradient_features::images::{self, IMAGE_BYTES, PLANE, Picture, SIDE};
use image::{ImageError, ImageFormat, RgbImage};
use js_sys::{Reflect, Uint8Array};
use protocol::{
    loading::{Part, Progress},
    messages::{FromEngine, Source},
};
use std::{cell::RefCell, collections::HashMap, rc::Rc};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStreamDefaultReader, Response, Url};

/// Why bytes could not be had.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("{0} could not be loaded: the network does not answer")]
    Unreachable(String),
    #[error("{0} could not be loaded: the server answers {1}")]
    Status(String, u16),
    #[error("{0} broke off while it was loaded")]
    BrokenOff(String),
    #[error("the gallery is damaged: {0}")]
    Sheet(#[from] ImageError),
    #[error("the gallery has no image there")]
    NoTile,
    #[error("{0} bytes are no image of the network's size")]
    Pixels(usize),
    #[error(transparent)]
    Image(#[from] images::ImageError),
}

/// The files beside the page.
#[derive(Clone)]
pub struct Files {
    base: Rc<str>,
    models: Rc<str>,
}

impl Files {
    /// Those beside the page at `base`, with the folder of the models there.
    pub fn new(base: String, models: String) -> Self {
        Self { base: base.into(), models: models.into() }
    }

    /// A whole file of the models' folder, telling how far it has come as the progress of `what`.
    pub async fn fetch_model(&self, path: &str, what: Part) -> Result<Vec<u8>, SourceError> {
        let progress = |received: usize, total| {
            worker::post(&FromEngine::Progress(Progress { what, received: received as f64, total }));
        };
        self.fetch(&format!("{}/{path}", self.models), progress).await
    }

    /// A whole file; `progress` is called with how many bytes have come, and how many there are if the server says so.
    async fn fetch(&self, path: &str, progress: impl Fn(usize, Option<f64>)) -> Result<Vec<u8>, SourceError> {
        let unreachable = |_| SourceError::Unreachable(path.to_owned());
        let url = Url::new_with_base(path, &self.base).map_err(unreachable)?.href();
        let response = JsFuture::from(worker::scope().fetch_with_str(&url)).await.map_err(unreachable)?;
        let response: Response = response.unchecked_into();
        if !response.ok() {
            return Err(SourceError::Status(path.to_owned(), response.status()));
        }
        let total = length(&response);
        read_body(&response, |received| progress(received, total))
            .await
            .map_err(|_| SourceError::BrokenOff(path.to_owned()))
    }
}

/// The length that the server announced, unless it is that of a compressed body.
fn length(response: &Response) -> Option<f64> {
    let header = |name| response.headers().get(name).ok().flatten();
    match header("content-encoding") {
        Some(_) => None,
        None => header("content-length")?.parse().ok(),
    }
}

async fn read_body(response: &Response, progress: impl Fn(usize)) -> Result<Vec<u8>, JsValue> {
    let Some(body) = response.body() else { return Ok(Vec::new()) };
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    let mut bytes = Vec::new();
    loop {
        let chunk = JsFuture::from(reader.read()).await?;
        let value = Reflect::get(&chunk, &"value".into())?;
        if value.is_undefined() {
            return Ok(bytes);
        }
        let chunk: Uint8Array = value.unchecked_into();
        bytes.extend(chunk.to_vec());
        progress(bytes.len());
    }
}

/// Reads images as planar bytes, and keeps the gallery's sheets once they were needed.
pub struct Sheets {
    files: Files,
    read: RefCell<HashMap<String, Rc<RgbImage>>>,
}

impl Sheets {
    /// With no sheet read yet.
    pub fn new(files: Files) -> Self {
        Self { files, read: RefCell::default() }
    }

    /// An image, and what is to be said of it.
    pub async fn picture(&self, source: Source) -> Result<Picture, SourceError> {
        match source {
            Source::File(bytes) => Ok(images::decode(&bytes)?),
            Source::Pixels(pixels) if pixels.len() == IMAGE_BYTES => Ok(Picture { pixels, notes: Vec::new() }),
            Source::Pixels(bytes) => Err(SourceError::Pixels(bytes.len())),
            Source::Tile { sheet, x, y } => {
                let pixels = tile(&*self.sheet(&sheet).await?, x, y)?;
                Ok(Picture { pixels, notes: Vec::new() })
            }
        }
    }

    /// The planar bytes `[3, 32, 32]` of an image.
    pub async fn pixels(&self, source: Source) -> Result<Vec<u8>, SourceError> {
        Ok(self.picture(source).await?.pixels)
    }

    /// Those of images with their classes, one after the other.
    pub async fn all_pixels(&self, images: &[(Source, u8)]) -> Result<Vec<u8>, SourceError> {
        let mut pixels = Vec::new();
        for (source, _) in images {
            pixels.extend(self.pixels(source.clone()).await?);
        }
        Ok(pixels)
    }

    async fn sheet(&self, path: &str) -> Result<Rc<RgbImage>, SourceError> {
        if let Some(sheet) = self.read.borrow().get(path) {
            return Ok(sheet.clone());
        }
        let bytes = self.files.fetch(path, |_, _| {}).await?;
        let sheet = Rc::new(image::load_from_memory_with_format(&bytes, ImageFormat::Png)?.into_rgb8());
        self.read.borrow_mut().insert(path.to_owned(), sheet.clone());
        Ok(sheet)
    }
}

/// One tile of a sheet as planar bytes.
fn tile(sheet: &RgbImage, x: u32, y: u32) -> Result<Vec<u8>, SourceError> {
    let side = SIDE as u32;
    if x + side > sheet.width() || y + side > sheet.height() {
        return Err(SourceError::NoTile);
    }
    let mut planar = vec![0; IMAGE_BYTES];
    for position in 0..PLANE {
        let (row, column) = ((position / SIDE) as u32, (position % SIDE) as u32);
        for (channel, value) in sheet.get_pixel(x + column, y + row).0.into_iter().enumerate() {
            planar[channel * PLANE + position] = value;
        }
    }
    Ok(planar)
}
