// Just enough PNG to cut tiles out of the gallery's sheets without loss, and to write them back.
import { deflateSync, inflateSync, crc32 } from "node:zlib";

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const RGB = 2;
const CHANNELS = 3;

/** Reads an 8-bit RGB PNG into `{ width, height, pixels }`, pixels row by row. */
export function decode(png) {
  const parts = [];
  let header;
  for (let at = SIGNATURE.length; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const type = png.toString("latin1", at + 4, at + 8);
    const data = png.subarray(at + 8, at + 8 + length);
    if (type === "IHDR") header = data;
    if (type === "IDAT") parts.push(data);
    at += length + 12;
  }
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  if (header[8] !== 8 || header[9] !== RGB || header[12] !== 0) throw new Error("not a plain 8-bit RGB PNG");
  return { width, height, pixels: unfilter(inflateSync(Buffer.concat(parts)), width * CHANNELS, height) };
}

function unfilter(raw, stride, height) {
  const out = Buffer.alloc(stride * height);
  for (let row = 0; row < height; row++) {
    const filter = raw[row * (stride + 1)];
    for (let x = 0; x < stride; x++) {
      const left = x >= CHANNELS ? out[row * stride + x - CHANNELS] : 0;
      const up = row > 0 ? out[(row - 1) * stride + x] : 0;
      const corner = row > 0 && x >= CHANNELS ? out[(row - 1) * stride + x - CHANNELS] : 0;
      out[row * stride + x] = raw[row * (stride + 1) + 1 + x] + predict(filter, left, up, corner);
    }
  }
  return out;
}

function predict(filter, left, up, corner) {
  switch (filter) {
    case 0:
      return 0;
    case 1:
      return left;
    case 2:
      return up;
    case 3:
      return (left + up) >> 1;
    default: {
      const [a, b, c] = [left, up, corner].map((value) => Math.abs(left + up - corner - value));
      return a <= b && a <= c ? left : b <= c ? up : corner;
    }
  }
}

/** Writes 8-bit RGB pixels as a PNG. */
export function encode({ width, height, pixels }) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, RGB, 0, 0, 0], 8);
  const stride = width * CHANNELS;
  const rows = Array.from({ length: height }, (_, row) =>
    Buffer.concat([Buffer.of(0), pixels.subarray(row * stride, (row + 1) * stride)]),
  );
  const chunks = [chunk("IHDR", header), chunk("IDAT", deflateSync(Buffer.concat(rows))), chunk("IEND", Buffer.alloc(0))];
  return Buffer.concat([SIGNATURE, ...chunks]);
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body) >>> 0);
  return Buffer.concat([length, body, sum]);
}

/** A square part of an image. */
export function crop({ width, pixels }, left, top, side) {
  const rows = Array.from({ length: side }, (_, row) => {
    const start = ((top + row) * width + left) * CHANNELS;
    return pixels.subarray(start, start + side * CHANNELS);
  });
  return { width: side, height: side, pixels: Buffer.concat(rows) };
}
