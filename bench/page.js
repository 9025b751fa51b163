// What a visitor of the page waits for, measured in headless Chromium, as the table of docs/guide/page.md.
//
//   node bench/page.js [DIST]
//
// DIST is the page that `trunk build --release` writes (dist). Needs `npm ci` in web/e2e, and a Chromium on the PATH.
// The page's own self-check measures the times of predictions.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { launch } from "../web/e2e/chromium.js";
import { LiveTraining } from "../web/e2e/live_training.js";
import { Page } from "../web/e2e/page.js";
import { serve } from "../web/e2e/server.js";
import { longestTask, watchTasks } from "../web/e2e/tasks.js";

const DIST = process.argv[2] ?? join(import.meta.dirname, "../dist");
/** Cat against dog, 50 images a class, batches of 32. */
const LIVE_TRAINING = "?classes=35&images=50&seed=1&steps=200&speed=10";
/** How many times slower a weak machine is. */
const SLOWER = 4;
/** Moves of the slider that are averaged. */
const MOVES = 100;
/** The self-check takes long on a software GPU. */
const CHECK_MS = 400_000;

/** Runs in the page: notes in `seen` when the first screen is complete, and when live predictions are first on show. */
function watch() {
  window.seen = {};
  const has = (selector) => document.querySelector(selector) !== null;
  const isThere = {
    first: () => document.querySelectorAll("[data-right]").length >= 104 && has("[data-testid=claim-count][data-count]"),
    live: () => has("[data-testid=origin][data-origin=live]"),
  };
  new MutationObserver(() => {
    for (const [what, isIt] of Object.entries(isThere)) {
      if (what in window.seen || !isIt()) continue;
      window.seen[what] = null;
      // What is in the document now is drawn before the task after the next frame.
      requestAnimationFrame(() => setTimeout(() => (window.seen[what] = performance.now())));
    }
  }).observe(document, { subtree: true, childList: true, attributes: true });
}

/** Opens the page and waits for its first live predictions. Also returns the files of `DIST` it fetched, in order. */
async function open(browser, url, query = "") {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, serviceWorkers: "block" });
  await context.addInitScript(watch);
  const page = new Page(await context.newPage(), url);
  const files = [];
  page.page.on("request", (request) => files.push(decodeURIComponent(new URL(request.url()).pathname).slice(new URL(url).pathname.length)));
  await page.page.goto(url + query);
  await page.page.waitForFunction(() => window.seen.live, null, { timeout: CHECK_MS });
  const seen = await page.page.evaluate(() => window.seen);
  return { page, seen, files: [...new Set(files)].map((file) => file || "index.html") };
}

/** Bytes on the wire, from a server that compresses what can be. */
function bytes(file) {
  const content = readFileSync(join(DIST, file));
  return /\.(html|css|js|json|wasm)$/.test(file) ? gzipSync(content, { level: 9 }).length : content.length;
}

/** What a first visit loads before anything is asked for: the page itself, and what its service worker then keeps. */
function firstVisit() {
  const worker = readFileSync(join(DIST, "service_worker.js"), "utf8");
  const list = (name) => JSON.parse(new RegExp(`const ${name} = (\\[[^\\]]*\\])`).exec(worker)[1]);
  return [...list("INTERFACE"), ...list("REST")].map((file) => (file === "./" ? "index.html" : file));
}

const sum = (files) => files.map(bytes).reduce((a, b) => a + b, 0);

/** The interface: the files beside the document, and its programs. The first prediction needs every file before the second model. */
function sizes(files) {
  const second = files.findIndex((file) => file.includes("/heads/gradient"));
  const later = files.filter((file) => file.endsWith("split_later.wasm"));
  return {
    interface: sum(files.filter((file) => (!file.includes("/") || file.startsWith("app")) && !later.includes(file))),
    later: sum(later),
    engine: sum(files.filter((file) => file.startsWith("engine"))),
    first: sum(files.slice(0, second)),
  };
}

/** The page's own timings, by processor. */
async function check(page) {
  await page.openAppendix();
  await page.page.getByTestId("check-start").click();
  await page.page.waitForSelector("[data-testid=check][data-state=done]", { timeout: CHECK_MS });
  const rows = await page.page.getByTestId("check-timing").evaluateAll((rows) => rows.map((row) => ({ ...row.dataset })));
  return Object.fromEntries(rows.map(({ backend, plain, jvp }) => [backend, { plain: Number(plain), jvp: Number(jvp) }]));
}

