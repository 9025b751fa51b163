//! What of the page is in its address.

use leptos::prelude::window;
use std::str::FromStr;
use wasm_bindgen::JsValue;
use web_sys::Url;

/// The parameter that holds the chosen gallery image.
const IMAGE: &str = "image";
/// The parameter that can keep the engine off the GPU: `backend=cpu`.
const BACKEND: &str = "backend";

/// The gallery image that the address names, by its index in the test set.
pub fn image() -> Option<u32> {
    get(IMAGE)
}

/// Whether the address asks for the CPU.
pub fn cpu_only() -> bool {
    parameter(BACKEND).as_deref() == Some("cpu")
}

/// Puts the chosen gallery image into the address, or takes it out.
pub fn set_image(index: Option<u32>) {
    set(IMAGE, index.map(|index| index.to_string()));
}

/// What the address says of a setting, if it is one of its values.
pub fn get<T: FromStr>(name: &str) -> Option<T> {
    parameter(name)?.parse().ok()
}

/// Puts a setting into the address, or takes it out. The rest of the address stays.
pub fn set(name: &str, value: Option<String>) {
    let Some(url) = address() else { return };
    match value {
        Some(value) => url.search_params().set(name, &value),
        None => url.search_params().delete(name),
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
