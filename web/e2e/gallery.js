// The built page, and the gallery and the model that it is built with.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { once } from "./once.js";
import { crop, decode, encode } from "./png.js";

/** The built page. */
export const DIST = process.env.DIST ?? join(import.meta.dirname, "../../dist");
const ROOT = join(import.meta.dirname, "../..");
/** The model's folder. */
export const MODEL = join(ROOT, "models/cifar10-rotation");

const GALLERY = JSON.parse(readFileSync(join(ROOT, "gallery/index.json"), "utf8"));

/** The images of a sheet, by their indices in the test set. */
export const indices = (sheet) => GALLERY.sheets[sheet].images.map(({ index }) => index);

/** All images of the gallery: their indices in the test set and their classes. */
export const labelled = () => GALLERY.sheets.flatMap(({ images }) => images);

const decoded = once((file) => decode(readFileSync(join(ROOT, "gallery", file))));

/** A gallery image's pixels. */
export function tile(index) {
  const sheet = GALLERY.sheets.find(({ images }) => images.some((image) => image.index === index));
  const place = sheet.images.findIndex((image) => image.index === index);
  const [row, column] = [Math.floor(place / GALLERY.columns), place % GALLERY.columns];
  const side = GALLERY.tile;
  return crop(decoded(sheet.file), column * side, row * side, side);
}

/** A gallery image as a PNG of its own. */
export const tilePng = (index) => encode(tile(index));

/** What was precomputed for the first sheet: by index, the class that each model predicts, and whether it is right. */
export const precomputed = () => {
  const { images } = JSON.parse(readFileSync(join(MODEL, "predictions.json"), "utf8"));
  const labels = new Map(GALLERY.sheets.flatMap(({ images }) => images.map(({ index, label }) => [index, label])));
  return images.map(({ index, terms }) => {
    const label = labels.get(index);
    const classes = Object.fromEntries(Object.entries(terms).map(([mode, terms]) => [mode, winner(terms)]));
    const right = Object.fromEntries(Object.entries(classes).map(([mode, found]) => [mode, found === label]));
    return { index, label, classes, right };
  });
};

/** The first of the largest sums. */
function winner(terms) {
  const logits = terms.map(([activation, gradient]) => activation + gradient);
  return logits.indexOf(Math.max(...logits));
}

/** The image that the page opens on: the first that activation gets wrong and the other models get right. */
export const OPENING = precomputed().find(({ right }) => !right.activation && right.gradient && right.full && right.finetune).index;
