// How the page bears what no visitor does: its GPU lost again and again, and a thousand predictions. It prints what it
// finds, and fails if a recovery fails or memory goes on growing. Not a part of the tests: it takes long.
//
//   node stress.js [crashes] [predictions]
import assert from "node:assert/strict";
import { launch } from "./chromium.js";
import { DIST, indices } from "./gallery.js";
import { Page } from "./page.js";
import { serve } from "./server.js";

const [crashes = 50, predictions = 1000] = process.argv.slice(2).map(Number);
/** Without them, Chromium itself gives the GPU up after a few crashes. */
const BEAR = ["--disable-gpu-process-crash-limit", "--disable-domain-blocking-for-3d-apis"];
/** They let a page measure its memory. */
const ISOLATED = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };
const images = indices(0);

const server = await serve(DIST, { headers: ISOLATED });
try {
  if (crashes > 0) await crash();
  for (const backend of ["cpu", "webgpu"]) if (predictions > 0) await predict(backend, backend === "cpu" ? predictions : Math.ceil(predictions / 10));
} finally {
  await server.close();
}

/** Loses the GPU, in turn while nothing is done and while an image is predicted, and expects the page to go on. */
async function crash() {
  const browser = await launch("webgpu", ...BEAR);
  const page = await Page.open(browser, server.url);
  await page.until("ready");
  await page.outcome(String(images[0]));
  const control = await browser.newBrowserCDPSession();
  const recovered = { webgpu: 0, cpu: 0 };
  const started = Date.now();
  for (let count = 1; count <= crashes; count++) {
    const [image, next] = [images[count % 50], images[50 + (count % 50)]];
    const inferring = count % 2 === 0;
    if (inferring) await page.tile(image).click();
    // The process that is told to crash does not answer.
    control.send("Browser.crashGpuProcess").catch(() => {});
    // A lost GPU is noticed at once, and on the CPU not at all.
    await page.page.waitForTimeout(500);
    await page.until("ready");
    if (inferring) await page.outcome(String(image));
    const outcome = await page.choose(next);
    assert.ok(outcome.full.total.every(Number.isFinite));
    recovered[await page.engine.getAttribute("data-backend")] += 1;
    process.stdout.write(`\r${count} crashes: ${recovered.webgpu} recoveries on the GPU, ${recovered.cpu} on the CPU, ${Math.round((Date.now() - started) / 1000)} s `);
  }
  console.log();
  assert.equal(recovered.webgpu, crashes, "every recovery is on the GPU");
  await browser.close();
}

/** Predicts image after image, and looks at the memory now and then. */
async function predict(backend, count) {
  const browser = await launch(backend, "--js-flags=--expose-gc");
  const page = await Page.open(browser, server.url);
  await page.until("ready");
  await page.outcome(String(images[0]));
  const started = Date.now();
  const sizes = [];
  for (let done = 1; done <= count; done++) {
    await page.choose(images[done % images.length]);
    if (done % Math.ceil(count / 10) === 0) {
      sizes.push(await memory(page));
      console.log(`${backend}: ${done} predictions, ${sizes.at(-1).toFixed(1)} MB, ${((Date.now() - started) / done).toFixed(0)} ms each`);
    }
  }
  const [middle, last] = [sizes[Math.floor(sizes.length / 2)], sizes.at(-1)];
  assert.ok(last <= 1.02 * middle, `memory goes on growing: ${sizes.map((size) => size.toFixed(1))}`);
  await browser.close();
}

/** Megabytes of the page and its worker. */
async function memory(page) {
  const measured = await page.page.evaluate(async () => {
    window.gc?.();
    return performance.measureUserAgentSpecificMemory();
  });
  return measured.bytes / 1e6;
}
