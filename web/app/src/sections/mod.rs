//! The page's sections. Each has its own state, settings and view.

pub mod ablation;
pub mod camera;
pub mod chosen;
pub mod drawing_canvas;
pub mod engine_status;
pub mod gallery_view;
pub mod gradient;
pub mod intro;
pub mod languages;
pub mod linearization;
pub mod live_training;
pub mod network;
pub mod predictions;
pub mod result;
pub mod self_check;
pub mod similar;
pub mod terms;
pub mod tour;
pub mod upload;
