// The models of all scopes, against the native program. Environment: as in page.test.js.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { launch } from "./chromium.js";
import { DIST, MODEL, indices, tilePng } from "./gallery.js";
import { assertSame, predict } from "./native.js";
import { assertClose, largest } from "./numbers.js";
import { Page } from "./page.js";
import { serve } from "./server.js";

let server;
let scratch;

before(async () => {
  scratch = mkdtempSync(join(tmpdir(), "gradfeat-e2e-"));
  server = await serve(DIST);
});

after(async () => {
  await server.close();
  rmSync(scratch, { recursive: true });
});

for (const backend of ["webgpu", "cpu"]) {
  describe(`the scopes on ${backend}`, { timeout: 600_000 }, () => {
    const index = indices(0)[11];
    let browser;
    let page;
    let file;

    before(async () => {
      file = join(scratch, "image.png");
      writeFileSync(file, tilePng(index));
      browser = await launch(backend);
      page = await Page.open(browser, server.url, { query: `?image=${index}` });
      await page.until("ready");
      await page.outcome(String(index));
      await page.section("line", String(index));
    });

    after(() => browser.close());

    /** What is predicted once a scope is chosen. */
    async function choose(scope) {
      await page.page.getByTestId(`scope-${scope}`).check({ force: true });
      await page.page.waitForSelector(`[data-testid=result][data-scope="${scope}"][data-for="${index}"][aria-busy=false]`);
      return page.read();
    }

    for (const scope of ["conv4-5", "conv3-5", "conv5"]) {
      test(`the models of ${scope} predict as natively`, async () => {
        assertSame(await choose(scope), predict(MODEL, file, scope), scope);
      });
    }

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
      const other = await Page.open(browser, server.url, { query: `?backend=cpu&image=${index}&scope=conv3-5` });
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
      assertSame(await other.outcome(String(index)), predict(MODEL, file, "conv3-5"), "conv3-5");
      other.assertQuiet();
      await other.close();
    });

    test("nothing was printed as an error, nothing asked of others", () => page.assertQuiet());
  });
}
