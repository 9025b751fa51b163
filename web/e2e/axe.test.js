// Whether everyone can use the page: axe-core's rules over all sections, and the keyboard alone. Environment: as in
// page.test.js.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { indices } from "./gallery.js";
import { stage } from "./setup.js";

const SIZES = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

/** The page with every section filled and everything open that can be opened. */
async function openFully(site) {
  const index = indices(0)[5];
  const page = await site.ready({ query: `?image=${index}&compare=true&ablationimages=2`, reducedMotion: "reduce" });
  await page.section("line", String(index));
  await page.openSources();
  await page.openAppendix();
  await page.page.getByTestId("board-open").click();
  await page.page.getByTestId("image-maps").waitFor({ timeout: 120_000 });
  await page.page.getByTestId("check-start").click();
  await page.page.waitForSelector("[data-testid=check][data-state=done]", { timeout: 120_000 });
  await page.page.getByTestId("ablation-start").click();
  await page.page.waitForSelector("[data-testid=ablation]:not([data-rows='0'])", { timeout: 300_000 });
  await page.page.getByTestId("ablation-start").click();
  await page.page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
  return page;
}

describe("the page with everything open", { timeout: 600_000 }, () => {
  const site = stage("cpu");
  let page;

  before(async () => {
    page = await openFully(site);
  });

  for (const [device, viewport] of Object.entries(SIZES)) {
    for (const colorScheme of ["light", "dark"]) {
      test(`axe-core finds nothing on a ${device} in ${colorScheme}`, async () => {
        await page.page.setViewportSize(viewport);
        await page.page.emulateMedia({ colorScheme });
        assert.deepEqual(await page.violations(), []);
      });
    }

    test(`on a ${device}, Tab leads once through every section and out again, and is seen`, async () => {
      await page.page.setViewportSize(viewport);
      // From the last thing on the page that can be clicked.
      await page.page.getByTestId("to-apache").focus();
      await page.page.keyboard.press("Tab");
      const sections = new Set();
      const seen = new Set();
      for (let press = 0; press < 300; press++) {
        await page.page.keyboard.press("Tab");
        const stop = await page.page.evaluate(() => {
          const element = document.activeElement;
          if (element === document.body) return null;
          window.stops ??= new Map();
          if (!window.stops.has(element)) window.stops.set(element, window.stops.size);
          const drawn = element.matches(".upload input") ? element.nextElementSibling : element;
          const { outlineStyle, outlineWidth } = getComputedStyle(drawn);
          const { width, height } = drawn.getBoundingClientRect();
          return {
            number: window.stops.get(element),
            what: element.dataset.testid ?? element.outerHTML.slice(0, 80),
            section: element.closest("section, footer")?.className,
            isSeen: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && width > 0 && height > 0,
          };
        });
        if (!stop) break;
        assert.ok(!seen.has(stop.number), `Tab comes back to ${stop.what}`);
        assert.ok(stop.isSeen, `the focus on ${stop.what} is not seen`);
        seen.add(stop.number);
        sections.add(stop.section);
      }
      assert.equal(await page.page.evaluate(() => document.activeElement === document.body), true, "Tab leads out");
      for (const section of ["claim", "gradient", "predictions", "line", "train", "network", "similar", "train ablation", "check"]) {
        assert.ok(sections.has(section), `Tab does not reach ${section}: ${[...sections]}`);
      }
    });
  }

  test("nothing was printed as an error, nothing asked of others", () => page.assertQuiet());
});
