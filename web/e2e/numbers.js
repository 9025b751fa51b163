// Comparing numbers, and their colours.
import assert from "node:assert/strict";

/** The largest difference that rounding may make, as a share of the largest number. */
const TOLERANCE = 1e-3;

export const largest = (numbers) => numbers.reduce((largest, number) => Math.max(largest, Math.abs(number)), 0);

export function assertClose(found, wanted, size, what) {
  // Written so that NaN fails too.
  assert.ok(Math.abs(found - wanted) <= TOLERANCE * size, `${what}: ${found} instead of ${wanted}`);
}

/** Green above zero and purple below it, near zero neither; `share` is of the number that has the last colour. */
export function assertColour([red, green, blue], share) {
  const lean = green - (red + blue) / 2;
  if (share > 0.01) assert.ok(lean > 3, `${share} is shown as ${[red, green, blue]}`);
  if (share < -0.01) assert.ok(lean < -3, `${share} is shown as ${[red, green, blue]}`);
  if (Math.abs(share) < 1e-5) assert.ok(Math.abs(lean) < 5, `${share} is shown as ${[red, green, blue]}`);
}
