// The network once more, in double precision and as plainly as it can be written, from the model's files.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { tile } from "./gallery.js";
import { once } from "./once.js";

/** Kernel and stride follow from the files and from the published architecture. */
const STRIDES = { conv1: 1, conv2: 2, conv3: 1, conv4: 2, conv5: 1 };
const FEATURES = 512;
export const CLASSES = 10;

/** The tensors and the metadata of a safetensors file of half-precision numbers. */
function read(file) {
  const bytes = readFileSync(file);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const { __metadata__: metadata, ...entries } = JSON.parse(bytes.toString("utf8", 8, start));
  const tensor = ({ dtype, shape, data_offsets: [from, to] }) => {
    if (dtype !== "F16") throw new Error(`${file}: ${dtype}`);
    const values = new Float64Array((to - from) / 2);
    for (let at = 0; at < values.length; at++) values[at] = fromHalf(bytes.readUInt16LE(start + from + 2 * at));
    return { shape, values };
  };
  return { metadata, ...Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, tensor(entry)])) };
}

function fromHalf(bits) {
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) throw new Error("not a finite number");
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
}

export class Network {
  constructor(folder) {
    this.base = read(join(folder, "model.safetensors"));
    this.activation = read(join(folder, "heads/activation-conv5.safetensors"));
    this.full = read(join(folder, "heads/full-conv5.safetensors"));
    const { slope, parametrization, input_range: range } = this.base.metadata;
    if (parametrization !== "ntk" || range !== "0,1") throw new Error("the model is not of the kind that this reads");
    this.slope = Number(slope);
    this.weights = once((name) => this.applied(this.base, name));
    this.w2Applied = once(() => this.applied(this.full, "conv5.tangent"));
    /** Its last layer, for the gallery image of an index. */
    this.last = once((index) => this.layers(tile(index)).at(-1));
  }

  /** ω̄ of a class, `[512]`. */
  omega(label) {
    const { values } = this.activation["classifier.weight"];
    return Float64Array.from({ length: FEATURES }, (_, o) => values[o * CLASSES + label]);
  }

  /** A layer as it is applied, from the tensors `name.weight` and `name.bias` of `file`. */
  applied(file, name) {
    const { shape, values } = file[`${name}.weight`];
    return {
      shape,
      weight: values.map((value) => value / Math.sqrt(shape[0])),
      bias: file[`${name}.bias`].values.map((value) => value * Math.sqrt(0.1)),
    };
  }

  /** ω̄'s bias. */
  bias(label) {
    return this.activation["classifier.bias"].values[label];
  }

  /** conv5 as it is applied, and the full model's w2 for it. */
  get conv5() {
    return this.weights("conv5");
  }

  get w2() {
    return this.w2Applied();
  }

  /** The class that the full model predicts, from the input and the pre-activation of the last layer. */
  predicted(input, pre) {
    const { "classifier.weight": weight, "classifier.bias": bias } = this.full;
    const along = convolve(input, this.w2, 1).values;
    const logits = Array.from({ length: CLASSES }, (_, label) => {
      const omega = this.omega(label);
      const terms = pre.values.map((z, o) => weight.values[o * CLASSES + label] * this.leaky(z) + omega[o] * along[o] * (z > 0 ? 1 : this.slope));
      return bias.values[label] + terms.reduce((sum, term) => sum + term, 0);
    });
    return logits.indexOf(Math.max(...logits));
  }

  leaky(value) {
    return value > 0 ? value : value * this.slope;
  }

  /** Every layer's pre-activation and output for the pixels of an image, row by row. */
  layers({ width, pixels }) {
    const plane = width * width;
    const values = Float64Array.from({ length: 3 * plane }, (_, at) => pixels[(at % plane) * 3 + Math.floor(at / plane)] / 255);
    let input = { side: width, values };
    return Object.entries(STRIDES).map(([name, stride]) => {
      const pre = convolve(input, this.weights(name), stride);
      const layer = { name, input, pre, out: { ...pre, values: pre.values.map((value) => this.leaky(value)) } };
      input = layer.out;
      return layer;
    });
  }
}

/** `a + r·b`, for layers as they are applied. */
export function moved(a, b, r) {
  const along = (key) => a[key].map((value, at) => value + r * b[key][at]);
  return { shape: a.shape, weight: along("weight"), bias: along("bias") };
}

/** Convolution without padding: `{ side, values [C, side, side] }` → `{ side', values [O, side', side'] }`. */
export function convolve({ side, values }, { shape: [outputs, channels, kernel], weight, bias }, stride) {
  const out = (side - kernel) / stride + 1;
  const result = new Float64Array(outputs * out * out);
  const patch = new Float64Array(channels * kernel * kernel);
  for (let y = 0; y < out; y++) {
    for (let x = 0; x < out; x++) {
      for (let c = 0; c < channels; c++) {
        for (let ky = 0; ky < kernel; ky++) {
          const row = (c * side + y * stride + ky) * side + x * stride;
          for (let kx = 0; kx < kernel; kx++) patch[(c * kernel + ky) * kernel + kx] = values[row + kx];
        }
      }
      for (let o = 0; o < outputs; o++) {
        let sum = bias[o];
        for (let at = 0; at < patch.length; at++) sum += patch[at] * weight[o * patch.length + at];
        result[(o * out + y) * out + x] = sum;
      }
    }
  }
  return { side: out, values: result };
}
