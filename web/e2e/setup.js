// What the tests stand on: the page, served, and a browser to open it in, there while the surrounding suite runs.
import { after, before } from "node:test";
import { launch } from "./chromium.js";
import { DIST } from "./gallery.js";
import { LiveTraining } from "./live_training.js";
import { once } from "./once.js";
import { Page, asking } from "./page.js";
import { serve } from "./server.js";

/** One browser of a kind serves all suites of a file. */
const browsers = [];
const browserFor = once(
  (...of) => {
    const coming = launch(...of);
    browsers.push(coming);
    return coming;
  },
  (...of) => of.join(" "),
);
after(() => Promise.all(browsers.map(async (browser) => (await browser).close())));

/**
 * Serves the page and has a browser in which the engine finds `backend`, with `flags`, for the surrounding suite. Its
 * `server` (see server.js) and its `browser` are there once that begins; what it opens is closed when that ends.
 */
export function stage(backend, ...flags) {
  const stage = {
    /** Opens the page, with a `query` and the browser's options. */
    open: ({ query, ...options } = {}) => Page.open(stage.browser, stage.server.url, { query: asking(backend, query), ...options }),

    /** The same, and waits until the engine is ready. */
    async ready(options) {
      const page = await stage.open(options);
      await page.until("ready");
      return page;
    },

    /** The same, on live training. */
    training: (query, options) => LiveTraining.open(stage.browser, stage.server.url, asking(backend, query), options),
  };
  before(async () => {
    stage.server = await serve(DIST);
    stage.browser = await browserFor(backend, ...flags);
  });
  after(async () => {
    for (const context of stage.browser?.contexts() ?? []) await context.close();
    await stage.server?.close();
  });
  return stage;
}
