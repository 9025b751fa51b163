//! The base network, its Jacobian-vector product, and the linear models on top.

pub mod ablation;
mod average;
pub mod config;
pub mod encoder;
pub mod features;
pub mod jvp;
pub mod linear;
pub mod normalized;
pub mod ntk;
pub mod samples;

pub use average::{Unlike, average};
