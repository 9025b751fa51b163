// The page before its engine has come, without a network, in a new version, and where something is missing.
//
//   GRADFEAT   the native program, whose predictions the page's must equal
//   DIST       the built page (../../dist)
//   PREFIXED   the page built with --public-url /any/prefix/; without it that test is left out
import assert from "node:assert/strict";
import { cpSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, test } from "node:test";
import { DIST, OPENING, indices, tilePng } from "./gallery.js";
import { assertSame, predict } from "./native.js";
import { Page } from "./page.js";
import { SCRATCH } from "./scratch.js";
import { serve } from "./server.js";
import { stage } from "./setup.js";

/** Keeping everything takes a while on a machine under load. */
const KEEP_MS = 120_000;

const site = stage("cpu");

/** What the native program says of a gallery image. */
const native = (index) => predict(tilePng(index));

/** The files that a version's service worker keeps, and what that version is called. */
function manifest(root) {
  const script = readFileSync(join(root, "service_worker.js"), "utf8");
  const value = (name) => JSON.parse(script.match(new RegExp(`^const ${name} = (.*?);$`, "ms"))[1]);
  return { version: value("VERSION"), files: [...value("INTERFACE"), ...value("REST")] };
}

/** Waits until the browser keeps every file of the version in `root`. */
async function kept(page, root) {
  const { version, files } = manifest(root);
  const count = async (version) => {
    const name = (await caches.keys()).find((name) => name.endsWith(version));
    return name ? (await (await caches.open(name)).keys()).length : 0;
  };
  const end = Date.now() + KEEP_MS;
  let found;
  while ((found = await page.page.evaluate(count, version)) < files.length) {
    assert.ok(Date.now() < end, `${found} of ${files.length} files are kept`);
    await page.page.waitForTimeout(200);
  }
}

/** Waits until predictions that were computed beforehand are on show, and reads them. */
async function baked(page, index) {
  await page.page.waitForSelector(`[data-testid=result][data-for="${index}"] [data-testid=origin][data-origin=baked]`);
  return page.read();
}

describe("the page", { timeout: 900_000 }, () => {
  afterEach(() => Object.assign(site.server.faults, { blocked: [], slow: [], cut: [] }));

  test("shows what was computed beforehand until the engine comes, and it is what the models say", async () => {
    site.server.faults.blocked = ["engine_bg.wasm"];
    const page = await site.open();
    for (const index of [indices(0)[0], indices(0)[57]]) {
      await page.tile(index).click();
      assertSame(await baked(page, index), native(index), `image ${index}, beforehand`);
    }
    await page.until("failed");
    assert.match(await page.page.getByTestId("origin").innerText(), /beforehand/);
    site.server.faults.blocked = [];
    await page.page.getByTestId("engine-retry").click();
    assertSame(await page.outcome(String(indices(0)[57])), native(indices(0)[57]), "live");
    assert.equal(await page.page.getByTestId("origin").getAttribute("data-origin"), "live");
    await page.close();
  });

  test("tells how many bytes have come, and of how many", async () => {
    site.server.faults.slow = ["model.safetensors"];
    const page = await site.open();
    const text = page.page.locator(".progress").getByText(/the base network: \d+\.\d of 5\.6 MB/);
    await text.waitFor({ timeout: KEEP_MS });
    const early = Number((await text.innerText()).match(/([\d.]+) of/)[1]);
    const isMore = (early) => {
      const now = document.querySelector(".progress")?.textContent.match(/the base network: ([\d.]+) of 5\.6 MB/);
      return now && Number(now[1]) > early;
    };
    await page.page.waitForFunction(isMore, early, { timeout: KEEP_MS });
    site.server.faults.slow = [];
    await page.until("ready");
    page.assertQuiet();
    await page.close();
  });

  test("says that the network is gone while it loads, and goes on when it is back", async () => {
    site.server.faults.cut = ["model.safetensors"];
    const page = await site.open();
    await page.until("failed");
    assert.match(await page.engine.innerText(), /model\.safetensors broke off/);
    await baked(page, OPENING);
    site.server.faults.cut = [];
    await page.page.getByTestId("engine-retry").click();
    await page.until("ready");
    await page.outcome(String(OPENING));
    await page.close();
  });

  test("works where nothing can be kept", async () => {
    for (const [what, options, quota] of [["no service workers", { serviceWorkers: "block" }], ["room for the interface alone", {}, 3_000_000]]) {
      const context = await site.browser.newContext(options);
      const page = new Page(await context.newPage(), site.server.url);
      if (quota) {
        const control = await context.newCDPSession(page.page);
        await control.send("Storage.overrideQuotaForOrigin", { origin: new URL(site.server.url).origin, quotaSize: quota });
      }
      for (const visit of ["first", "second"]) {
        await page.page.goto(site.server.url);
        await page.until("ready");
        assertSame(await page.outcome(String(OPENING)), native(OPENING), `${what}, ${visit} visit`);
        assert.equal(await page.page.getByRole("alert").count(), 0, `${what}: nothing is complained of`);
      }
      page.assertQuiet();
      await page.close();
    }
  });
});

