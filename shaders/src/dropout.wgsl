// Dropout (Srivastava et al. 2014): each number is 0 or, so that the mean stays, larger than it was. What drops follows
// from the key and the place alone, by two rounds of a hash (pcg, Jarzynski and Olano 2020), so that the gradient meets
// the same mask without anybody keeping it.
struct Params {
    len: u32,
    stride: u32,    // invocations a row of workgroups, for inputs that need more than one row
    key: vec2<u32>,
    below: u32,     // hashes below this drop
    kept: f32,      // what the others are multiplied by
}

@group(0) @binding(0) var<storage, read_write> x: array<f32>;   // [len]
@group(0) @binding(1) var<storage, read_write> out: array<f32>; // [len]
@group(0) @binding(2) var<uniform> params: Params;

fn hash(value: u32) -> u32 {
    let state = value * 747796405 + 2891336453;
    let word = ((state >> ((state >> 28) + 4)) ^ state) * 277803737;
    return (word >> 22) ^ word;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let i = id.y * params.stride + id.x;
    if i >= params.len {
        return;
    }
    let drops = hash(hash(i ^ params.key.x) + params.key.y) < params.below;
    out[i] = select(x[i] * params.kept, 0.0, drops);
}
