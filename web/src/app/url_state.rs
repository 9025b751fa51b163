//! What of the page is in its address.

use leptos::prelude::window;
use wasm_bindgen::JsValue;
use web_sys::Url;

/// The parameter that holds the chosen gallery image.
const IMAGE: &str = "image";
/// The parameter that can keep the engine off the GPU: `backend=cpu`.
const BACKEND: &str = "backend";

/// The gallery image that the address names, by its index in the test set.
pub fn image() -> Option<u32> {
    parameter(IMAGE)?.parse().ok()
}

/// Whether the address asks for the CPU.
pub fn cpu_only() -> bool {
    parameter(BACKEND).as_deref() == Some("cpu")
}

/// Puts the chosen gallery image into the address, or takes it out. The rest of the address stays.
pub fn set_image(index: Option<u32>) {
    let Some(url) = address() else { return };
    match index {
        Some(index) => url.search_params().set(IMAGE, &index.to_string()),
        None => url.search_params().delete(IMAGE),
    }
    // A page opened from a file has no history to write to; it works all the same.
    let _ =
        window().history().and_then(|history| history.replace_state_with_url(&JsValue::NULL, "", Some(&url.href())));
}

fn parameter(name: &str) -> Option<String> {
    address()?.search_params().get(name)
}

fn address() -> Option<Url> {
    Url::new(&window().location().href().ok()?).ok()
}
