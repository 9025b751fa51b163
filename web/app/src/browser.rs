//! The few calls to the browser that need unwrapping.

use js_sys::{Array, ArrayBuffer, Uint8Array};
use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Element, Event, File, IntersectionObserver, IntersectionObserverEntry, IntersectionObserverInit, Response,
};

/// The address that all files are relative to.
pub fn base() -> String {
    document().base_uri().ok().flatten().unwrap_or_default()
}

/// Where something beside the page is: its published name changes with what is in it, and the document says it.
pub fn published(name: &str) -> String {
    let root = document().document_element();
    root.and_then(|root| root.get_attribute(&format!("data-{name}"))).unwrap_or_default()
}

/// Tells whoever listens that the page has all it needs for predictions.
pub fn announce_settled() {
    if let Ok(event) = Event::new("settled") {
        // It fails only for an event that is being sent already.
        let _ = window().dispatch_event(&event);
    }
}

/// Fetches a file beside the page.
async fn fetch(path: &str) -> Result<Response, String> {
    let response = JsFuture::from(window().fetch_with_str(path)).await.map_err(|_| "the network does not answer")?;
    let response: Response = response.unchecked_into();
    if !response.ok() {
        return Err(format!("the server answers {}", response.status()));
    }
    Ok(response)
}

/// Fetches the bytes of a file beside the page.
pub async fn fetch_bytes(path: &str) -> Result<Vec<u8>, String> {
    let response = fetch(path).await?;
    let buffer = async { JsFuture::from(response.array_buffer()?).await }.await.map_err(|_| "it broke off")?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

/// Fetches and parses a JSON file beside the page.
pub async fn fetch_json<T: serde::de::DeserializeOwned>(path: &str) -> Result<T, String> {
    let response = fetch(path).await?;
    let value = async { JsFuture::from(response.json()?).await }.await.map_err(|_| "it is not JSON")?;
    serde_wasm_bindgen::from_value(value).map_err(|error| error.to_string())
}

/// The bytes of a file that the visitor gave.
pub async fn read_file(file: &File) -> Result<Vec<u8>, JsValue> {
    let buffer: ArrayBuffer = JsFuture::from(file.array_buffer()).await?.unchecked_into();
    Ok(Uint8Array::new(&buffer).to_vec())
}

/// Calls `act` once an element is seen, or within a window's height of it.
pub fn when_near(element: &Element, act: impl FnOnce() + 'static) {
    let mut act = Some(act);
    let seen = Closure::<dyn FnMut(Array, IntersectionObserver)>::new(
        move |entries: Array, observer: IntersectionObserver| {
            let is_near = |entry: JsValue| entry.unchecked_into::<IntersectionObserverEntry>().is_intersecting();
            if entries.iter().any(is_near) {
                observer.disconnect();
                if let Some(act) = act.take() {
                    act();
                }
            }
        },
    );
    let margin = IntersectionObserverInit::new();
    margin.set_root_margin("100% 0%");
    // It fails only for a margin that is none. The closure is the browser's from now on.
    if let Ok(observer) = IntersectionObserver::new_with_options(seen.into_js_value().unchecked_ref(), &margin) {
        observer.observe(element);
    }
}
