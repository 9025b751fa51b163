//! What the two halves of the page have in common.
//!
//! The page is two programs. The interface (`app`) is small and there at once; the engine (`engine`) runs in a
//! worker, is the only caller of the model in `shared`, and may be slow to come or fail without taking the
//! interface with it. They share nothing but the [`messages`] between them: whatever of `shared` this library
//! named, the interface would link, and download. The rest here is plain arithmetic,
//! kept apart from the browser so that ordinary tests reach it.

pub mod ablation;
pub mod blobs;
pub mod cloud;
pub mod course;
pub mod drawing;
mod floats;
pub mod gradient;
pub mod holdout;
pub mod insight;
pub mod last_layer;
pub mod lesson;
pub mod linearization;
pub mod loading;
pub mod maps;
pub mod messages;
pub mod nearest;
pub mod nudge;
pub mod numbers;
pub mod places;
pub mod recovery;
pub mod scopes;
pub mod self_check;
pub mod terms;
pub mod training;
pub mod trouble;
pub mod viewport;
