//! The gradient feature itself, and the kernel that it makes: the empirical neural tangent kernel (Jacot et al. 2018)
//! of the scope's layers,
//!
//! ```text
//! K((x, c), (x', c')) = ⟨∂F_c(x)/∂θ2, ∂F_c'(x')/∂θ2⟩,    F = ω̄ᵀ f.
//! ```
//!
//! A layer's gradient is a sum over its output positions p of outer products `δ_cp patch_pᵀ`, δ being the gradient with
//! respect to the layer's output. So its inner products are sums over pairs of positions of
//! `(⟨patch_p, patch'_q⟩ + 1)·⟨δ_cp, δ'_c'q⟩`, the 1 for the bias, each with the square of its parametrization's scale.
//! For conv5, with one position, that is `(⟨y, y'⟩/512 + 0.1)·⟨ω_c∘d, ω_c'∘d'⟩` in the NTK parametrization.

mod factors;
mod gradient;
mod gram;
pub mod pca;
mod rank_one;

pub use factors::Factors;
pub use gradient::gradient_feature;
pub(crate) use gradient::vjp;
pub use gram::gram;
pub use rank_one::RankOne;
