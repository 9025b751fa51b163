// A window of the outer product rows·columnsᵀ as a picture of its own size. A pixel shows, of the entries that it
// covers, the one of the greatest magnitude (the first of equal ones). That entry lies where both factors are greatest,
// so each is sought alone.
struct Params {
    left: u32,   // the window's first column
    across: u32, // and how many
    top: u32,    // the window's first row
    down: u32,   // and how many
    width: u32,  // of the picture, in pixels
    height: u32,
}

@group(0) @binding(0) var<storage, read_write> rows: array<f32>;    // [R]
@group(0) @binding(1) var<storage, read_write> columns: array<f32>; // [C]
@group(0) @binding(2) var<storage, read_write> out: array<f32>;     // [height, width]
@group(0) @binding(3) var<uniform> params: Params;

// The first entry that a pixel covers, and the one after its last: at least one.
fn covered(first: u32, count: u32, pixel: u32, pixels: u32) -> vec2<u32> {
    let start = pixel * count / pixels;
    return first + vec2(start, max((pixel + 1) * count / pixels, start + 1));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.width || id.y >= params.height {
        return;
    }
    let of_rows = covered(params.top, params.down, id.y, params.height);
    var row = rows[of_rows.x];
    for (var i = of_rows.x + 1; i < of_rows.y; i++) {
        row = select(row, rows[i], abs(rows[i]) > abs(row));
    }
    let of_columns = covered(params.left, params.across, id.x, params.width);
    var column = columns[of_columns.x];
    for (var i = of_columns.x + 1; i < of_columns.y; i++) {
        column = select(column, columns[i], abs(columns[i]) > abs(column));
    }
    out[id.y * params.width + id.x] = row * column;
}
