// How the page bears what no visitor has to: its GPU lost again and again, in turn while nothing is done, while an image
// is predicted and while models are trained. It prints what it finds, and fails if a recovery fails. Not a part of the
// tests: it takes long.
//
//   node stress.js [crashes]
import assert from "node:assert/strict";
import { launch } from "./chromium.js";
import { DIST, indices, tilePng } from "./gallery.js";
import { LiveTraining } from "./live_training.js";
import { serve } from "./server.js";

const crashes = Number(process.argv[2] ?? 50);
/** Without them, Chromium itself gives the GPU up after a few crashes. */
const BEAR = ["--disable-gpu-process-crash-limit", "--disable-domain-blocking-for-3d-apis"];
const NOTICED_MS = 60_000;
const images = indices(0);

const server = await serve(DIST);
const browser = await launch("webgpu", ...BEAR);
const training = await LiveTraining.open(browser, server.url, "?backend=webgpu&classes=&steps=50&speed=1");
const { page, tab } = training;
await page.outcome(String(images[0]));
// A software GPU is slow: two images a class are enough.
await addClass("mine", images.slice(0, 2));
await addClass("yours", images.slice(2, 4));
const control = await browser.newBrowserCDPSession();
const recovered = { webgpu: 0, cpu: 0 };
const started = Date.now();
for (let count = 1; count <= crashes; count++) {
  const scene = [idle, predicting, busy][count % 3];
  const goesOn = await scene(images[count % images.length]);
  const engine = tab.workers()[0];
  const isNoticed = (await page.engine.getAttribute("data-backend")) === "webgpu";
  // The process that is told to crash does not answer.
  control.send("Browser.crashGpuProcess").catch(() => {});
  if (isNoticed) await replaced(engine);
  await page.until("ready");
  await goesOn();
  recovered[await page.engine.getAttribute("data-backend")] += 1;
  const seconds = Math.round((Date.now() - started) / 1000);
  console.log(`crash ${count}, ${scene.name}: ${recovered.webgpu} recoveries on the GPU, ${recovered.cpu} on the CPU, ${seconds} s`);
}
await browser.close();
await server.close();
assert.equal(recovered.webgpu, crashes, "every recovery is on the GPU");

function addClass(name, members) {
  return training.addClass(name, members.map((index) => ({ name: `${index}.png`, mimeType: "image/png", buffer: tilePng(index) })));
}

/** Waits until another engine runs in place of this one. */
async function replaced(engine) {
  const until = Date.now() + NOTICED_MS;
  while (tab.workers()[0] === engine || tab.workers().length === 0) {
    assert.ok(Date.now() < until, "the loss of the GPU was noticed");
    await tab.waitForTimeout(20);
  }
}

// What the page is at when the GPU is lost; each gives what to wait for afterwards.

async function idle() {
  const shown = await tab.getByTestId("result").getAttribute("data-for");
  return () => page.outcome(shown);
}

async function predicting(image) {
  await page.tile(image).click();
  return () => page.outcome(String(image));
}

async function busy() {
  await training.get("reset").click();
  await training.get("play").click();
  await training.beyond(0);
  return async () => {
    // It has begun anew, or where it was saved.
    await training.until("learning");
    const { step } = await training.data();
    await training.beyond(Number(step));
    await training.get("reset").click();
  };
}
