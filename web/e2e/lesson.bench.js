// The lesson of live training in the page over ten seeds, each with other images: what the page shows before anything is
// trained. Writes models/cifar10-rotation/lesson.json and prints a table. Environment: DIST as in page.test.js; SEEDS
// (10) for a look at fewer, which writes nothing.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { launch } from "./chromium.js";
import { DIST, MODEL } from "./gallery.js";
import { LiveTraining, MODES } from "./live_training.js";
import { serve } from "./server.js";
import { longestTask, watchTasks } from "./tasks.js";

const ALL = 10;
const SEEDS = Number(process.env.SEEDS ?? ALL);
/** The 97.5 % point of Student's t for the mean of ten numbers. */
const T = 2.262;
const DIGITS = 1e4;

const round = (share) => Math.round(share * DIGITS) / DIGITS;
const mean = (numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

/** The mean of some numbers with its 95 % interval. */
function estimate(numbers) {
  const middle = mean(numbers);
  const variance = numbers.reduce((sum, number) => sum + (number - middle) ** 2, 0) / (numbers.length - 1);
  const reach = T * Math.sqrt(variance / numbers.length);
  return { mean: round(middle), low: round(middle - reach), high: round(middle + reach) };
}

/** One run of the page's own settings: the models in the end, and their accuracies on the way. */
async function run(browser, url, seed) {
  const training = await LiveTraining.open(browser, url, `?seed=${seed}&speed=50`);
  await watchTasks(training.tab);
  const started = performance.now();
  const models = await training.train();
  const seconds = (performance.now() - started) / 1000;
  const curves = {};
  for (const mode of MODES) {
    const shares = await training.get("accuracies").locator(`path.run.${mode}`).getAttribute("data-shares");
    curves[mode] = shares.split(" ").map((point) => point.split(":").map(Number));
  }
  const heldOut = Number((await training.data()).heldOut);
  const longest = await longestTask(training.tab);
  await training.page.close();
  return { models, curves, seconds, longest, heldOut };
}

const server = await serve(DIST);
const browser = await launch("cpu");
const runs = [];
for (let seed = 1; seed <= SEEDS; seed++) {
  runs.push(await run(browser, server.url, seed));
  const { models, seconds, longest } = runs.at(-1);
  const held = MODES.map((mode) => `${mode} ${(100 * models[mode].held).toFixed(1)}`).join(", ");
  console.error(`seed ${seed}: ${held}; ${seconds.toFixed(0)} s, longest task ${longest} ms`);
}
await browser.close();
await server.close();

const held = (mode) => runs.map(({ models }) => round(models[mode].held));
const models = Object.fromEntries(
  MODES.map((mode) => {
    const above = held(mode).map((share, at) => share - held("activation")[at]);
    const curve = runs[0].curves[mode].map(([step], at) => ({ step, ...estimate(runs.map(({ curves }) => curves[mode][at][1])) }));
    return [mode, { mean: round(mean(held(mode))), held: held(mode), ...(mode === "activation" ? {} : { above_activation: estimate(above) }), curve }];
  }),
);
if (SEEDS === ALL) {
  const summary = { seeds: SEEDS, held_out: runs[0].heldOut, models };
  writeFileSync(join(MODEL, "lesson.json"), `${JSON.stringify(summary, null, 1)}\n`);
}
const points = (share) => (100 * share).toFixed(1);
console.log("| model | held out % | above activation (95 % interval) | fitted on % |\n|---|---:|---:|---:|");
for (const mode of MODES) {
  const { mean: average, above_activation: above } = models[mode];
  const difference = above ? `${points(above.mean)} (${points(above.low)} to ${points(above.high)})` : "";
  console.log(`| ${mode} | ${points(average)} | ${difference} | ${points(mean(runs.map(({ models }) => models[mode].fitted)))} |`);
}
console.log(`${mean(runs.map(({ seconds }) => seconds)).toFixed(0)} s a run; longest task of the interface's thread ${Math.max(...runs.map(({ longest }) => longest))} ms (0: none over 50 ms)`);
