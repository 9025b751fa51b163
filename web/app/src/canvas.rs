//! Painting pixels, and the palette that goes with the visitor's colour scheme.

use leptos::prelude::*;
use vocabulary::palette::Palette;
use wasm_bindgen::{Clamped, JsCast, prelude::Closure};
use web_sys::{Blob, CanvasRenderingContext2d, Event, File, HtmlCanvasElement, ImageData};

/// Makes the canvas `width` pixels wide and shows pixels of four bytes, row by row.
pub fn paint(canvas: &HtmlCanvasElement, rgba: &[u8], width: usize) {
    // Sizes of pictures are far below what does not fit.
    let (width, height) = (width as u32, (rgba.len() / 4 / width.max(1)) as u32);
    let image = ImageData::new_with_u8_clamped_array(Clamped(rgba), width);
    let (Ok(image), Some(context)) = (image, context(canvas)) else {
        return;
    };
    if (canvas.width(), canvas.height()) != (width, height) {
        canvas.set_width(width);
        canvas.set_height(height);
    }
    // It fails only for images from elsewhere, and this one is made here.
    let _ = context.put_image_data(&image, 0.0, 0.0);
}

/// What draws on a canvas.
pub fn context(canvas: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    canvas.get_context("2d").ok().flatten().map(JsCast::unchecked_into)
}

/// Gives what a canvas shows to `take`, as an image file without loss.
pub fn to_file(canvas: &HtmlCanvasElement, name: &'static str, take: impl Fn(File) + 'static) {
    let made = Closure::once_into_js(move |blob: Option<Blob>| {
        let parts = js_sys::Array::from_iter(blob);
        if let Ok(file) = File::new_with_blob_sequence(&parts, name) {
            take(file);
        }
    });
    // It fails only for a canvas with an image from elsewhere, and these have none.
    let _ = canvas.to_blob(made.unchecked_ref());
}

/// The palette of the colour scheme that the visitor prefers, also when that changes.
pub fn palette() -> RwSignal<Palette> {
    let palette = |dark: bool| if dark { Palette::Dark } else { Palette::Light };
    let Some(query) = window().match_media("(prefers-color-scheme: dark)").ok().flatten() else {
        return RwSignal::new(Palette::Light);
    };
    let signal = RwSignal::new(palette(query.matches()));
    let asked = query.clone();
    let changed = Closure::<dyn Fn(Event)>::new(move |_| signal.set(palette(asked.matches())));
    // The page listens for as long as it is there.
    query.set_onchange(Some(changed.into_js_value().unchecked_ref()));
    signal
}
