//! Gradients as features: the encoder, its Jacobian-vector product, the linear models on top and their training.
//!
//! The paper is Mu, Liang, Li: *Gradients as Features for Deep Representation Learning*, ICLR 2020; "Eq." in
//! this crate's comments means its equations. Data flows one way: [`images`] → [`model`] → predictions, with [`fit`]
//! to train and [`kernel`] to compare. Nothing here reads a file, opens a socket or prints: the native program and the
//! web page do that, each around this same code.

pub mod fit;
pub mod images;
pub mod kernel;
pub mod kernels;
pub mod model;
mod numbers;
pub mod weights;

#[cfg(not(target_family = "wasm"))]
pub use numbers::numbers_blocking;
pub use numbers::{ReadError, numbers};
pub use vocabulary::{ImageNote, InputRange, Mode, Parametrization, Scope, UnknownName, argmax, classes};
