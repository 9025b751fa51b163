// What a visitor of the page waits for, measured in headless Chromium, as a table for the README.
//
//   node bench/page.js [DIST]
//
// DIST is the page as `trunk build --release` makes it (dist). Needs `npm ci` in web/e2e, and a Chromium on the PATH.
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { launch } from "../web/e2e/chromium.js";
import { Lesson } from "../web/e2e/lesson.js";
import { Page } from "../web/e2e/page.js";
import { serve } from "../web/e2e/server.js";
import { longestTask, watchTasks } from "../web/e2e/tasks.js";

const DIST = process.argv[2] ?? join(import.meta.dirname, "../dist");
const GALLERY = JSON.parse(readFileSync(join(DIST, folder("gallery"), "index.json"), "utf8"));
const IMAGES = GALLERY.sheets[0].images.map(({ index }) => index);
/** The first byte of the engine's messages: the variant of `FromEngine` in web/src/messages.rs. */
const SEEN = 5;
const PREDICTED = 7;
/** Images that are predicted before the clock counts, and while it does. */
const WARM_UP = 3;
const TIMED = 11;

/** The published name of a folder. */
function folder(name) {
  return readFileSync(join(DIST, "index.html"), "utf8").match(new RegExp(`data-${name}="([^"]+)"`))[1];
}

const bytes = (path) => statSync(join(DIST, path)).size;
const zipped = (path) => gzipSync(readFileSync(join(DIST, path)), { level: 9 }).length;
const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

/** What the interface is: the page's own files, without the service worker, which comes later. */
function interfaceFiles() {
  return readdirSync(DIST).filter((name) => /\.(html|css|js|wasm)$/.test(name) && name !== "service_worker.js");
}

function sizes() {
  const engine = folder("engine").replace(/\/[^/]*$/, "");
  const models = join(folder("models"), "cifar10-rotation");
  const interfaceBytes = sum(interfaceFiles().map(zipped));
  const engineBytes = sum(readdirSync(join(DIST, engine)).map((name) => zipped(join(engine, name))));
  const network = ["model.safetensors", "heads/activation-conv5.safetensors"].map((name) => bytes(join(models, name)));
  const gallery = ["index.json", "sheet-0.png"].map((name) => bytes(join(folder("gallery"), name)));
  return { interfaceBytes, engineBytes, firstBytes: interfaceBytes + engineBytes + sum(network) + sum(gallery) };
}

/** Runs in the page: notes when what first came on show, when the engine said what, and every long task. */
function watch() {
  const seen = (window.seen = { tasks: [], marks: {}, messages: [] });
  new PerformanceObserver((list) => seen.tasks.push(...list.getEntries().map(({ startTime, duration }) => ({ startTime, duration })))).observe({
    type: "longtask",
    buffered: true,
  });
  const mark = (name) => (seen.marks[name] ??= performance.now());
  new MutationObserver(() => {
    const origin = document.querySelector("[data-testid=origin]")?.dataset.origin;
    if (origin) mark(origin);
    if (document.querySelector("[data-testid=engine][data-state=ready]")) mark("ready");
  }).observe(document, { subtree: true, childList: true, attributes: true });
  const Plain = window.Worker;
  window.Worker = class extends Plain {
    constructor(...all) {
      super(...all);
      this.addEventListener("message", ({ data }) => seen.messages.push({ kind: data[0][0], at: performance.now() }));
    }
  };
}

/**
 * Chooses images one after the other. For each, in milliseconds: the plain prediction, the forward pass and w1; the
 * full model's, the same forward pass with J w2; all four models on the screen.
 */
async function predictions(page, images) {
  const times = [];
  const choose = async ({ index, SEEN, PREDICTED }) => {
    const until = async (selector) => {
      while (!document.querySelector(selector)) await new Promise((resolve) => setTimeout(resolve, 1));
    };
    window.seen.messages = [];
    const start = performance.now();
    document.querySelector(`[data-testid=gallery-item][data-index="${index}"]`).click();
    await until(`[data-testid=result][data-for="${index}"][aria-busy=false]`);
    const all = performance.now() - start;
    // The engine has nothing left to do for this image.
    await until(`[data-testid=line][data-for="${index}"]`);
    const at = (kind) => window.seen.messages.filter((message) => message.kind === kind).map((message) => message.at);
    return { all, seen: at(SEEN), predicted: at(PREDICTED) };
  };
  for (const index of images) {
    const { all, seen, predicted } = await page.page.evaluate(choose, { index, SEEN, PREDICTED });
    if (seen.length !== 1 || predicted.length !== 4) throw new Error("the messages are others: see FromEngine in web/src/messages.rs");
    const plain = predicted[0] - seen[0];
    times.push({ all, plain, full: plain + predicted[2] - predicted[1] });
  }
  return times;
}

