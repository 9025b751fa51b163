// The section of the ablation. Environment: as in page.test.js.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { indices } from "./gallery.js";
import { stage } from "./setup.js";

const SMALL = "?ablationimages=2";
const RUN_MS = 600_000;
/** All parts pre-trained first, none last: θ₁, θ₂, ω. */
const ROWS = ["111", "110", "101", "100", "011", "010", "001", "000"];

const get = (page, id) => page.page.getByTestId(`ablation-${id}`);

const state = (page, state) => page.page.waitForSelector(`[data-testid=ablation][data-state=${state}]`, { timeout: RUN_MS });

const beyond = (page, rows) =>
  page.page.waitForFunction((rows) => Number(document.querySelector("[data-testid=ablation]").dataset.rows) > rows, rows, { timeout: RUN_MS });

const table = (page) => get(page, "row").evaluateAll((rows) => rows.map(({ dataset: { trained, gradient, full } }) => ({ trained, gradient, full })));

/** The rows whose figures are known. */
const measured = (rows) => rows.filter(({ gradient, full }) => gradient !== undefined && full !== undefined);

/** How many rows are compared between runs: by the third, ω and θ₂ have each been random once. */
const ENOUGH = 3;

describe("the ablation", { timeout: 1_800_000 }, () => {
  const { ready, training: begin } = stage("cpu");
  let page;
  let early;
  let all;

  before(async () => {
    page = await ready({ query: SMALL });
    await page.openAppendix();
  });

  test("its rows come one by one, and it stops and lets an image through", async () => {
    assert.ok((await table(page)).every(({ gradient, full }) => gradient === undefined && full === undefined));
    await get(page, "start").press("Enter");
    await beyond(page, 0);
    await page.choose(indices(0)[4]);
    assert.equal((await page.data("ablation")).state, "running", "the image did not wait for it");
    await beyond(page, ENOUGH - 1);
    await get(page, "start").press("Enter");
    await state(page, "stopped");
    const rows = await table(page);
    early = measured(rows);
    assert.ok(early.length >= ENOUGH && early.length < ROWS.length, JSON.stringify(rows));
    assert.deepEqual(early, rows.slice(0, early.length), "one after the other");
  });

  test("all eight mixtures are measured, and what is said follows from them", async () => {
    await get(page, "start").press("Enter");
    await state(page, "done");
    all = await table(page);
    assert.deepEqual(all.map(({ trained }) => trained), ROWS);
    for (const { gradient, full } of all) {
      for (const share of [gradient, full]) assert.ok(Number(share) > 0.05 && Number(share) < 0.95, JSON.stringify(all));
    }
    const finding = await get(page, "finding").innerText();
    for (const [part, name] of ["θ₁", "θ₂", "ω"].entries()) {
      const effect = all.reduce((sum, { trained, gradient }) => sum + (trained[part] === "1" ? 25 : -25) * gradient, 0);
      const said = Number(finding.match(new RegExp(`${name} ([+−][0-9]+(?:[.][0-9]+)?)`))[1].replace("−", "-"));
      assert.ok(Math.abs(said - effect) <= 0.051, `${name}: ${said} instead of ${effect}`);
    }
  });

  test("the same seed gives the same table, another one another, also on a phone, which it fits", async () => {
    assert.deepEqual(all.slice(0, early.length), early);
    await page.page.setViewportSize({ width: 390, height: 844 });
    await get(page, "seed").fill("2");
    await get(page, "seed").press("Tab");
    await state(page, "idle");
    await get(page, "start").click();
    await beyond(page, ENOUGH - 1);
    assert.ok((await page.page.evaluate(() => document.documentElement.scrollWidth)) <= 390);
    assert.notDeepEqual((await table(page)).slice(0, ENOUGH), all.slice(0, ENOUGH));
    await get(page, "start").click();
    await state(page, "stopped");
  });

  test("with everything pre-trained, its models are those of live training", async () => {
    const training = await begin("?classes=0123456789&images=2&steps=40&seed=1&speed=50");
    const { gradient, full } = await training.train();
    assert.deepEqual([gradient.held, full.held], [all[0].gradient, all[0].full].map(Number));
    await training.page.close();
  });

  test("nothing was printed as an error, nothing asked of others", () => page.assertQuiet());
});
