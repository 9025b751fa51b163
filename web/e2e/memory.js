// Whether memory stops growing in the page's two programs and in the GPU's buffers, over many predictions and training
// steps. It prints what it finds as a table, and fails where memory grows in the second half. Not a part of the tests:
// it takes long. Needs the built page; DIST as in page.test.js.
//
//   node memory.js [predictions] [steps] [cpu | webgpu]
import assert from "node:assert/strict";
import { launch } from "./chromium.js";
import { DIST, indices } from "./gallery.js";
import { LiveTraining } from "./live_training.js";
import { Page } from "./page.js";
import { serve } from "./server.js";

const [predictions = 1000, steps = 1000] = process.argv.slice(2, 4).map(Number);
const backends = process.argv[4] ? [process.argv[4]] : ["cpu", "webgpu"];
/** How often memory is looked at. */
const LOOKS = 10;
/** What may come and go between two looks. */
const SLACK = 1.02;
/** A busy machine is no reason to give up. */
const PATIENCE_MS = 600_000;
const images = indices(0);

/** Runs in a thread before its program does: keeps hold of the program's memory. */
function holdProgram() {
  const { instantiateStreaming } = WebAssembly;
  WebAssembly.instantiateStreaming = async (...of) => {
    const made = await instantiateStreaming.apply(WebAssembly, of);
    self.programMemory = made.instance.exports.memory;
    return made;
  };
}

/** Runs in the engine's thread: counts the bytes of the GPU's buffers that are neither destroyed nor collected. */
function countBuffers() {
  self.bufferBytes = 0;
  if (!self.GPUDevice) return;
  const gone = new FinalizationRegistry((size) => (self.bufferBytes -= size));
  const { createBuffer } = GPUDevice.prototype;
  const { destroy } = GPUBuffer.prototype;
  GPUDevice.prototype.createBuffer = function (description) {
    const buffer = createBuffer.call(this, description);
    self.bufferBytes += buffer.size;
    gone.register(buffer, buffer.size, buffer);
    return buffer;
  };
  GPUBuffer.prototype.destroy = function () {
    if (gone.unregister(this)) self.bufferBytes -= this.size;
    destroy.call(this);
  };
}

/** Runs in either thread: what is in use once what is not has been collected, in megabytes. */
async function inUse() {
  self.gc();
  // What is collected is only counted after the task.
  await new Promise((resolve) => setTimeout(resolve, 100));
  return { program: self.programMemory.buffer.byteLength / 1e6, buffers: (self.bufferBytes ?? 0) / 1e6 };
}

/** Looks at the memory once, and prints it as a row. */
async function look(tab, after) {
  const [{ program: page }, { program: engine, buffers }] = await Promise.all([tab.evaluate(inUse), tab.workers().at(-1).evaluate(inUse)]);
  console.log(`| ${after} | ${[page, engine, buffers].map((size) => size.toFixed(1)).join(" | ")} |`);
  return { page, engine, buffers };
}

/** Opens a tab with everything that is counted. */
async function open(browser, url, query) {
  const page = await Page.open(browser, "about:blank");
  page.page.setDefaultTimeout(PATIENCE_MS);
  await page.page.addInitScript(holdProgram);
  await page.page.goto(url + query);
  await page.until("ready");
  return page;
}

/** Looks while images are predicted one after the other; at each look, all that there is to see of one is there. */
async function predict(backend, browser, url) {
  const page = await open(browser, url, `?backend=${backend}`);
  const looks = [];
  for (let done = 1; done <= predictions; done++) {
    const image = images[done % images.length];
    await page.choose(image);
    if (done % Math.ceil(predictions / LOOKS) !== 0) continue;
    await page.section("line", image);
    looks.push(await look(page.page, `${backend} | ${done} predictions`));
  }
  await page.close();
  return looks;
}

/** Looks while four models learn; live training waits while it is looked at. */
async function train(backend, browser, url) {
  const training = new LiveTraining(await open(browser, url, `?backend=${backend}&classes=35&images=50&steps=${steps}&speed=10`));
  const looks = [];
  for (let count = 1; count <= LOOKS; count++) {
    await training.get("play").click();
    await training.beyond(Math.floor((steps * count) / LOOKS) - 1, PATIENCE_MS);
    if (count < LOOKS) await training.get("play").click();
    looks.push(await look(training.tab, `${backend} | ${(await training.data()).step} steps`));
  }
  await training.page.close();
  return looks;
}

function assertSteady(looks) {
  const [middle, last] = [looks[looks.length >> 1], looks.at(-1)];
  for (const name of ["page", "engine", "buffers"]) {
    assert.ok(last[name] <= SLACK * middle[name], `${name}: from ${middle[name]} to ${last[name]} MB`);
  }
}

console.log("| processor | after | interface, MB | engine, MB | GPU buffers, MB |\n|---|---|---:|---:|---:|");
const server = await serve(DIST);
server.faults.sabotage = `(${holdProgram})();\n(${countBuffers})();\n`;
try {
  for (const backend of backends) {
    const browser = await launch(backend, "--js-flags=--expose-gc");
    if (predictions > 0) assertSteady(await predict(backend, browser, server.url));
    if (steps > 0) assertSteady(await train(backend, browser, server.url));
    await browser.close();
  }
} finally {
  await server.close();
}