/** A copy of the page as a later version: a mark in its head, and another name for the gallery. */
function laterVersion() {
  const root = join(SCRATCH, "later");
  cpSync(DIST, root, { recursive: true });
  const page = readFileSync(join(root, "index.html"), "utf8");
  const gallery = page.match(/data-gallery="([^"]+)"/)[1];
  renameSync(join(root, gallery), join(root, "gallery-later"));
  writeFileSync(join(root, "index.html"), page.replace(gallery, "gallery-later").replace("<head>", '<head><meta name="version" content="later">'));
  const { version } = manifest(root);
  const worker = readFileSync(join(root, "service_worker.js"), "utf8");
  writeFileSync(join(root, "service_worker.js"), worker.replaceAll(gallery, "gallery-later").replace(version, "later"));
  return root;
}

/** 1 on a page of the later version, else 0. */
function isLater(page) {
  return page.page.locator("meta[name=version][content=later]").count();
}

test("a new version takes over as a whole", { timeout: 900_000 }, async () => {
  const server = await serve(DIST);
  const context = await site.browser.newContext();
  let page = new Page(await context.newPage(), server.url);
  await page.page.goto(server.url);
  await page.until("ready");
  await page.outcome(String(OPENING));
  await kept(page, DIST);

  const later = laterVersion();
  server.root = later;
  await page.page.reload();
  assert.equal(await isLater(page), 1, "the newest page where there is a network");
  await page.until("ready");
  await page.outcome(String(OPENING));
  await kept(page, later);

  // The later version takes over when no page of the earlier one is open any more, which the browser finds out soon.
  const versions = () => page.page.evaluate(() => caches.keys()).then((names) => names.map((name) => name.split(" ").at(-1)));
  const end = Date.now() + KEEP_MS;
  do {
    assert.ok(Date.now() < end, "the later version takes over");
    await page.page.close();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    page = new Page(await context.newPage(), server.url);
    await page.page.goto(server.url);
  } while ((await versions()).join() !== "later");
  await page.until("ready");
  await context.setOffline(true);
  await server.close();
  await page.page.reload();
  assert.equal(await isLater(page), 1);
  await page.until("ready");
  await page.outcome(String(OPENING));
  page.assertQuiet();
  await page.close();
});

test("after one visit the page works without a network", { timeout: 900_000 }, async () => {
  const server = await serve(DIST);
  const context = await site.browser.newContext();
  const page = new Page(await context.newPage(), server.url);
  await page.page.goto(server.url);
  await page.until("ready");
  await page.outcome(String(OPENING));
  await kept(page, DIST);
  await context.setOffline(true);
  await server.close();
  await page.page.reload();
  await page.until("ready");
  await page.openSources();
  await page.page.getByTestId("gallery-more").click();
  assertSame(await page.choose(indices(1)[3]), native(indices(1)[3]), "without a network");
  page.assertQuiet();
  await page.close();
});

test("the page works under any address", { timeout: 300_000, skip: !process.env.PREFIXED }, async () => {
  const server = await serve(process.env.PREFIXED, { folder: "/any/prefix/" });
  const page = await Page.open(site.browser, server.url, { serviceWorkers: "allow" });
  await page.until("ready");
  assertSame(await page.outcome(String(OPENING)), native(OPENING), "under a prefix");
  await kept(page, process.env.PREFIXED);
  await page.page.context().setOffline(true);
  await page.page.reload();
  await page.until("ready");
  await page.outcome(String(OPENING));
  page.assertQuiet();
  await page.close();
  await server.close();
});
