//! What several sections are made of.

pub mod deeper;
pub mod focus;
pub mod image;
pub mod logit_select;
pub mod modes;
pub mod picture;
pub mod section;
pub mod select;