async function measure(backend) {
  const server = await serve(DIST);
  const browser = await launch(backend);
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  await context.addInitScript(watch);
  const page = new Page(await context.newPage(), server.url);
  await page.page.goto(server.url);
  await page.outcome(String(IMAGES[0]));
  const found = await page.engine.getAttribute("data-backend");
  if (found !== backend) throw new Error(`the engine runs on ${found}, not on ${backend}`);
  const { marks } = await page.page.evaluate(() => window.seen);
  await predictions(page, IMAGES.slice(1, 1 + WARM_UP));
  const start = await page.page.evaluate(() => performance.now());
  const times = await predictions(page, IMAGES.slice(1 + WARM_UP, 1 + WARM_UP + TIMED));
  const tasks = await page.page.evaluate((start) => window.seen.tasks.filter((task) => task.startTime >= start).map((task) => task.duration), start);
  await browser.close();
  await server.close();
  const typical = (name) => median(times.map((time) => time[name]));
  return { marks, all: typical("all"), plain: typical("plain"), full: typical("full"), longest: Math.max(0, ...tasks) };
}

/** All four models on cat and dog, 50 images a class, 200 steps on the CPU: the full model's steps a second. */
async function train() {
  const server = await serve(DIST);
  const browser = await launch("cpu");
  const lesson = await Lesson.open(browser, server.url, "?classes=35&images=50&steps=200&speed=10");
  await watchTasks(lesson.tab);
  const { full } = await lesson.train();
  const { step } = await lesson.data();
  const longest = await longestTask(lesson.tab);
  await browser.close();
  await server.close();
  return { speed: Number(step) / full.seconds, longest };
}

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`;
const milliseconds = (time) => (time === undefined ? "not seen" : `${time.toFixed(time < 100 ? 1 : 0)} ms`);

const { interfaceBytes, engineBytes, firstBytes } = sizes();
const cpu = await measure("cpu");
const gpu = await measure("webgpu");
const lesson = await train();
const ratio = ({ plain, full }) => `${milliseconds(full)}, ${(full / plain).toFixed(2)} ×`;
const longest = (time) => (time === 0 ? "none over 50 ms" : milliseconds(time));
const rows = [
  ["interface, gzipped", `${(interfaceBytes / 1000).toFixed(0)} kB`, "250 kB"],
  ["engine, gzipped", megabytes(engineBytes), "3.0 MB"],
  ["all for a first live prediction", megabytes(firstBytes), "9.5 MB"],
  ["results computed beforehand on screen", milliseconds(cpu.marks.baked), "1 s"],
  ["first live predictions, CPU", milliseconds(cpu.marks.live), "4 s"],
  ["an image, plain, CPU", milliseconds(cpu.plain), "10 ms"],
  ["an image with the conv5 JVP, CPU", ratio(cpu), "1.2 ×"],
  ["an image, plain, WebGPU", milliseconds(gpu.plain), ""],
  ["an image with the conv5 JVP, WebGPU", ratio(gpu), "1.2 ×"],
  ["from the click to all four models on the screen, CPU", milliseconds(cpu.all), ""],
  ["from the click to all four models on the screen, WebGPU", milliseconds(gpu.all), ""],
  ["longest task of the interface meanwhile, CPU", longest(cpu.longest), "50 ms"],
  ["longest task of the interface meanwhile, WebGPU", longest(gpu.longest), "50 ms"],
  ["training steps a second, full model, batches of 32, CPU", lesson.speed.toFixed(0), "at least 25"],
  ["longest task of the interface in training", longest(lesson.longest), "50 ms"],
];
const table = [["what", "measured", "at most"], ["---", "---:", "---:"], ...rows];
console.log(table.map((row) => `| ${row.join(" | ")} |`).join("\n"));
