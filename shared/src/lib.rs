//! Gradients as features: a linear model on a frozen network's activations *and* on its gradients.
//!
//! The method is that of Mu, Liang, Li, *Gradients as Features for Deep Representation Learning*, ICLR 2020; "Eq." in
//! this crate's comments means the paper's equations. A frozen network with features f and last layers θ2 gets a model
//! with the logits
//!
//! ```text
//! F(x) = w1ᵀ f(x) + b + ω̄ᵀ J(x) w2        (Eq. 2)
//! ```
//!
//! where J is the Jacobian of f by θ2. `J w2` is computed in one forward pass, without J. Data flows one way: [`images`]
//! → [`model`] → predictions, with [`fit`] to train and [`kernel`] to compare. Models come from bytes by [`weights`];
//! this crate reads no file, opens no socket and prints nothing.
//!
//! # Example
//!
//! The two terms of an image's logits:
//!
//! ```
//! use burn::tensor::Device;
//! use gradient_features::{images, numbers_blocking, weights};
//! use std::{fs, path::Path};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/cifar10-rotation");
//! # // The package has no models in it; they are in the repository.
//! # if !folder.exists() { return Ok(()) }
//! let device = Device::flex();
//! let encoder = weights::read_base(&fs::read(folder.join("model.safetensors"))?, &device)?;
//! let head = weights::read_head(&fs::read(folder.join("heads/full-conv5.safetensors"))?, &encoder, &device)?;
//!
//! let picture = images::decode(include_bytes!("../examples/ship.png"))?;
//! let input = images::to_tensor(&picture.pixels, encoder.config().input_range, &device);
//! let logits = head.logits(&encoder, &encoder.freeze(input, head.scope));
//!
//! let (activation, gradient) = (numbers_blocking(logits.activation)?, numbers_blocking(logits.gradient)?);
//! for ((class, activation), gradient) in head.classes.iter().zip(&activation).zip(&gradient) {
//!     println!("{class}: {activation:.3} + {gradient:.3}");
//! }
//! # let sums: Vec<f32> = activation.iter().zip(&gradient).map(|(a, g)| a + g).collect();
//! # let best = gradient_features::argmax(sums).ok_or("no classes")?;
//! # assert_eq!(head.classes[best], "ship");
//! # Ok(())
//! # }
//! ```
//!
//! More in the folder `examples`: `predict`, `fit` (on images of your own) and `jvp` (one product by hand, checked
//! against finite differences).

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
pub use vocabulary::{ImageNote, InputRange, Mode, Parametrization, Scope, UnknownName, argmax, classes, palette};
