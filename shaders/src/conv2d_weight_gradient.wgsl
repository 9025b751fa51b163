// The gradient of a convolution without padding with respect to its weight. A weight has few numbers, each of which sums
// over all images and positions: so the images are summed in groups side by side, to keep a GPU busy. One invocation has
// one place of the kernel for OUTPUTS output channels, which read the same numbers of the image.
const OUTPUTS: u32 = 4;

struct Params {
    len: u32,
    stride: u32,        // invocations a row of workgroups, for inputs that need more than one row
    images: u32,        // N
    group: u32,         // images a group
    inputs: u32,        // C
    height: u32,        // of the image
    width: u32,
    outputs: u32,       // O
    out_height: u32,    // of the output's gradient
    out_width: u32,
    kernel_height: u32,
    kernel_width: u32,
    step: u32,          // of the convolution
}

@group(0) @binding(0) var<storage, read_write> x: array<f32>;    // [N, C, H, W]
@group(0) @binding(1) var<storage, read_write> grad: array<f32>; // [N, O, H', W']
@group(0) @binding(2) var<storage, read_write> out: array<f32>;  // [groups, O, C, K, K]
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let i = id.y * params.stride + id.x;
    if i >= params.len {
        return;
    }
    let taps = params.kernel_height * params.kernel_width;
    let tap = i % taps;
    let channel = i / taps % params.inputs;
    let quads = (params.outputs + OUTPUTS - 1) / OUTPUTS;
    let output = i / (taps * params.inputs) % quads * OUTPUTS;
    let group = i / (taps * params.inputs * quads);

    let corner = tap / params.kernel_width * params.width + tap % params.kernel_width;
    let positions = params.out_height * params.out_width;
    // Beyond the last output channel it is taken again, and not written.
    let last = vec4(params.outputs - 1);
    let channels = min(vec4(output, output + 1, output + 2, output + 3), last) * positions;

    var sum = vec4(0.0);
    let end = min((group + 1) * params.group, params.images);
    for (var image = group * params.group; image < end; image++) {
        let of_image = (image * params.inputs + channel) * params.height * params.width + corner;
        let of_grad = channels + image * params.outputs * positions;
        for (var row = 0u; row < params.out_height; row++) {
            let of_row = of_image + row * params.step * params.width;
            for (var column = 0u; column < params.out_width; column++) {
                let at = of_grad + row * params.out_width + column;
                sum += x[of_row + column * params.step] * vec4(grad[at.x], grad[at.y], grad[at.z], grad[at.w]);
            }
        }
    }
    let first = ((group * params.outputs + output) * params.inputs + channel) * taps + tap;
    for (var index = 0u; index < OUTPUTS && output + index < params.outputs; index++) {
        out[first + index * taps * params.inputs] = sum[index];
    }
}
