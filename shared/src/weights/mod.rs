//! Models as safetensors: written with what they are in the metadata, and read back only when everything fits.
//!
//! A file holds a base network (`conv1.weight`, …), a head fitted on one (`classifier.weight`, `omega.weight`,
//! `conv5.tangent.weight`, …), or both. Which, and of which sizes, follows from the metadata; every name, shape,
//! type and number is checked against that before there is a model.

mod error;
mod metadata;
mod read;
mod write;

pub use error::WeightsError;
pub use metadata::{FORMAT, HeadMetadata, Metadata, Part, metadata};
pub use read::{read_base, read_head};
pub use write::{Precision, write_base, write_head, write_model};
