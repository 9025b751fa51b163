//! The data sets: fetched once, kept in one form, loaded into memory.

mod cifar;
mod dataset;
mod disk;
mod download;
mod fetch;
pub mod gallery;
mod images;
mod mat;
mod npm;
mod records;
mod source;
mod store;
mod svhn;
#[cfg(test)]
mod test_support;
mod writer;

pub use dataset::Dataset;
pub use fetch::{default_data_dir, fetch, load_or_fetch, open_extra};
pub use images::{ImageSets, Images, Stream};
#[cfg(test)]
pub use records::{Sizes, Split};
pub use source::Source;
#[cfg(test)]
pub use {store::Store, writer::Writer};
