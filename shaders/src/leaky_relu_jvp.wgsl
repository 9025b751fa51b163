// Leaky ReLU, primal and tangent in one pass (Mu, Liang, Li 2020, Eq. 7):
//   d = 1 where pre > 0, else slope;   primal = pre·d;   tangent_out = tangent·d
struct Params {
    len: u32,
    stride: u32, // invocations a row of workgroups, for inputs that need more than one row
    slope: f32,
}

@group(0) @binding(0) var<storage, read_write> pre: array<f32>;         // [len]
@group(0) @binding(1) var<storage, read_write> tangent: array<f32>;     // [len]
@group(0) @binding(2) var<storage, read_write> primal: array<f32>;      // [len]
@group(0) @binding(3) var<storage, read_write> tangent_out: array<f32>; // [len]
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let i = id.y * params.stride + id.x;
    if i >= params.len {
        return;
    }
    let d = select(params.slope, 1.0, pre[i] > 0.0);
    primal[i] = pre[i] * d;
    tangent_out[i] = tangent[i] * d;
}
