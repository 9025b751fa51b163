//! Base networks, trained without labels.

mod ali;
mod batches;
mod bigan;
mod catalog;
mod checkpoint;
mod critic;
mod event;
mod learner;
mod moving_average;
mod nets;
mod options;
mod pictures;
mod probe;
mod random;
mod recipe;
mod recipe_name;
mod report;
mod rotation;
mod run;
mod session;
mod settings;
mod vae;
mod wali;

pub use recipe_name::RecipeName;
pub use run::{run, stepper};
pub use settings::Settings;
