//! Gradients as features: the encoder, its Jacobian-vector product, the linear models on top and their training.
//!
//! The paper is Mu, Liang, Li: *Gradients as Features for Deep Representation Learning*, ICLR 2020; "Eq." in
//! this crate's comments means its equations. Data flows one way: [`images`] → [`encoder`] → [`features`] →
//! [`linear`] → predictions. Nothing here reads a file, opens a socket or prints: the native program and the web
//! page do that, each around this same code.

pub mod ablation;
pub mod adam;
pub mod cholesky;
pub mod config;
mod conjugate;
pub mod encoder;
pub mod features;
pub mod images;
pub mod jvp;
pub mod kernels;
pub mod lesson;
pub mod linear;
pub mod normalized;
pub mod ntk;
pub mod similarity;
pub mod solver;
pub mod train;
pub mod weights;
