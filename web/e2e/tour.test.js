// The tour. Environment: as in page.test.js.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { indices } from "./gallery.js";
import { stage } from "./setup.js";

/** The section that each step speaks of. */
const SECTIONS = ["claim", "claim", "gradient", "predictions", "line", "train", "claim"];
const index = indices(0)[7];

for (const [width, height] of [[1440, 900], [390, 844], [320, 640]]) {
  describe(`the tour at ${width} × ${height}`, { timeout: 300_000 }, () => {
    const site = stage("cpu");
    let page;

    before(async () => {
      page = await site.ready({ query: `?image=${index}`, viewport: { width, height } });
      await page.section("line", String(index));
    });

    const id = (name) => page.page.getByTestId(name);
    const text = () => id("tour-text").innerText();
    const press = async (...keys) => {
      for (const key of keys) await page.page.keyboard.press(key);
    };
    const at = (step) => page.page.waitForSelector(`[data-testid=tour][data-step="${step}"]`);
    /** Waits until a step's text stands before what it speaks of; what is wrong with that. */
    const look = async (step) => {
      await at(step);
      await page.page.waitForFunction((section) => document.querySelector("[data-toured]")?.closest(`#${section}`), SECTIONS[step - 1]);
      return page.page.evaluate(() => {
        const [tour, shown] = [document.querySelector(".tour"), document.querySelector("[data-toured]")];
        const [above, below] = [tour, shown].map((element) => element.getBoundingClientRect());
        const seen = { top: 0, bottom: window.innerHeight };
        const wrong = [];
        if (document.querySelectorAll("[data-toured]").length !== 1) wrong.push("several things are marked");
        if (getComputedStyle(tour).position !== "static") wrong.push("the text is not in the flow");
        if (above.bottom > below.top + 1) wrong.push(`the text ends at ${above.bottom}, what it speaks of begins at ${below.top}`);
        if (above.top < seen.top - 1 || above.top > seen.bottom) wrong.push(`the text is at ${above.top}`);
        if (getComputedStyle(shown).outlineStyle !== "solid") wrong.push("nothing is outlined");
        if (document.documentElement.scrollWidth > window.innerWidth) wrong.push(`the page is ${document.documentElement.scrollWidth} pixels wide`);
        for (const button of tour.querySelectorAll("button")) {
          const { width, height } = button.getBoundingClientRect();
          if (Math.min(width, height) < 24) wrong.push(`${button.dataset.testid} is ${width} × ${height}`);
        }
        return wrong;
      });
    };

    test("begins by a button; each step's text stands before what it speaks of and covers nothing", async () => {
      await id("tour-start").click();
      assert.ok(await id("tour-start").isHidden());
      for (const step of SECTIONS.keys()) {
        assert.deepEqual(await look(step + 1), [], `step ${step + 1}`);
        await id("tour-next").click();
      }
      await id("tour").waitFor({ state: "hidden" });
      assert.equal(await page.page.locator("[data-toured]").count(), 0);
    });

    test("is led by the arrow keys, left by Escape, and is in the address", async () => {
      await id("tour-start").click();
      await look(1);
      await press("ArrowLeft");
      for (const step of SECTIONS.keys()) {
        await look(step + 1);
        await press("ArrowRight");
      }
      await look(SECTIONS.length);
      await press("ArrowLeft", "ArrowLeft");
      assert.deepEqual(await look(5), []);
      await page.page.waitForFunction(() => new URL(location).searchParams.get("tour") === "5");
      await press("Escape");
      await id("tour").waitFor({ state: "hidden" });
      // Tab goes on from where the tour was.
      await press("Tab");
      assert.ok(await page.page.evaluate(() => document.activeElement.closest("#line")), "the focus is not in the section");
      await page.page.waitForFunction(() => !new URL(location).searchParams.has("tour"));
      assert.match(await id("tour-start").innerText(), /at step 5/);
      await id("tour-start").click();
      assert.deepEqual(await look(5), []);
    });

    test("what is set on the tour stays, also for whoever is given the address", async () => {
      await id("line-r").fill("0.5");
      await page.page.waitForFunction(() => new URL(location).searchParams.get("r") === "0.5");
      await id("tour-next").click();
      await look(6);
      await id("tour-back").click();
      await look(5);
      assert.equal(await id("line-r").inputValue(), "0.5");
      await page.page.waitForFunction(() => new URL(location).searchParams.get("tour") === "5");
      await page.page.reload();
      assert.deepEqual(await look(5), []);
      await page.section("line", String(index));
      assert.equal(await id("line-r").inputValue(), "0.5");
      assert.equal(page.setting("r"), "0.5");
    });

    test("quotes the numbers of the chosen image, and of the next one", async () => {
      const shown = async (key) => {
        const { full } = await page.outcome(String(key));
        await page.page.waitForFunction(
          (total) => document.querySelector("[data-testid=tour-text]").innerText.includes(total),
          full.total[full.class].toFixed(2),
        );
        return text();
      };
      await id("tour-back").click();
      await look(4);
      const before = await shown(index);
      await page.choose(indices(0)[8]);
      assert.notEqual(await shown(indices(0)[8]), before);
      page.assertQuiet();
    });

    test("axe-core finds nothing", async () => {
      assert.deepEqual(await page.violations(), []);
      await page.page.getByTestId("language-zh").click();
      assert.deepEqual(await look(4), []);
      assert.deepEqual(await page.violations(), []);
    });
  });
}
