// The first screen: the claim, 100 tiles marked right or wrong, and the chosen image. Environment: as in page.test.js.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { DIST, MODEL, OPENING, indices, precomputed } from "./gallery.js";
import { MODES } from "./native.js";
import { Page } from "./page.js";
import { stage } from "./setup.js";
import { Words } from "./words.js";

const SIZES = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };
const NARROW = { width: 320, height: 640 };
const IMAGES = precomputed();
const FIGURES = JSON.parse(readFileSync(join(MODEL, "test.json"), "utf8"));
/** How much may move while the page loads. */
const MOST_SHIFT = 0.02;

const site = stage("cpu");
const count = (mode) => IMAGES.filter(({ right }) => right[mode]).length;
const option = (page, mode) => page.page.locator(`[data-testid=claim-mode][data-mode=${mode}]`);

/** Waits until the tiles are marked as a model has them right and wrong, and gives how many are right. */
async function marked(page, mode) {
  const wanted = Object.fromEntries(IMAGES.map(({ index, right }) => [index, String(right[mode])]));
  await page.page.waitForFunction((wanted) => {
    const tiles = [...document.querySelectorAll("[data-testid=gallery-item]")];
    return tiles.length === 100 && tiles.every(({ dataset }) => dataset.right === wanted[dataset.index]);
  }, wanted);
  return Number(await page.page.getByTestId("claim-count").getAttribute("data-count"));
}

/** Adds up how much moves in the page, from before it loads. */
function watchShifts() {
  window.shift = 0;
  window.moved = [];
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, sources } of list.getEntries()) {
      if (hadRecentInput) continue;
      window.shift += value;
      window.moved.push(...sources.map(({ node, previousRect, currentRect }) => `${node?.nodeName} ${node?.className ?? ""} from ${previousRect.y} to ${currentRect.y}`));
    }
  }).observe({ type: "layout-shift", buffered: true });
}

/** Opens the page for the first time and watches what moves. */
async function openWatched(viewport) {
  const context = await site.browser.newContext({ viewport });
  await context.addInitScript(watchShifts);
  const page = new Page(await context.newPage(), site.server.url);
  await page.page.goto(site.server.url);
  return page;
}

