//! Files in messages. They stay with the browser, outside of both programs and at no cost to either: the bytes of a
//! message say only which of the files that go with it is meant.

use js_sys::Array;
use std::cell::RefCell;
use wasm_bindgen::JsCast;
use web_sys::Blob;

thread_local! {
    /// The files of the message that is being written or read.
    static COMPANIONS: RefCell<Array> = RefCell::default();
}

/// Writes a message; its files come beside it.
pub fn beside<T>(write: impl FnOnce() -> T) -> (T, Array) {
    COMPANIONS.set(Array::new());
    let written = write();
    (written, COMPANIONS.take())
}

/// Reads a message that came with files.
pub fn with<T>(files: Array, read: impl FnOnce() -> T) -> T {
    COMPANIONS.set(files);
    let message = read();
    COMPANIONS.take();
    message
}

fn add(blob: &Blob) -> u32 {
    COMPANIONS.with_borrow(|files| files.push(blob)) - 1
}

fn get(index: u32) -> Option<Blob> {
    COMPANIONS.with_borrow(|files| files.get(index)).dyn_into().ok()
}

/// For serde's `with`: one file.
pub mod one {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
    use web_sys::Blob;

    /// Puts it beside the message.
    pub fn serialize<S: Serializer>(blob: &Blob, serializer: S) -> Result<S::Ok, S::Error> {
        super::add(blob).serialize(serializer)
    }

    /// Takes it from beside the message.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Blob, D::Error> {
        super::get(u32::deserialize(deserializer)?).ok_or_else(|| D::Error::custom("a file is missing"))
    }
}

/// For serde's `with`: several files.
pub mod many {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
    use web_sys::Blob;

    /// Puts them beside the message.
    pub fn serialize<S: Serializer>(blobs: &[Blob], serializer: S) -> Result<S::Ok, S::Error> {
        blobs.iter().map(super::add).collect::<Vec<u32>>().serialize(serializer)
    }

    /// Takes them from beside the message.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Blob>, D::Error> {
        let indices = Vec::<u32>::deserialize(deserializer)?;
        let blobs = indices.into_iter().map(super::get).collect::<Option<Vec<Blob>>>();
        blobs.ok_or_else(|| D::Error::custom("a file is missing"))
    }
}
