// The models of all scopes, against the native program. Environment: as in page.test.js.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { MODEL, indices, tilePng } from "./gallery.js";
import { assertSame, predict } from "./native.js";
import { Network } from "./network.js";
import { assertClose, largest } from "./numbers.js";
import { stage } from "./setup.js";

const network = new Network(MODEL);
/** Weights and biases of layers, in the model's file. */
const count = (layers) => layers.reduce((sum, layer) => sum + ["weight", "bias"].reduce((sum, name) => sum + network.base[`${layer}.${name}`].values.length, 0), 0);

for (const backend of ["webgpu", "cpu"]) {
  describe(`the scopes on ${backend}`, { timeout: 600_000 }, () => {
    const index = indices(0)[11];
    const png = tilePng(index);
    const site = stage(backend);
    let page;

    before(async () => {
      page = await site.ready({ query: `?image=${index}` });
      await page.outcome(String(index));
      await page.section("line", String(index));
      await page.unfold("gradient-advanced");
      await page.openAppendix();
    });

    /** What is predicted once a scope is chosen. */
    async function choose(scope) {
      await page.page.getByTestId(`scope-${scope}`).check({ force: true });
      await page.page.waitForSelector(`[data-testid=result][data-scope="${scope}"][data-for="${index}"][aria-busy=false]`);
      return page.read();
    }

    for (const scope of ["conv4-5", "conv3-5", "conv5"]) {
      test(`the models of ${scope} predict as natively`, async () => {
        assertSame(await choose(scope), predict(png, scope), scope);
      });
    }

    test("every text that names the scope names the chosen one, with its numbers", async () => {
      const texts = ["#gradient-title", "[data-testid=gradient-lead]", "[data-testid=equation-j]", ".gradient .deeper p", ".network .deeper p"];
      const said = () => page.page.evaluate((texts) => texts.map((text) => document.querySelector(text).textContent), texts);
      for (const [scope, layers] of Object.entries({ "conv3-5": ["conv3", "conv4", "conv5"], "conv4-5": ["conv4", "conv5"], conv5: ["conv5"] })) {
        await choose(scope);
        const size = `${(count(layers) / 1e6).toFixed(1)} million`;
        const found = await said();
        for (const [at, text] of found.entries()) {
          assert.deepEqual([...new Set(text.match(/[0-9.]+ million/g))], [size], `${texts[at]}: ${text}`);
        }
        for (const text of [found[1], found[2]]) {
          assert.deepEqual([...new Set(text.match(/conv[0-9-]+/g))], [scope], text);
        }
        assert.equal(await page.page.getByTestId("gradient-wider").count(), scope === "conv5" ? 0 : 1);
      }
    });

    test("the tangent is along the chosen scope's w2", async () => {
      const { full } = await choose("conv4-5");
      const start = (await page.read()).activation.total[full.class];
      // The line comes last.
      await page.page.waitForFunction(
        ([wanted, size]) => {
          const reading = document.querySelector("[data-testid=line-reading]");
          return Math.abs(Number(reading?.dataset.tangent) - wanted) <= 1e-3 * size;
        },
        [start + full.gradient[full.class], largest(full.total)],
      );
      const { r, tangent } = await page.data("line-reading");
      assert.equal(Number(r), 1);
      assertClose(Number(tangent), start + full.gradient[full.class], largest(full.total), "the tangent at r = 1");
    });

    test("the address opens the page on a scope, whose models were not computed beforehand", async () => {
      const other = await site.open({ query: `?backend=cpu&image=${index}&scope=conv3-5` });
      const origins = await other.page.evaluate(
        () =>
          new Promise((resolve) => {
            const seen = new Set();
            const look = () => {
              const origin = document.querySelector("[data-testid=origin]")?.dataset.origin;
              if (origin) seen.add(origin);
              if (document.querySelector("[data-testid=result][data-scope=conv3-5][aria-busy=false]")) resolve([...seen]);
              else setTimeout(look, 5);
            };
            look();
          }),
      );
      assert.ok(!origins.includes("baked"), String(origins));
      assertSame(await other.outcome(String(index)), predict(png, "conv3-5"), "conv3-5");
      other.assertQuiet();
      await other.close();
    });

    test("nothing was printed as an error, nothing asked of others", () => page.assertQuiet());
  });
}
