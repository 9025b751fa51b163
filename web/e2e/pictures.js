// Writes the pictures of the page that others show: the README's, the preview of links, and the icon of a home screen.
//
//   DIST=dist node web/e2e/pictures.js
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { launch } from "./chromium.js";
import { DIST, OPENING } from "./gallery.js";
import { Page } from "./page.js";
import { serve } from "./server.js";

const ROOT = join(import.meta.dirname, "../..");
const ASSETS = join(ROOT, "web/app/assets");
const ICON_SIDE = 180;

const browser = await launch("cpu");
const server = await serve(DIST);

/** The first screen, once it is complete. */
async function firstScreen(path, viewport) {
  const page = await Page.open(browser, server.url, { query: "?lang=en&model=gradient", viewport, colorScheme: "light", reducedMotion: "reduce" });
  await page.until("ready");
  await page.outcome(String(OPENING));
  await page.page.screenshot({ path });
  await page.close();
}

async function icon(path) {
  const page = await browser.newPage({ viewport: { width: ICON_SIDE, height: ICON_SIDE } });
  await page.setContent(`<body style="margin:0;background:#fbfaf8">${readFileSync(join(ASSETS, "icon.svg"), "utf8")}</body>`);
  await page.screenshot({ path });
}

await firstScreen(join(ROOT, "docs/page.png"), { width: 1440, height: 900 });
await firstScreen(join(ASSETS, "preview.png"), { width: 1200, height: 630 });
await icon(join(ASSETS, "touch-icon.png"));
await server.close();
await browser.close();
