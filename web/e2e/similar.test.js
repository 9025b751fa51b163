// The section of similarity, against a network of the tests' own. Environment: as in page.test.js.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { MODEL, indices } from "./gallery.js";
import { Network } from "./network.js";
import { stage } from "./setup.js";

const network = new Network(MODEL);
/** A cosine is between −1 and 1. */
const TOLERANCE = 1e-3;

/** What is compared of an image. */
function features(index) {
  const { input, pre, out } = network.last(index);
  return { y: input.values, d: pre.values.map((value) => (value > 0 ? 1 : network.slope)), f: out.values };
}

const dot = (a, b) => a.reduce((sum, value, at) => sum + value * b[at], 0);
const cosine = (product, a, b) => product(a, b) / Math.sqrt(product(a, a) * product(b, b));
const byActivation = (a, b) => cosine((a, b) => dot(a.f, b.f), a, b);

/** The NTK parametrization's gradients, whose weights are applied as W/√512 and biases as √0.1·b. */
function byGradient(omega, a, b) {
  const rows = ({ d }) => d.map((value, o) => value * omega[o]);
  return cosine((a, b) => (dot(a.y, b.y) / omega.length + 0.1) * dot(rows(a), rows(b)), a, b);
}

for (const backend of ["webgpu", "cpu"]) {
  describe(`similarity on ${backend}`, { timeout: 600_000 }, () => {
    const images = indices(0);
    const index = images[5];
    const label = 3;
    const site = stage(backend);
    let page;

    before(async () => {
      page = await site.ready({ query: `?image=${index}&class=${label}` });
      await page.openAppendix();
      await page.outcome(String(index));
    });

    /** The nearest images and their similarities, in the order in which they are shown. */
    const nearest = (testid) =>
      page.page.getByTestId(testid).evaluateAll((found) => found.map(({ dataset }) => ({ index: Number(dataset.index), similarity: Number(dataset.similarity) })));

    const known = (count, key) =>
      page.page.waitForSelector(`[data-testid=similar][data-known="${count}"][data-for="${key}"]`, { timeout: 120_000 });

    /** Fails unless exactly the images with the largest similarities are shown, to rounding. */
    async function assertNearest(testid, of, measure) {
      const own = features(of);
      const found = await nearest(testid);
      assert.equal(found.length, 8);
      found.forEach(({ index, similarity }, place) => {
        const wanted = measure(own, features(index));
        assert.ok(Math.abs(similarity - wanted) <= TOLERANCE, `${testid}: ${similarity} instead of ${wanted}`);
        assert.ok(place === 0 || similarity <= found[place - 1].similarity, "nearest first");
        assert.notEqual(index, of);
      });
      const rest = images.filter((image) => image !== of && !found.some(({ index }) => index === image));
      const best = Math.max(...rest.filter((_, at) => at % 4 === 0).map((image) => measure(own, features(image))));
      assert.ok(best <= found.at(-1).similarity + TOLERANCE, `${testid}: one of ${best} was left out`);
    }

    test("over the whole gallery it is said how good the nearest images are, from the file", async () => {
      await page.page.getByTestId("similar-measured").waitFor();
      const { images, nearest, ...shares } = JSON.parse(readFileSync(join(MODEL, "similar.json"), "utf8"));
      const said = await page.data("similar-measured");
      assert.deepEqual(Object.keys(shares).map((name) => Number(said[name])), Object.values(shares));
      const text = await page.page.getByTestId("similar-measured").innerText();
      for (const share of Object.values(shares)) assert.ok(text.includes((100 * share).toFixed(1)), `${text} lacks ${share}`);
      assert.deepEqual([images, nearest], [1000, 8]);
    });

    test("nothing is compared until that is asked for", async () => {
      assert.equal(await page.page.getByTestId("similar-gradient").count(), 0);
      await page.page.getByTestId("similar-start").press("Enter");
      await known(images.length, index);
      assert.equal(page.setting("compare"), "true");
    });

    test("the nearest images by activation and by gradient are those of the network", async () => {
      await assertNearest("similar-activation", index, byActivation);
      await assertNearest("similar-gradient", index, (a, b) => byGradient(network.omega(label), a, b));
    });

    test("another class compares other gradients, another image itself", async () => {
      const before = await nearest("similar-gradient");
      await page.page.getByTestId("gradient-class").selectOption("7");
      await page.page.waitForFunction(
        (before) => document.querySelector("[data-testid=similar-gradient]")?.dataset.similarity !== String(before),
        before[0].similarity,
      );
      const next = (await nearest("similar-activation"))[0].index;
      await page.page.getByTestId("similar-activation").first().click();
      await page.outcome(String(next));
      await known(images.length, next);
      await assertNearest("similar-gradient", next, (a, b) => byGradient(network.omega(7), a, b));
    });

    test("a closed appendix asks for no comparison", async () => {
      const other = await site.open({ query: `?backend=cpu&image=${index}&compare=true` });
      await other.outcome(String(index));
      await other.section("line", String(index));
      assert.equal((await other.data("similar")).known, "0");
      await other.openAppendix();
      await other.page.waitForSelector(`[data-testid=similar][data-known="${images.length}"]`, { timeout: 120_000 });
      await other.close();
    });

    test("nothing was printed as an error, nothing asked of others", () => page.assertQuiet());
  });
}
