// The maps of the gallery, against a network of the tests' own. Environment: as in page.test.js.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { MODEL, indices } from "./gallery.js";
import { Network } from "./network.js";
import { stage } from "./setup.js";

const network = new Network(MODEL);
const images = indices(0);
const label = 3;

const dot = (a, b) => a.reduce((sum, value, at) => sum + value * b[at], 0);
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const features = images.map((index) => {
  const { input, pre, out } = network.last(index);
  const omega = network.omega(label);
  return { y: input.values, rows: pre.values.map((value, o) => omega[o] * (value > 0 ? 1 : network.slope)), f: out.values };
});
const PRODUCTS = {
  "map-activation": (a, b) => dot(a.f, b.f),
  "map-gradient": (a, b) => (dot(a.y, b.y) / 512 + 0.1) * dot(a.rows, b.rows),
};

/** The cosines of all pairs of images, with the mean of every row and column taken away. */
function centred(product) {
  const gram = features.map((a) => features.map((b) => product(a, b)));
  const cosines = gram.map((row, a) => row.map((value, b) => value / Math.sqrt(gram[a][a] * gram[b][b])));
  const means = cosines.map(mean);
  return cosines.map((row, a) => row.map((value, b) => value - means[a] - means[b] + mean(means)));
}

for (const backend of ["webgpu", "cpu"]) {
  describe(`the maps on ${backend}`, { timeout: 600_000 }, () => {
    const index = images[5];
    const site = stage(backend);
    let page;

    before(async () => {
      page = await site.ready({ query: `?image=${index}&class=${label}&compare=true` });
      await page.openAppendix();
      await page.page.waitForSelector(`[data-testid=image-maps][data-for="${index}"]`, { timeout: 300_000 });
    });

    /** Shows the map by one measure. */
    async function show(testid) {
      await page.page.getByTestId("map-by").selectOption(testid.replace("map-", ""));
      await page.page.getByTestId(testid).waitFor();
      assert.equal(await page.page.locator(".image-map").count(), 1, "one map at a time");
    }

    test("it goes by the gradient at first", async () => {
      assert.equal(await page.page.getByTestId("map-gradient").count(), 1);
      assert.equal(await page.page.getByTestId("map-activation").count(), 0);
    });

    /** Where images are, in percent from the left and from below. */
    const places = (testid) =>
      page.page.getByTestId(testid).locator(".tile").evaluateAll((found) =>
        found.map(({ dataset, style }) => ({ index: Number(dataset.index), x: parseFloat(style.left), y: 100 - parseFloat(style.top) })),
      );

    for (const [testid, product] of Object.entries(PRODUCTS)) {
      test(`${testid}: the two directions are those of most variance`, async () => {
        await show(testid);
        const found = await places(testid);
        assert.deepEqual(found.map(({ index }) => index), images);
        const kernel = centred(product);
        const axes = ["x", "y"].map((axis) => {
          const values = found.map((place) => place[axis]);
          return values.map((value) => value - mean(values));
        });
        const apply = (vector) => kernel.map((row) => dot(row, vector));
        const variances = axes.map((axis) => dot(axis, apply(axis)) / dot(axis, axis));
        axes.forEach((axis, at) => {
          const rest = apply(axis).map((value, image) => value - variances[at] * axis[image]);
          const off = Math.sqrt(dot(rest, rest) / dot(axis, axis)) / variances[at];
          assert.ok(off < 0.02, `direction ${at} turns by ${off}`);
          // Along an axis of variance λ, kernel PCA's coordinates have length √λ, and both have one scale.
          const scale = Math.sqrt(dot(axis, axis) / variances[at]) / Math.sqrt(dot(axes[0], axes[0]) / variances[0]);
          assert.ok(Math.abs(scale - 1) < 0.01, `direction ${at} is stretched by ${scale}`);
        });
        let other = images.map((_, at) => Math.cos(3 * at));
        for (let step = 0; step < 300; step++) {
          for (const axis of axes) other = other.map((value, at) => value - (dot(other, axis) / dot(axis, axis)) * axis[at]);
          const length = Math.sqrt(dot(other, other));
          other = apply(other.map((value) => value / length));
        }
        const third = Math.sqrt(dot(other, other));
        assert.ok(variances[0] >= variances[1] && variances[1] >= 0.99 * third, `${variances}, and then ${third}`);
      });
    }

    test("the chosen image is marked, and words say what the map shows", async () => {
      for (const testid of Object.keys(PRODUCTS)) {
        await show(testid);
        const map = page.page.getByTestId(testid);
        const pressed = map.locator('[aria-pressed="true"]');
        assert.equal(await pressed.getAttribute("data-index"), String(index));
        const [mark, own] = await Promise.all([map.locator(".own"), pressed].map((found) => found.evaluate(({ style }) => [parseFloat(style.left), parseFloat(style.top)])));
        assert.ok(Math.hypot(mark[0] - own[0], mark[1] - own[1]) < 0.1, `${mark} instead of ${own}`);
        assert.match(await map.getAttribute("aria-label"), /Map of 100 images.*of the same class/);
      }
    });

    test("arrow keys lead across the map, Enter chooses", async () => {
      const map = page.page.getByTestId("map-gradient");
      assert.equal(await map.locator('[tabindex="0"]').count(), 1);
      await map.locator('[tabindex="0"]').focus();
      const from = (await places("map-gradient")).find((place) => place.index === index);
      const [key, ahead] = from.x < 50 ? ["ArrowRight", 1] : ["ArrowLeft", -1];
      await page.page.keyboard.press(key);
      const focused = await page.page.evaluate(() => document.activeElement.dataset.index);
      const to = (await places("map-gradient")).find((place) => String(place.index) === focused);
      assert.ok(ahead * (to.x - from.x) > 0, `from ${from.x} to ${to.x}`);
      assert.match(await page.page.getByTestId("map-gradient-reading").innerText(), new RegExp(`image ${focused}`));
      await page.page.keyboard.press("Enter");
      await page.outcome(focused);
      await page.page.waitForSelector(`[data-testid=image-maps][data-for="${focused}"]`, { timeout: 300_000 });
      assert.equal(await page.page.evaluate(() => document.activeElement.dataset.index), focused, "the focus stays");
      assert.equal(await map.locator('[aria-pressed="true"]').getAttribute("data-index"), focused);
    });

    test("nothing was printed as an error, nothing asked of others", () => page.assertQuiet());
  });
}
