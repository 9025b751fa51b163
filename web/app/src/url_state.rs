//! What of the page is in its address.

use leptos::prelude::window;
use protocol::loading::Backend;
use std::str::FromStr;
use wasm_bindgen::JsValue;
use web_sys::Url;

/// The parameter that holds the chosen gallery image.
const IMAGE: &str = "image";
/// The parameter that can choose the engine's processor: `backend=cpu` or `backend=webgpu`.
const BACKEND: &str = "backend";

/// The gallery image that the address names, by its index in the test set.
pub fn image() -> Option<u32> {
    get(IMAGE)
}

/// The processor that the address asks for; the faster one if it asks for none.
pub fn backend() -> Option<Backend> {
    get(BACKEND)
}

/// Puts the chosen gallery image into the address, or takes it out.
pub fn set_image(index: Option<u32>) {
    set(IMAGE, index.map(|index| index.to_string()));
}

/// What the address says of a setting. What is no value of it is taken out of the address.
pub fn get<T: FromStr>(name: &str) -> Option<T> {
    get_if(name, |_| true)
}

/// The same, where only some values are allowed.
pub fn get_if<T: FromStr>(name: &str, is_allowed: impl FnOnce(&T) -> bool) -> Option<T> {
    let value = read(&parameter(name)?, is_allowed);
    if value.is_none() {
        set(name, None);
    }
    value
}

fn read<T: FromStr>(text: &str, is_allowed: impl FnOnce(&T) -> bool) -> Option<T> {
    text.parse().ok().filter(is_allowed)
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

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn only_numbers_that_are_allowed_are_read() {
        let share = |text| read(text, |share: &f32| (0.0..=2.0).contains(share));
        assert_eq!(["0", "0.35", "2"].map(share), [Some(0.0), Some(0.35), Some(2.0)]);
        assert_eq!(["NaN", "inf", "-0.1", "2.01", "", "half"].map(share), [None; 6]);
        let steps = |text| read(text, |steps: &usize| (1..=2000).contains(steps));
        assert_eq!(["1", "2000"].map(steps), [Some(1), Some(2000)]);
        assert_eq!(["0", "2001", "4294967295", "99999999999", "-1", "1e3"].map(steps), [None; 6]);
    }
}
