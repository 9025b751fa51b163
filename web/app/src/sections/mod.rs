//! The page's sections. Each has its own state, settings and view.

pub mod ablation;
pub mod appendix;
pub mod camera;
pub mod claim;
pub mod drawing_canvas;
pub mod engine_status;
pub mod equation;
pub mod footer;
pub mod gradient;
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
