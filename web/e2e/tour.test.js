// The guided tour. Environment: as in page.test.js.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { indices } from "./gallery.js";
import { stage } from "./setup.js";

const STEPS = 12;
const index = indices(0)[7];

for (const [name, viewport] of [["a desktop", { width: 1440, height: 900 }], ["a phone", { width: 390, height: 844 }]]) {
  describe(`the tour on ${name}`, { timeout: 300_000 }, () => {
    const site = stage("cpu");
    let page;

    before(async () => {
      page = await site.ready({ query: `?image=${index}`, viewport });
      await page.section("line", String(index));
    });

    const id = (name) => page.page.getByTestId(name);
    const text = () => id("tour-text").innerText();
    const press = async (...keys) => {
      for (const key of keys) await page.page.keyboard.press(key);
    };
    const at = (step) => page.page.waitForSelector(`[data-testid=tour][data-step="${step}"]`);
    /** Whether the marked section is `section` and begins above the bar. */
    const shows = (section) =>
      page.page.waitForFunction((section) => {
        const marked = document.querySelectorAll("[data-toured]");
        const top = marked[0]?.getBoundingClientRect().top;
        return marked.length === 1 && marked[0].id === section && top < document.querySelector(".tour").getBoundingClientRect().top;
      }, section);
    /** What the steps set, as the page's own controls show it. */
    const controls = () =>
      page.page.evaluate(() =>
        Object.fromEntries(["line-r", "line-class", "gradient-rows", "gradient-columns"].map((name) => [name, document.querySelector(`[data-testid=${name}]`)?.value])),
      );

    test("begins by a button, and the arrow keys lead through it", async () => {
      await id("tour-start").click();
      await at(1);
      await shows("claim");
      assert.match(await text(), new RegExp(`test image ${index},`));
      assert.ok(await id("tour-start").isHidden());
      await press("ArrowRight", "ArrowRight", "ArrowRight");
      await at(4);
      await shows("gradient");
      await press("ArrowLeft");
      await at(3);
      await shows("maps");
    });

    test("quotes the numbers of the chosen image", async () => {
      const { full } = await page.read();
      await id("tour-scrub").fill("6");
      await at(6);
      await shows("predictions");
      assert.ok((await text()).includes(`${(100 * full.probability).toFixed(1)}\u00a0%`) || full.probability > 0.9995, await text());
      await id("tour-next").click();
      await shows("terms");
      const total = full.total[full.class].toFixed(2);
      assert.ok((await text()).includes(`+${total}`), `${total} in ${await text()}`);
    });

    test("a step sets the page's controls the same, whatever came before", async () => {
      const found = {};
      for (const step of [5, 8, 9, 10]) {
        await id("tour-scrub").fill(String(step));
        await at(step);
        found[step] = await controls();
      }
      assert.equal(found[8]["line-r"], "0");
      assert.equal(found[9]["line-r"], "1");
      assert.equal(found[5]["gradient-rows"], "value");
      assert.notEqual(found[8]["gradient-rows"], "value");
      assert.equal(await id("similar-start").count(), 0, "the comparison has begun");
      for (const step of [9, 5, 10, 8]) {
        await id("tour-scrub").fill(String(step));
        await at(step);
        assert.deepEqual(await controls(), found[step], `step ${step} in another order`);
      }
    });

    test("can be left and rejoined, and is in the address", async () => {
      await id("tour-scrub").fill("9");
      await at(9);
      await page.page.waitForFunction(() => new URL(location).searchParams.get("tour") === "9");
      await press("Escape");
      await id("tour").waitFor({ state: "detached" });
      assert.equal(await page.page.locator("[data-toured]").count(), 0);
      // Tab goes on from where the tour was.
      await press("Tab");
      assert.ok(await page.page.evaluate(() => document.activeElement.closest("#line")), "the focus is not in the section");
      await page.page.waitForFunction(() => !new URL(location).searchParams.has("tour"));
      assert.match(await id("tour-start").innerText(), /at step 9/);
      await id("tour-start").click();
      await at(9);
      await page.page.waitForFunction(() => new URL(location).searchParams.get("tour") === "9");
      await page.page.reload();
      await at(9);
      await shows("line");
    });

    test("has an end and a beginning, and no more", async () => {
      await press("Home");
      await at(1);
      assert.ok(await id("tour-back").isDisabled());
      await press("End");
      await at(STEPS);
      assert.ok(await id("tour-next").isDisabled());
      await id("tour-leave").click();
      await id("tour").waitFor({ state: "detached" });
      page.assertQuiet();
    });

    test("another image's numbers take the place of the last one's", async () => {
      await page.page.goto(`${site.server.url}?image=${index}&tour=7`);
      await page.until("ready");
      await page.section("line", String(index));
      const before = await text();
      const { full } = await page.choose(indices(0)[8]);
      const total = full.total[full.class].toFixed(2);
      await page.page.waitForFunction((total) => document.querySelector("[data-testid=tour-text]").innerText.includes(total), total);
      assert.notEqual(await text(), before);
    });
  });
}
