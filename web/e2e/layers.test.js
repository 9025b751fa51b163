// The section of the network, against a network of the tests' own. Environment: as in page.test.js.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { MODEL, indices, tile } from "./gallery.js";
import { assertClose, assertColour, largest } from "./numbers.js";
import { Network, convolve } from "./network.js";
import { stage } from "./setup.js";

const network = new Network(MODEL);
const index = indices(0)[5];
const layers = network.layers(tile(index));
/** Weights and biases of conv5, and of conv3 to conv5. */
const PARAMETERS = { conv5: "2,097,664", "conv3-5": "2,753,408" };

/** The map with the number of the greatest magnitude, and that number. */
function strongest({ side, values }) {
  const at = values.findIndex((value) => Math.abs(value) === largest(values));
  return { map: Math.floor(at / (side * side)), value: values[at] };
}

for (const backend of ["webgpu", "cpu"]) {
  describe(`the network on ${backend}`, { timeout: 600_000 }, () => {
    const site = stage(backend);
    let page;

    before(async () => {
      page = await site.ready({ query: `?image=${index}` });
      await page.outcome(String(index));
      await page.openAppendix();
      await page.unfold("gradient-advanced");
      await page.section("network", String(index));
    });

    async function assertStrongest(testid, maps, what) {
      const want = strongest(maps);
      const found = await page.data(testid);
      assertClose(Number(found.value), want.value, largest(maps.values), what);
      assert.equal(Number(found.strongest), want.map, what);
    }

    test("the first layer's maps are shown at first", async () => {
      assert.equal(await page.page.locator("[data-testid=layer][aria-pressed=true]").getAttribute("data-layer"), "conv1");
    });

    test("the feature maps of every layer are those of the network", async () => {
      for (const { name, out } of layers) {
        await page.page.locator(`[data-testid=layer][data-layer=${name}]`).click();
        await page.page.getByRole("heading", { name: `Feature maps of ${name}` }).waitFor();
        await assertStrongest("feature-maps", out, name);
        assert.equal(await page.page.getByTestId("no-tangents").count(), name === "conv5" ? 0 : 1, name);
      }
      await page.page.waitForURL((url) => url.searchParams.get("layer") === "conv5");
    });

    test("the tangent maps are the derivative along the full model's w2", async () => {
      const { input, pre } = layers.at(-1);
      const moved = convolve(input, network.w2, 1);
      const tangents = { ...moved, values: moved.values.map((value, o) => value * (pre.values[o] > 0 ? 1 : network.slope)) };
      await assertStrongest("tangent-maps", tangents, "the tangents");
      // 512 maps of one number are a strip.
      const places = Array.from(tangents.values, (_, o) => [(o + 0.5) / tangents.values.length, 0.5]);
      const colours = await page.colours("maps-picture", places, page.page.getByTestId("tangent-maps"));
      colours.forEach((colour, o) => assertColour(colour, tangents.values[o] / largest(tangents.values)));
    });

    test("a scope is chosen by keyboard, and its parameters are counted", async () => {
      assert.equal((await page.data("part-theta2")).parameters, PARAMETERS.conv5);
      await page.page.getByTestId("scope-conv5").focus();
      await page.page.keyboard.press("ArrowDown");
      await page.page.keyboard.press("ArrowDown");
      assert.ok(await page.page.getByTestId("scope-conv3-5").isChecked());
      assert.equal((await page.data("part-theta2")).parameters, PARAMETERS["conv3-5"]);
      assert.equal(await page.page.getByTestId("part-theta1").getByTestId("layer").count(), 2);
      await page.page.waitForURL((url) => url.searchParams.get("scope") === "conv3-5");
    });

    test("scope and layer come back from the address; unknown ones are left aside", async () => {
      for (const [query, scope, layer] of [["scope=conv4-5&layer=conv2", "conv4-5", "conv2"], ["scope=conv9&layer=%00", "conv5", "conv1"]]) {
        const other = await site.open({ query: `?backend=cpu&image=${index}&${query}` });
        await other.outcome(String(index));
        await other.openAppendix();
        await other.section("network", String(index));
        assert.ok(await other.page.getByTestId(`scope-${scope}`).isChecked(), query);
        assert.equal(await other.page.locator("[data-testid=layer][aria-pressed=true]").getAttribute("data-layer"), layer);
        other.assertQuiet();
        await other.close();
      }
    });

    test("nothing was printed as an error, nothing asked of others", () => page.assertQuiet());
  });
}
