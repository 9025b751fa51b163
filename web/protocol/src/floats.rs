//! Numbers as bytes, which `postMessage` takes as one piece.

use serde::{Deserializer, Serializer};

pub fn serialize<S: Serializer>(numbers: &[f32], serializer: S) -> Result<S::Ok, S::Error> {
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    serde_bytes::serialize(&bytes, serializer)
}

pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f32>, D::Error> {
    let bytes: Vec<u8> = serde_bytes::deserialize(deserializer)?;
    let (numbers, _) = bytes.as_chunks();
    Ok(numbers.iter().copied().map(f32::from_le_bytes).collect())
}
