//! Fitting the four models on one base network and measuring them.
//!
//! [`settings`] say what to do; [`context`] loads what it needs; [`fit`] fits and measures, with the penalties that
//! [`decay`] chooses; [`outcome`] is what comes out. [`run`] does it for `train` and `compare`, [`ablation`] for
//! `ablate`.

pub mod ablation;
pub mod context;
pub mod decay;
pub mod fit;
pub mod holdout;
pub mod outcome;
pub mod penalties;
pub mod predictions;
#[cfg(test)]
mod ridge_tests;
pub mod run;
pub mod settings;
