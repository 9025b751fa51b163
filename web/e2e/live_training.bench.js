// Cat against dog in the page, 50 images a class of the gallery, 10 seeds: what the four models reach on the images held
// out, and how fast they train. Prints a table. Environment: DIST as in page.test.js, FROM (1) and
// SEEDS (10), the first seed and how many, STEPS (200).
import { launch } from "./chromium.js";
import { DIST } from "./gallery.js";
import { LiveTraining, MODES } from "./live_training.js";
import { serve } from "./server.js";
import { longestTask, watchTasks } from "./tasks.js";

const { FROM = 1, SEEDS = 10, STEPS = 200 } = process.env;
const server = await serve(DIST);
const browser = await launch("cpu");
const runs = [];
for (let seed = Number(FROM); seed < Number(FROM) + Number(SEEDS); seed++) {
  const training = await LiveTraining.open(browser, server.url, `?classes=35&images=50&seed=${seed}&steps=${STEPS}&speed=10`);
  await watchTasks(training.tab);
  await training.get("step").click();
  await training.until("learning", 1);
  const begin = await longestTask(training.tab);
  const models = await training.train();
  const { step } = await training.data();
  runs.push({ models, step: Number(step), begin, longest: await longestTask(training.tab) });
  const held = MODES.map((mode) => `${mode} ${(100 * models[mode].held).toFixed(1)}`).join(", ");
  console.error(`seed ${seed}: ${held}; longest task ${runs.at(-1).longest} ms, ${begin} ms in the beginning`);
  await training.page.close();
}

const mean = (value) => runs.reduce((sum, run) => sum + value(run), 0) / runs.length;
console.log(`${runs.length} seeds, ${runs[0].step} steps, batches of 32`);
console.log("| model | held out % | fitted on % | steps a second |\n|---|---:|---:|---:|");
for (const mode of MODES) {
  const share = (name) => (100 * mean(({ models }) => models[mode][name])).toFixed(1);
  console.log(`| ${mode} | ${share("held")} | ${share("fitted")} | ${mean(({ models, step }) => step / models[mode].seconds).toFixed(0)} |`);
}
const most = (name) => Math.max(...runs.map((run) => run[name]));
console.log(`longest task of the interface's thread: ${most("longest")} ms, ${most("begin")} ms in the beginning (0: none over 50 ms)`);
await browser.close();
await server.close();
