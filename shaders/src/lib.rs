//! The project's WGSL, one kernel a file. Each has a plain CPU twin in `shared::kernels`.
//!
//! Bindings follow the order of a kernel's arguments; the last one, `params`, holds its scalars. Every storage
//! buffer is `read_write` because the runtime that launches them binds parts of shared buffers, which WebGPU
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

/// Every kernel, for the tests that check them all.
pub const ALL: [Kernel; 3] = [LEAKY_RELU_JVP, LEAKY_RELU_GATE, OUTER_PRODUCT_VIEW];
