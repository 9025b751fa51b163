// The native program's predictions, which the page's must equal.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { MODEL } from "./gallery.js";
import { once } from "./once.js";
import { write } from "./scratch.js";

/** The order in which the page shows them. */
export const MODES = ["activation", "gradient", "full", "finetune"];
/** The largest difference that rounding may make, as a share of the largest logit. */
const TOLERANCE = 1e-3;

/** What the native program answers on the CPU. */
export function native(...options) {
  const program = process.env.GRADFEAT;
  assert.ok(program, "GRADFEAT must name the native program");
  return JSON.parse(execFileSync(program, [...options, "--json", "--device", "cpu"], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }));
}

/** What `gradfeat predict` says of one image file's bytes, by mode, by the page's models of a scope. */
export function predict(bytes, scope = "conv5") {
  return Object.fromEntries(MODES.map((mode) => [mode, one(bytes, mode, scope)]));
}

/** The same of one model. Both backends, and the scopes for the activation model, ask the same. */
const one = once(
  // The activation model is of any scope, and there once.
  (bytes, mode, scope) => native("predict", MODEL, "--mode", mode, "--scope", mode === "activation" ? "conv5" : scope, write("image", bytes))[0],
  (bytes, mode, scope) => `${mode} ${mode === "activation" ? "" : scope} ${bytes.toString("base64")}`,
);

/** Fails unless the page's outcome is the native one, to rounding. */
export function assertSame(outcome, native, what) {
  assert.deepEqual(Object.keys(outcome).sort(), [...MODES].sort(), `${what}: the modes`);
  for (const mode of MODES) {
    const [page, own] = [outcome[mode], native[mode]];
    const size = Math.max(...own.logits.map(Math.abs));
    assertClose(page.total, own.logits, size, `${what}, ${mode}: logits`);
    assertClose(page.activation, own.activation_logits, size, `${what}, ${mode}: activation terms`);
    assertClose(page.gradient, own.gradient_logits, size, `${what}, ${mode}: gradient terms`);
    assert.ok(Math.abs(page.probability - own.probabilities[page.class]) < 10 * TOLERANCE, `${what}, ${mode}: probability`);
    const lead = own.logits[own.class] - own.logits[page.class];
    assert.ok(lead <= 2 * TOLERANCE * size, `${what}, ${mode}: class ${page.class} instead of ${own.class}`);
  }
}

function assertClose(found, expected, size, what) {
  assert.equal(found.length, expected.length, `${what}: their number`);
  assert.ok(size > 0, `${what}: all zero`);
  found.forEach((value, index) => {
    const difference = Math.abs(value - expected[index]) / size;
    // Written so that NaN fails too.
    assert.ok(difference <= TOLERANCE, `${what}: ${value} instead of ${expected[index]} for class ${index}`);
  });
}
