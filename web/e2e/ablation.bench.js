// The ablation in the page, with its own settings, by seeds. Writes models/cifar10-rotation/ablation.json, which the page
// shows.
//
//   node web/e2e/ablation.bench.js   SEEDS (5), how many; DIST as in page.test.js
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { launch } from "./chromium.js";
import { DIST, MODEL } from "./gallery.js";
import { Page } from "./page.js";
import { serve } from "./server.js";

const { SEEDS = 5 } = process.env;
const seeds = Array.from({ length: Number(SEEDS) }, (_, at) => at + 1);
const server = await serve(DIST);
const browser = await launch("cpu");

/** The rows of one seed, and how many images they were measured on. */
async function measure(seed) {
  const page = await Page.open(browser, server.url, { query: `?backend=cpu&ablationseed=${seed}` });
  await page.until("ready");
  await page.openAppendix();
  const begin = performance.now();
  await page.page.getByTestId("ablation-start").click();
  await page.page.waitForSelector("[data-testid=ablation][data-state=done]", { timeout: 1_800_000 });
  console.error(`seed ${seed}: ${((performance.now() - begin) / 1000).toFixed(0)} s`);
  const rows = await page.page.getByTestId("ablation-row").evaluateAll((rows) => rows.map(({ dataset: { gradient, full } }) => ({ gradient: Number(gradient), full: Number(full) })));
  const { held } = await page.data("ablation");
  const images = await page.page.getByTestId("ablation-images").inputValue();
  await page.close();
  return { rows, held: Number(held), images: Number(images) };
}

const runs = [];
for (const seed of seeds) runs.push(await measure(seed));
const [{ held, images }] = runs;
const of = (row, name) => runs.map(({ rows }) => Number(rows[row][name].toFixed(4)));
const rows = runs[0].rows.map((_, row) => ({ gradient: of(row, "gradient"), full: of(row, "full") }));
writeFileSync(join(MODEL, "ablation.json"), `${JSON.stringify({ images, held, seeds, rows })}\n`);
const mean = (values) => (100 * values.reduce((sum, value) => sum + value, 0)) / values.length;
for (const { gradient, full } of rows) console.log(`gradient ${mean(gradient).toFixed(1)}, full ${mean(full).toFixed(1)}`);
await browser.close();
await server.close();
