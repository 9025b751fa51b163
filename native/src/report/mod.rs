//! `report.html` of runs: pages that need nothing else, with their charts as files beside them.

pub mod ablation;
pub mod frame;
pub mod train;
