// What the tests stand on: the page served, browsers, the page opened, and a folder for files. All of it is there while
// the file or the suite that asks for it runs, and gone afterwards.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch } from "./chromium.js";
import { DIST, MODEL, tilePng } from "./gallery.js";
import { predict } from "./native.js";
import { Page } from "./page.js";
import { serve } from "./server.js";

/** The page in `DIST`, served: `faults` and `url` as in server.js. */
export function served() {
  const site = {};
  before(async () => {
    site.server = await serve(DIST);
    site.url = site.server.url;
    site.faults = site.server.faults;
  });
  after(() => site.server.close());
  return site;
}

/** A browser in which the engine finds `backend`. */
export function browsing(backend, ...flags) {
  const held = {};
  before(async () => (held.browser = await launch(backend, ...flags)));
  after(() => held.browser.close());
  return held;
}
