// The page's check of itself, against a network of the tests' own. Environment: as in page.test.js.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { MODEL, indices } from "./gallery.js";
import { CLASSES, Network, convolve, moved } from "./network.js";
import { largest } from "./numbers.js";
import { stage } from "./setup.js";

const network = new Network(MODEL);
const classes = Array.from({ length: CLASSES }, (_, label) => label);
/** A software GPU takes seconds for what is checked. */
const CHECK_MS = 400_000;

/** The derivative of every logit along w2, and how far a difference quotient is from it, both without rounding. */
function error(index, h) {
  const { input, pre } = network.last(index);
  const along = convolve(input, network.w2, 1).values;
  const at = (r) => convolve(input, moved(network.conv5, network.w2, r), 1).values.map((value) => network.leaky(value));
  const [zero, there] = [at(0), at(h)];
  const sum = (label, of) => network.omega(label).reduce((sum, omega, o) => sum + omega * of(o), 0);
  const slope = (label) => sum(label, (o) => along[o] * (pre.values[o] > 0 ? 1 : network.slope));
  const quotient = (label) => sum(label, (o) => (there[o] - zero[o]) / h);
  return largest(classes.map((label) => quotient(label) - slope(label))) / largest(classes.map(slope));
}

for (const backend of ["webgpu", "cpu"]) {
  describe(`the self-check on ${backend}`, { timeout: 900_000 }, () => {
    const index = indices(0)[4];
    const site = stage(backend);
    let page;

    before(async () => {
      page = await site.ready({ query: `?image=${index}` });
      await page.section("line", String(index));
      await page.openAppendix();
    });

    const rows = (testid) =>
      page.page.getByTestId(testid).evaluateAll((found) => found.map(({ dataset }) => ({ ...dataset })));

    const state = (state) =>
      page.page.waitForSelector(`[data-testid=check][data-state=${state}]`, { timeout: CHECK_MS });

    test("a new image does not wait for it, and ends it", async () => {
      const other = String(indices(0)[5]);
      // At once: on a fast machine the check is soon over.
      await page.page.evaluate((other) => {
        document.querySelector("[data-testid=check-start]").click();
        document.querySelector(`[data-testid=gallery-item][data-index="${other}"]`).click();
      }, other);
      await page.outcome(other);
      await state("idle");
      await page.choose(index);
      await page.section("line", String(index));
      await state("idle");
    });

    test("it goes through on the chosen image", async () => {
      await page.page.getByTestId("check-start").press("Enter");
      await state("done");
      assert.equal((await page.data("check")).for, String(index));
      const { done, pieces } = /(?<done>\d+) of (?<pieces>\d+)/.exec(await page.page.getByTestId("check-progress").innerText()).groups;
      assert.equal(done, pieces);
    });

    test("difference quotients are off by what they should be", async () => {
      const quotients = (await rows("check-quotient")).map(({ h, error }) => ({ h: Number(h), error: Number(error) }));
      assert.deepEqual(quotients.map(({ h }) => Math.fround(h)), Array.from({ length: 9 }, (_, power) => 4 ** -power));
      for (const { h, error: found } of quotients.slice(0, 3)) {
        const wanted = error(index, h);
        assert.ok(Math.abs(found - wanted) <= 1e-3 * (1 + wanted), `h = ${h}: ${found} instead of ${wanted}`);
      }
      const errors = quotients.map(({ error }) => error);
      assert.ok(Math.min(...errors) < errors[0] / 20, `the error shrinks: ${errors}`);
    });

    test("the GPU says what the CPU says", async () => {
      const found = await rows("check-agreement");
      assert.equal(found.length, backend === "webgpu" ? 5 : 0);
      for (const { difference, size } of found) {
        assert.ok(Number(size) > 0 && Number(difference) <= 1e-3 * Number(size), `${difference} of ${size}`);
      }
    });

    test("predictions are timed on each processor", async () => {
      const found = await rows("check-timing");
      assert.deepEqual(found.map(({ backend }) => backend), backend === "webgpu" ? ["webgpu", "cpu"] : ["cpu"]);
      for (const { runs, plain, jvp } of found) assert.ok(Number(runs) === 9 && Number(plain) > 0 && Number(jvp) > 0);
      console.log(found.map(({ backend, plain, jvp }) => `${backend}: ${plain} ms, with JVP ${jvp} ms`).join("; "));
    });

    test("it says on what, and how much memory it took", async () => {
      assert.ok(Number((await page.data("check-facts")).memory) > 1e7);
      const { base } = network.full.metadata;
      const facts = await page.page.getByTestId("check-facts").innerText();
      assert.ok(base.length === 64 && facts.includes(base.slice(0, 32)), `${facts} does not name ${base}`);
    });

    test("nothing was printed as an error, nothing asked of others", () => page.assertQuiet());
  });
}
