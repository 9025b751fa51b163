//! Charts as SVG, and pictures.

pub mod gradient;
pub mod palette;
pub mod plot;
pub mod tiles;