for (const [device, viewport] of Object.entries(SIZES)) {
  describe(`the claim on a ${device}`, { timeout: 300_000 }, () => {
    let page;

    before(async () => {
      page = await openWatched(viewport);
      await page.until("ready");
      await page.outcome(String(OPENING));
    });
    after(() => page.close());

    /** Fails unless all of an element is on the first screen. */
    async function assertOnScreen(locator, what) {
      const box = await locator.boundingBox();
      assert.ok(box && box.y >= 0 && box.y + box.height <= viewport.height && box.x >= 0 && box.x + box.width <= viewport.width, `${what}: ${JSON.stringify(box)}`);
    }

    test("nothing moves while the page loads", async () => {
      await page.section("line", String(OPENING));
      const [shift, moved] = await page.page.evaluate(() => [window.shift, window.moved]);
      assert.ok(shift <= MOST_SHIFT, `${shift}: ${moved.join("; ")}`);
    });

    test("title, words, switch, counter, figures, tiles and the chosen image are on the first screen", async () => {
      for (const what of ["h1", ".idea", ".models", "[data-testid=claim-count]", "[data-testid=claim-test]", ".first-sheet", ".chosen"]) {
        await assertOnScreen(page.page.locator(what), what);
      }
      assert.equal(await page.page.locator(".first-sheet [data-testid=gallery-item]").count(), 100);
    });

    test("each model marks what it has right, and the counter counts it", async () => {
      const counts = [];
      for (const mode of MODES) {
        await option(page, mode).check();
        counts.push(await marked(page, mode));
        assert.equal(counts.at(-1), count(mode), mode);
      }
      assert.deepEqual(counts, [72, 81, 81, 80]);
    });

    test("the figures of all test images are those that the native program measured", async () => {
      const words = new Words("en");
      for (const mode of MODES) {
        await option(page, mode).check();
        const { test_accuracy: accuracy, images, finetune_agreement: agreement } = FIGURES[mode];
        const [reached, agrees] = await page.page.locator("[data-testid=claim-test] span").allInnerTexts();
        const told = words.read(reached, "claim-test");
        assert.equal(told.images.replace(",", ""), String(images));
        assert.equal(told.share, (100 * accuracy).toFixed(1));
        assert.equal(told.half, (196 * Math.sqrt((accuracy * (1 - accuracy)) / images)).toFixed(1));
        if (mode === "finetune") assert.equal(agrees, words.messages["claim-finetuned"]);
        else assert.equal(words.read(agrees, "claim-agreement").share, (100 * agreement).toFixed(0));
      }
    });

    test("a click shows the image, its class and four verdicts without scrolling", async () => {
      const { index, label, classes, right } = IMAGES.find(({ index, right }) => index !== OPENING && !right.full);
      const words = new Words("en");
      await page.choose(index);
      assert.equal(await page.page.evaluate(() => window.scrollY), 0);
      const chosen = page.page.getByTestId("chosen");
      assert.equal(await chosen.locator("strong").innerText(), words.class(label));
      await assertOnScreen(chosen.locator(".picture"), "the image");
      for (const mode of MODES) {
        const verdict = page.page.locator(`[data-testid=verdict][data-mode=${mode}]`);
        await assertOnScreen(verdict, mode);
        const found = await verdict.evaluate(({ dataset }) => ({ ...dataset }));
        assert.deepEqual([found.class, found.right], [String(classes[mode]), String(right[mode])], mode);
        assert.ok((await verdict.innerText()).includes(words.class(classes[mode])), mode);
      }
    });

    test("right and wrong differ in more than their colour", async () => {
      await option(page, "activation").check();
      await marked(page, "activation");
      const look = (right) =>
        page.page.locator(`[data-testid=gallery-item][data-right=${right}]`).first().evaluate((tile) => ({
          edge: getComputedStyle(tile).borderTopStyle,
          mark: getComputedStyle(tile, "::after").content,
          name: tile.getAttribute("aria-label"),
        }));
      const [right, wrong] = [await look(true), await look(false)];
      assert.deepEqual([right.edge, right.mark, wrong.edge, wrong.mark], ["solid", "none", "dashed", '"✗"']);
      assert.match(right.name, /: right$/);
      assert.match(wrong.name, /: wrong$/);
    });

    test("the keyboard chooses the model and an image", async () => {
      await option(page, "activation").focus();
      await page.page.keyboard.press("ArrowRight");
      assert.equal(await marked(page, "gradient"), count("gradient"));
      await page.page.waitForFunction(() => new URL(location).searchParams.get("model") === "gradient");
      await page.choose(indices(0)[20]);
      await page.tile(indices(0)[20]).focus();
      for (const key of ["ArrowDown", "ArrowRight", "Enter"]) await page.page.keyboard.press(key);
      await page.outcome(String(indices(0)[31]));
      await page.page.keyboard.press("Home");
      await page.page.keyboard.press("Space");
      await page.outcome(String(indices(0)[0]));
      assert.equal(await page.page.locator(".first-sheet [tabindex='0']").count(), 1, "one tab stop");
    });

    test("what can be tapped is large enough, and nothing is too wide", async () => {
      for (const size of [viewport, NARROW]) {
        await page.page.setViewportSize(size);
        const small = await page.page.locator("#claim").evaluate((claim) =>
          [...claim.querySelectorAll("button, label, summary, a")]
            .map((element) => ({ what: element.dataset.testid ?? element.textContent, box: element.getBoundingClientRect() }))
            .filter(({ box }) => box.width > 0 && (box.width < 24 || box.height < 24))
            .map(({ what, box }) => `${what}: ${box.width} × ${box.height}`),
        );
        assert.deepEqual(small, [], `${size.width} pixels`);
        assert.ok((await page.page.evaluate(() => document.documentElement.scrollWidth)) <= size.width, `${size.width} pixels`);
      }
    });

    test("nothing was printed as an error, nothing asked of others", () => page.assertQuiet());
  });
}

