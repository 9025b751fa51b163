//! The project's WGSL, one kernel a file. Each has a plain CPU twin in `gradient_features::kernels`.
//!
//! Bindings follow the order of a kernel's arguments; the last one, the uniform `params`, holds its scalars. Every
//! storage buffer is `read_write` because the runtime that launches them binds parts of shared buffers, which WebGPU
//! allows in one dispatch only when all of them are bound alike.

/// One compute kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Kernel {
    /// Its file's name, without the ending.
    pub name: &'static str,
    /// WGSL; the entry point is `main`.
    pub source: &'static str,
    /// Invocations a workgroup, along x.
    pub workgroup: u32,
}

/// Leaky ReLU's primal and tangent in one pass: `pre, tangent → primal, tangent`.
pub const LEAKY_RELU_JVP: Kernel =
    Kernel { name: "leaky_relu_jvp", source: include_str!("leaky_relu_jvp.wgsl"), workgroup: 64 };

/// A value times leaky ReLU's derivative: `pre, value → value · d(pre)`; the backward of both outputs above.
pub const LEAKY_RELU_GATE: Kernel =
    Kernel { name: "leaky_relu_gate", source: include_str!("leaky_relu_gate.wgsl"), workgroup: 64 };

/// A window of an outer product as a picture: `rows, columns → [height, width]`; a second dimension of workgroups has
/// one row of the picture each.
pub const OUTER_PRODUCT_VIEW: Kernel =
    Kernel { name: "outer_product_view", source: include_str!("outer_product_view.wgsl"), workgroup: 64 };

/// Adam's step: `parameter, gradient, first, second → parameter, first, second`.
pub const ADAM: Kernel = Kernel { name: "adam", source: include_str!("adam.wgsl"), workgroup: 64 };

/// Dropout: `x → out`.
pub const DROPOUT: Kernel = Kernel { name: "dropout", source: include_str!("dropout.wgsl"), workgroup: 64 };

/// A convolution's weight gradient by groups of images: `x, grad → [groups, O, C, K, K]`.
pub const CONV2D_WEIGHT_GRADIENT: Kernel =
    Kernel { name: "conv2d_weight_gradient", source: include_str!("conv2d_weight_gradient.wgsl"), workgroup: 64 };

/// Every kernel, for the tests that check them all.
pub const ALL: [Kernel; 6] =
    [LEAKY_RELU_JVP, LEAKY_RELU_GATE, OUTER_PRODUCT_VIEW, ADAM, DROPOUT, CONV2D_WEIGHT_GRADIENT];
