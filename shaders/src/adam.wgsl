// Adam's step (Kingma and Ba 2015, section 2) on every number of a parameter, in one pass.
struct Params {
    len: u32,
    stride: u32, // invocations a row of workgroups, for inputs that need more than one row
    rate: f32,
    beta_1: f32,
    beta_2: f32,
    correction: f32, // √(1 − β₂ᵗ) / (1 − β₁ᵗ)
    epsilon: f32,    // times √(1 − β₂ᵗ)
    decay: f32,
}

@group(0) @binding(0) var<storage, read_write> parameter: array<f32>;     // [len]
@group(0) @binding(1) var<storage, read_write> gradient: array<f32>;      // [len]
@group(0) @binding(2) var<storage, read_write> first: array<f32>;         // [len]
@group(0) @binding(3) var<storage, read_write> second: array<f32>;        // [len]
@group(0) @binding(4) var<storage, read_write> parameter_out: array<f32>; // [len]
@group(0) @binding(5) var<storage, read_write> first_out: array<f32>;     // [len]
@group(0) @binding(6) var<storage, read_write> second_out: array<f32>;    // [len]
@group(0) @binding(7) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let i = id.y * params.stride + id.x;
    if i >= params.len {
        return;
    }
    let slope = gradient[i] + parameter[i] * params.decay;
    let mean = first[i] * params.beta_1 + slope * (1.0 - params.beta_1);
    let square = second[i] * params.beta_2 + slope * slope * (1.0 - params.beta_2);
    first_out[i] = mean;
    second_out[i] = square;
    parameter_out[i] = parameter[i] - mean * params.correction / (sqrt(square) + params.epsilon) * params.rate;
}