describe("where the page opens", { timeout: 300_000 }, () => {
  test("on the first image that activation gets wrong and the other models get right, before the engine is there", async () => {
    site.server.faults.blocked = ["engine_bg.wasm"];
    const page = await site.open();
    await page.page.waitForSelector(`[data-testid=gallery-item][data-index="${OPENING}"][aria-pressed=true]`);
    const verdicts = page.page.locator("[data-testid=verdict][data-right]");
    await verdicts.nth(3).waitFor();
    const right = await verdicts.evaluateAll((found) => found.map(({ dataset }) => dataset.right));
    assert.deepEqual(right, ["false", "true", "true", "true"]);
    assert.equal(await marked(page, "activation"), count("activation"));
    site.server.faults.blocked = [];
    await page.close();
  });

  test("on the image and the model of the address", async () => {
    const page = await site.open({ query: `?image=${indices(0)[5]}&model=full` });
    await page.outcome(String(indices(0)[5]));
    assert.equal(await marked(page, "full"), count("full"));
    assert.ok(await option(page, "full").isChecked());
    page.assertQuiet();
    await page.close();
  });

  for (const unknown of ["99999", "-1", "cat", "NaN"]) {
    test(`as ever where the address names the image ${unknown}, which is corrected`, async () => {
      const page = await site.open({ query: `?image=${unknown}&model=${unknown}` });
      await page.outcome(String(OPENING));
      assert.equal(page.setting("image"), null);
      assert.ok(await option(page, "activation").isChecked());
      page.assertQuiet();
      await page.close();
    });
  }

  test("without what was precomputed, on the first image", async () => {
    site.server.faults.blocked = ["predictions.json", "test.json"];
    const page = await site.open();
    await page.outcome(String(indices(0)[0]));
    assert.equal(await page.page.locator("[data-testid=gallery-item][data-right]").count(), 0);
    assert.equal(await page.page.getByTestId("claim-count").innerText(), "");
    site.server.faults.blocked = [];
    await page.close();
  });
});

test("in Chinese it says the same, on one screen", { timeout: 120_000 }, async () => {
  const words = new Words("zh");
  const page = await site.ready({ query: "?lang=zh&model=full", viewport: SIZES.phone });
  await page.outcome(String(OPENING));
  const told = words.read((await page.page.getByTestId("claim-count").innerHTML()).trim(), "claim-count");
  assert.deepEqual({ ...told }, { all: "100", right: String(count("full")) });
  const { y, height } = await page.page.locator(".chosen").boundingBox();
  assert.ok(y + height <= SIZES.phone.height, `${y + height}`);
  page.assertQuiet();
  await page.close();
});

test("other sources are folded away, and an image from there takes the panel", { timeout: 120_000 }, async () => {
  const page = await site.ready();
  await page.outcome(String(OPENING));
  assert.equal(await page.page.getByTestId("camera-start").isVisible(), false);
  await page.page.getByTestId("sources").locator("summary").press("Enter");
  for (const source of ["camera-start", "board-open", "gallery-more"]) assert.ok(await page.page.getByTestId(source).isVisible(), source);
  await page.page.getByTestId("gallery-more").press("Enter");
  await page.page.waitForFunction((index) => document.activeElement.dataset.index === index, String(indices(1)[0]));
  await page.page.keyboard.press("ArrowRight");
  await page.page.keyboard.press("Enter");
  await page.outcome(String(indices(1)[1]));
  assert.equal(await page.page.locator(".first-sheet [aria-pressed=true]").count(), 0);
  page.assertQuiet();
  await page.close();
});

test("the page has a footer and what others show of it", { timeout: 120_000 }, async () => {
  const page = await site.open();
  await page.page.getByTestId("to-paper").waitFor();
  const address = (id) => page.page.getByTestId(id).evaluate(({ href }) => href);
  assert.match(await address("to-paper"), /openreview\.net.*BkeoaeHKDS/);
  const head = await page.page.evaluate(() => {
    const of = (selector, name) => document.querySelector(selector)?.[name];
    return {
      description: of("meta[name=description]", "content"),
      picture: of("meta[property='og:image']", "content"),
      files: [of("link[rel=icon]", "href"), of("link[rel=apple-touch-icon]", "href"), of("link[rel=manifest]", "href")],
    };
  });
  assert.ok(head.description.length > 80);
  const manifest = JSON.parse(readFileSync(join(DIST, new URL(head.files[2]).pathname.replace("/page/", "")), "utf8"));
  const icons = manifest.icons.map(({ src }) => new URL(src, head.files[2]).href);
  assert.equal(new URL(manifest.start_url, head.files[2]).href, site.server.url);
  for (const file of [await address("to-card"), new URL(head.picture, site.server.url).href, ...head.files, ...icons]) {
    assert.equal((await page.page.request.get(file)).status(), 200, file);
  }
  page.assertQuiet();
  await page.close();
});
