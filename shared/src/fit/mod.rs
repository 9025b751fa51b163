//! Fitting the linear models.

pub mod adam;
pub mod cholesky;
mod conjugate;
pub mod first_order;
pub mod lbfgs;
pub mod live;
pub mod ridge;