/** Trains in the page: the full model's steps a second of its own time, and the interface's longest task meanwhile, with
 * its thread slowed down so many times. */
async function train(browser, url, slower = 1) {
  const training = await LiveTraining.open(browser, url, LIVE_TRAINING);
  // What the page does of itself for its first image is over.
  await training.page.section("line", await training.tab.getByTestId("result").getAttribute("data-for"));
  const devtools = await training.tab.context().newCDPSession(training.tab);
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: slower });
  await watchTasks(training.tab);
  const { full } = await training.train();
  const [{ step }, longest] = [await training.data(), await longestTask(training.tab)];
  await training.page.close();
  return { steps: Number(step), speed: Number(step) / full.seconds, longest };
}

/** A move of the slider over 100 images: the interface's work in one frame, layout included, the mean of many. */
async function move(browser, url) {
  const page = await Page.open(browser, url);
  await page.page.getByTestId("line-r").scrollIntoViewIfNeeded();
  await page.page.waitForSelector("[data-testid=cloud-moving-counts][data-across]");
  const time = await page.page.evaluate(async (moves) => {
    const slider = document.querySelector("[data-testid=line-r]");
    const move = async (r) => {
      let begin;
      // A frame's callbacks run in the order in which they were asked for: this one before the page's own.
      requestAnimationFrame(() => (begin = performance.now()));
      slider.value = String(r);
      slider.dispatchEvent(new Event("input", { bubbles: true }));
      for (let turn = 0; turn < 50; turn++) await Promise.resolve();
      const end = await new Promise((resolve) => {
        requestAnimationFrame(() => resolve((document.body.getBoundingClientRect(), performance.now())));
      });
      return end - begin;
    };
    let sum = 0;
    for (let at = 1; at <= moves; at++) sum += await move((at * 0.38) % 2);
    return sum / moves;
  }, MOVES);
  await page.close();
  return time;
}

const milliseconds = (time) => `${time.toFixed(time < 100 ? 1 : 0)} ms`;
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`;
const ratio = ({ plain, jvp }) => `${milliseconds(jvp)}, ${(jvp / plain).toFixed(2)} ×`;
const longest = (time) => (time === 0 ? "none" : `the longest ${milliseconds(time)}`);

const server = await serve(DIST);
const cpu = await launch("cpu");
const { page, seen, files } = await open(cpu, server.url);
const size = sizes(files);
const onCpu = (await check(page)).cpu;
await page.close();
const trained = await train(cpu, server.url);
const throttled = await train(cpu, server.url, SLOWER);
const moved = await move(cpu, server.url);
await cpu.close();
const gpu = await launch("webgpu");
const onGpu = (await check((await open(gpu, server.url, "?backend=webgpu")).page)).webgpu;
await gpu.close();
await server.close();

const rows = [
  ["interface, gzipped", `${(size.interface / 1000).toFixed(0)} kB`, "≤ 250 kB"],
  ["the interface's second program, behind the first look", `${(size.later / 1000).toFixed(0)} kB`, ""],
  ["first screen: 100 tiles marked, counter, four verdicts", milliseconds(seen.first), "≤ 1 s"],
  ["engine, gzipped", megabytes(size.engine), "≤ 3.0 MB"],
  ["all that a first live prediction needs", megabytes(size.first), "≤ 9.5 MB"],
  ["a first visit, before anything is asked for", megabytes(sum(firstVisit())), "≤ 16 MB"],
  ["first live predictions of all four models, CPU", milliseconds(seen.live), "≤ 4 s"],
  ["a prediction, plain, CPU", milliseconds(onCpu.plain), "≤ 10 ms"],
  ["a prediction with the conv5 JVP, CPU", ratio(onCpu), "≤ 1.2 ×"],
  ["a prediction, plain, WebGPU", milliseconds(onGpu.plain), ""],
  ["a prediction with the conv5 JVP, WebGPU", ratio(onGpu), "≤ 1.2 ×"],
  [`steps a second of the full model, batch 32, ${trained.steps} steps, CPU`, trained.speed.toFixed(0), "≥ 25"],
  ["100 images moved with the weights: the interface's work in a frame", milliseconds(moved), "≤ 16 ms"],
  ["tasks over 50 ms on the interface's thread in training", longest(trained.longest), "none"],
  [`the same with that thread ${SLOWER} times slower`, longest(throttled.longest), "none"],
];
const table = [["what", "measured", "asked"], ["---", "---:", "---:"], ...rows];
console.log(table.map((row) => `| ${row.join(" | ")} |`).join("\n"));
