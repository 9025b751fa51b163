//! The words that every part of gradfeat shares: what is fitted ([`Mode`]), on which layers ([`Scope`]), how stored
//! parameters are read ([`Parametrization`], [`InputRange`]), the classes' names, what was done to an image
//! ([`ImageNote`]), the one rule for the winning class ([`argmax`]), and the one palette of signed quantities
//! ([`palette`]).
//!
//! The page's interface links this crate and not the model, so it stays small: serde and thiserror only.
//!
//! ```
//! use gradient_features_vocabulary::{Mode, argmax};
//!
//! assert_eq!("full".parse(), Ok(Mode::Full));
//! assert_eq!(argmax([0.1_f32, 0.7, 0.7]), Some(1));
//! ```

mod argmax;
pub mod classes;
mod image;
mod named;
pub mod palette;
mod settings;

pub use argmax::argmax;
pub use image::{ImageNote, SIDE};
pub use named::UnknownName;
pub use settings::{InputRange, Mode, Parametrization, Scope};
