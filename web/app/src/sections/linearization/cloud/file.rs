//! The file from which 100 images are moved: safetensors of 16-bit floats, written by `gradfeat export`.

use crate::{browser, say};
use protocol::last_layer::LastLayer;
use serde::Deserialize;

/// The file, in the models' folder.
const FILE: &str = "cifar10-rotation/last-layer.safetensors";

#[derive(Deserialize)]
struct Header {
    #[serde(rename = "__metadata__")]
    metadata: Metadata,
    omega: Entry,
    bias: Entry,
    pre: Entry,
    tangent: Entry,
}

#[derive(Deserialize)]
struct Metadata {
    slope: String,
}

#[derive(Deserialize)]
struct Entry {
    data_offsets: (usize, usize),
}

/// Fetches and reads the file.
pub async fn load() -> Result<LastLayer, String> {
    let bytes = browser::fetch_bytes(&format!("{}/{FILE}", browser::published("models"))).await?;
    read(&bytes).ok_or_else(|| say::cloud_damaged().to_owned())
}

fn read(bytes: &[u8]) -> Option<LastLayer> {
    let (length, rest) = bytes.split_first_chunk()?;
    let (header, numbers) = rest.split_at_checked(u64::from_le_bytes(*length).try_into().ok()?)?;
    let header = js_sys::JSON::parse(std::str::from_utf8(header).ok()?).ok()?;
    let Header { metadata, omega, bias, pre, tangent } = serde_wasm_bindgen::from_value(header).ok()?;
    let bytes = |Entry { data_offsets: (from, to) }: Entry| numbers.get(from..to);
    LastLayer::from_halves(metadata.slope.parse().ok()?, [bytes(omega)?, bytes(bias)?, bytes(pre)?, bytes(tangent)?])
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    /// One output, two classes, one image: the halves 1, 2, 0, 1, 4, 1.
    fn file() -> Vec<u8> {
        let header = r#"{"__metadata__":{"slope":"0.5"},"omega":{"data_offsets":[0,4]},"bias":{"data_offsets":[4,8]},
            "pre":{"data_offsets":[8,10]},"tangent":{"data_offsets":[10,12]}}"#;
        let numbers = [0x3c00u16, 0x4000, 0x0000, 0x3c00, 0x4400, 0x3c00].map(u16::to_le_bytes).concat();
        [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &numbers].concat()
    }

    #[wasm_bindgen_test]
    fn the_file_is_read() {
        let layer = read(&file()).unwrap();
        assert_eq!((layer.images(), layer.moved(0, 1.0)), (1, vec![5.0, 11.0]));
    }

    #[wasm_bindgen_test]
    fn a_damaged_file_is_refused() {
        let whole = file();
        for length in [0, 7, 40, whole.len() - 1] {
            assert!(read(&whole[..length]).is_none(), "{length} bytes");
        }
    }
}
