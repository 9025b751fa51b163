// How often the nearest images are of the same class, over the whole gallery, by activations and by gradients, without a
// browser. Writes models/cifar10-rotation/similar.json, which the page shows.
//
//   node web/e2e/similar.bench.js
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { MODEL, labelled, tile } from "./gallery.js";
import { CLASSES, Network } from "./network.js";

/** As many as the page shows. */
const NEAREST = 8;

const network = new Network(MODEL);

function dot(a, b) {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at] * b[at];
  return sum;
}

const omegas = Array.from({ length: CLASSES }, (_, label) => network.omega(label));

/** What is compared of an image, and the class whose logit's gradient is. */
function features({ index, label }) {
  const { input, pre, out } = network.layers(tile(index)).at(-1);
  const derivative = pre.values.map((value) => (value > 0 ? 1 : network.slope));
  return { label, predicted: network.predicted(input, pre), y: input.values, d: derivative, f: out.values };
}

/** The inner products of one image with all; the gradients are of the logit of the class that is predicted for it. */
const MEASURES = {
  activation: () => (a, b) => dot(a.f, b.f),
  gradient: ({ predicted }) => {
    const squares = omegas[predicted].map((value) => value * value);
    const rows = (a, b) => dot(squares.map((value, o) => value * a.d[o]), b.d);
    return (a, b) => (dot(a.y, b.y) / squares.length + 0.1) * rows(a, b);
  },
};

const images = labelled().map((image, at) => {
  if (at % 100 === 0) console.error(`image ${at}`);
  return features(image);
});

/** The share of the nearest images that are of the image's class, as the mean over all images. */
function share(measure) {
  const alike = images.map((image) => {
    const product = measure(image);
    const near = images.filter((other) => other !== image).map((other) => ({ other, cosine: product(image, other) / Math.sqrt(product(other, other)) }));
    const nearest = near.sort((a, b) => b.cosine - a.cosine).slice(0, NEAREST);
    return nearest.filter(({ other }) => other.label === image.label).length / NEAREST;
  });
  return mean(alike);
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const others = (image) => images.filter(({ label }) => label === image.label).length - 1;
const chance = mean(images.map((image) => others(image) / (images.length - 1)));
const round = (value) => Number(value.toFixed(4));
const shares = Object.fromEntries(Object.entries(MEASURES).map(([name, measure]) => [name, round(share(measure))]));
const found = { images: images.length, nearest: NEAREST, ...shares, chance: round(chance) };
writeFileSync(join(MODEL, "similar.json"), `${JSON.stringify(found, null, 2)}\n`);
console.log(found);
