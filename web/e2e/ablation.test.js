// The section of the ablation. Environment: as in page.test.js.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { MODEL, indices } from "./gallery.js";
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

/** Fails unless the sentence has the effects of a table. */
function assertFinding(finding, table) {
  for (const [part, name] of ["θ₁", "θ₂", "ω"].entries()) {
    const effect = table.reduce((sum, { trained, gradient }) => sum + (trained[part] === "1" ? 25 : -25) * gradient, 0);
    const said = Number(finding.match(new RegExp(`${name} ([+−][0-9]+(?:[.][0-9]+)?)`))[1].replace("−", "-"));
    assert.ok(Math.abs(said - effect) <= 0.051, `${name}: ${said} instead of ${effect}`);
  }
}

describe("the ablation", { timeout: 1_800_000 }, () => {
  const { ready } = stage("cpu");
  let page;
  let early;
  let all;

  before(async () => {
    page = await ready({ query: SMALL });
    await page.openAppendix();
  });

  test("what was measured beforehand is there at once, and what is said follows from it", async () => {
    await get(page, "measured").getByText("5").waitFor();
    const { seeds, images, held, rows } = JSON.parse(readFileSync(join(MODEL, "ablation.json"), "utf8"));
    const mean = (shares) => shares.reduce((sum, share) => sum + share, 0) / seeds.length;
    const shown = await table(page);
    assert.deepEqual(shown.map(({ trained }) => trained), ROWS);
    for (const [at, { gradient, full }] of rows.entries()) {
      assert.ok(Math.abs(Number(shown[at].gradient) - mean(gradient)) < 1e-5 && Math.abs(Number(shown[at].full) - mean(full)) < 1e-5, `row ${at}`);
    }
    const said = await get(page, "measured").innerText();
    for (const number of [seeds.length, images, held]) assert.match(said, new RegExp(`\\b${number}\\b`));
    assertFinding(await get(page, "finding").innerText(), shown);
    assert.deepEqual((({ source, state }) => ({ source, state }))(await page.data("ablation")), { source: "precomputed", state: "idle" });
  });

  test("its rows come one by one, and it stops and lets an image through", async () => {
    await get(page, "start").press("Enter");
    assert.equal((await page.data("ablation")).source, "own");
    assert.equal(measured(await table(page)).length, Number((await page.data("ablation")).rows), "nothing of before is left");
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
    assertFinding(await get(page, "finding").innerText(), all);
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

  test("nothing was printed as an error, nothing asked of others", () => page.assertQuiet());
});
