// Every section on the CPU and on WebGPU, on a phone and on a desktop, in both languages, by the keyboard alone: that
// whoever uses the page gets to see its numbers and pictures. Whether they are right to the last digit is for the
// sections' own tests. Environment: as in page.test.js; SLOW=1 also waits for a row of the ablation on WebGPU, minutes
// on a software GPU.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { indices, tile, tilePng } from "./gallery.js";
import { LiveTraining } from "./live_training.js";
import { MODES, assertSame, predict } from "./native.js";
import { decode } from "./png.js";
import { stage } from "./setup.js";
import { Words, number } from "./words.js";

const [BEFORE, INDEX] = indices(0).slice(4, 6);
/** The least that can be trained and compared. */
const SMALL = "classes=35&images=2&held=10&steps=2&speed=1&ablationimages=2";
/** Each differs from the one before in one thing, also around the end. */
const LAYOUTS = [
  { width: 390, height: 844, language: "zh" },
  { width: 390, height: 844, language: "en" },
  { width: 1440, height: 900, language: "en" },
  { width: 1440, height: 900, language: "zh" },
];
/** Weights and biases of what moves. */
const PARAMETERS = { conv5: "2,097,664", "conv4-5": "2,622,208" };
/** A software GPU compiles every shader on the CPU. */
const PATIENCE_MS = 240_000;
/** Numbers on show have two decimals. */
const ROUNDING = 0.011;

const native = {};

before(() => {
  for (const scope of Object.keys(PARAMETERS)) native[scope] = predict(tilePng(INDEX), scope);
});

/** Somebody who has a keyboard and eyes. */
class Visit {
  constructor(page, backend, layout) {
    Object.assign(this, { page, backend, tab: page.page });
    this.look(layout);
  }

  look({ width, height, language }) {
    Object.assign(this, { width, height, words: new Words(language) });
  }

  id(name, inside = this.tab) {
    return inside.getByTestId(name);
  }

  /** What a text says in place of a message's variables. */
  async read(locator, name) {
    return this.words.read((await locator.innerText()).trim(), name);
  }

  /** The texts of a row's cells. */
  cells(row) {
    return row.locator("th, td:not([aria-hidden])").allInnerTexts();
  }

  /** Goes to a control by Tab and presses keys there. */
  async press(selector, ...keys) {
    await this.page.tabTo(selector);
    const { left, right } = await this.tab.evaluate(() => document.activeElement.getBoundingClientRect().toJSON());
    assert.ok(left >= 0 && right <= this.width, `${selector} is at ${left} to ${right} of ${this.width}`);
    for (const key of keys) await this.tab.keyboard.press(key);
  }

  wait(selector) {
    return this.tab.waitForSelector(selector, { timeout: PATIENCE_MS });
  }

  /** Fails unless a canvas shows numbers of the given signs, in many shades. */
  async assertPicture(testid, signs, inside) {
    const places = Array.from({ length: 32 * 32 }, (_, at) => [((at % 32) + 0.5) / 32, (Math.floor(at / 32) + 0.5) / 32]);
    const colours = await this.page.colours(testid, places, inside);
    assert.ok(new Set(colours.map(String)).size > 16, `${testid} has few colours`);
    // Green stands for more than zero, purple for less.
    for (const sign of signs) {
      assert.ok(colours.some(([red, green, blue]) => sign * (green - (red + blue) / 2) > 10), `${testid} has none of sign ${sign}`);
    }
  }

  /** The points of a curve. */
  async points(path) {
    const drawn = await path.getAttribute("d");
    return [...drawn.matchAll(/(-?[\d.]+) (-?[\d.]+)/g)].map(([, x, y]) => ({ x: Number(x), y: Number(y) }));
  }
}

/** Of every section, in the order in which they are used: how it is used, and what is to be seen from then on. */
const SECTIONS = {
  async predictions(visit) {
    await visit.press(`[data-testid=gallery-item][data-index="${BEFORE}"]`, "ArrowRight", "Enter");
    await visit.page.outcome(String(INDEX));
    await visit.page.section("line", String(INDEX));
    return async () => {
      assertSame(await visit.page.read(), native.conv5, "the predictions");
      for (const mode of MODES) {
        const card = visit.tab.locator(`[data-testid=prediction][data-mode=${mode}]`);
        const { class: label, probabilities } = native.conv5[mode];
        assert.equal(await card.locator("strong").innerText(), visit.words.class(label), mode);
        const share = number(await card.locator(".share").innerText());
        assert.ok(Math.abs(share - 100 * probabilities[label]) < 0.2, `${mode}: ${share} %`);
      }
      for (const [label, row] of (await visit.tab.locator("table.full [data-testid=logit]").all()).entries()) {
        const [name, ...shown] = await visit.cells(row);
        const [activation, gradient, logit] = shown.map(number);
        assert.equal(name, visit.words.class(label));
        assert.ok(Math.abs(activation + gradient - logit) < ROUNDING, `${shown}`);
        assert.ok(Math.abs(logit - native.conv5.full.logits[label]) < ROUNDING, `${name}: ${logit}`);
      }
      await assertImage(visit);
    };
  },

  async scopes(visit) {
    await visit.press("[data-testid=gradient-advanced-summary]", "Enter");
    await visit.press("[data-testid=scope-conv5]", "ArrowDown");
    await visit.wait(`[data-testid=result][data-scope="conv4-5"][aria-busy=false]`);
    assertSame(await visit.page.read(), native["conv4-5"], "conv4-5");
    const moving = visit.id("part-theta2").locator(".part-name");
    assert.ok((await moving.innerText()).includes(PARAMETERS["conv4-5"]));
    await visit.tab.keyboard.press("ArrowUp");
    await visit.wait(`[data-testid=result][data-scope="conv5"][aria-busy=false]`);
    return async () => {
      const { count } = visit.words.read((await moving.innerText()).replace(/^.*? /su, ""), "network-moving");
      assert.equal(count, PARAMETERS.conv5);
    };
  },

  async layers(visit) {
    const maps = async (testid, title, layer, count, side, signs) => {
      const figure = visit.id(testid);
      assert.equal((await visit.read(figure.locator("h3"), title)).layer, layer);
      const told = await visit.read(figure.locator(".note"), "network-maps");
      assert.deepEqual([told.count, told.side], [count, side]);
      assert.ok(Math.abs(number(told.value)) > 0 && Number(told.map) < Number(count), JSON.stringify(told));
      await visit.assertPicture("maps-picture", signs, figure);
    };
    await visit.press("[data-testid=layer][data-layer=conv2]", "Enter");
    await maps("feature-maps", "network-features", "conv2", "64", "13", [1]);
    assert.equal((await visit.read(visit.id("no-tangents"), "network-still")).layer, "conv2");
    await visit.press("[data-testid=layer][data-layer=conv5]", "Enter");
    return async () => {
      await maps("feature-maps", "network-features", "conv5", "512", "1", [1]);
      await maps("tangent-maps", "network-tangents", "conv5", "512", "1", [1, -1]);
    };
  },

  async "one weight"(visit) {
    const reading = async () => {
      const told = await visit.read(visit.id("nudge-reading").locator("p").first(), "nudge-reading");
      return Object.fromEntries(["delta", "before", "after"].map((name) => [name, number(told[name])]));
    };
    await visit.press("[data-testid=nudge-delta]", "Home");
    const start = await reading();
    await visit.tab.keyboard.press("End");
    const end = await reading();
    assert.ok(start.delta === -end.delta && start.delta < 0 && start.before === end.before, JSON.stringify([start, end]));
    assert.ok(Math.abs(start.after - end.after) > ROUNDING, "the logit moves");
    return async () => {
      const { before, after } = await reading();
      assert.deepEqual([before, after], [end.before, end.after]);
      const [curve, line] = await Promise.all(["network", "tangent"].map((kind) => visit.points(visit.tab.locator(`#gradient path.${kind}`))));
      assert.deepEqual([curve.length, line.length], [3, 2], "the network bends once, the line never");
    };
  },

  async "the gradient feature"(visit) {
    const before = await visit.id("gradient-entry").innerText();
    await visit.press("[data-testid=gradient-matrix]", "+", "ArrowRight");
    assert.notEqual(await visit.id("gradient-entry").innerText(), before, "another entry");
    assert.equal((await visit.page.drawn())[1], 2048);
    return async () => {
      const [left, across, top, down] = await visit.page.drawn();
      const range = visit.id("gradient-range");
      if (across < 4096) {
        const told = await visit.read(range, "matrix-window");
        assert.deepEqual([told.left, told.right, told.top, told.bottom].map(Number), [left, left + across - 1, top, top + down - 1]);
      } else {
        assert.deepEqual({ ...(await visit.read(range, "matrix-whole")) }, { rows: "512", columns: "4096" });
      }
      // The strongest entries are in one corner, those of one sign.
      await visit.assertPicture("gradient-matrix", [1]);
      const formula = await visit.id("gradient-entry").locator(".formula").last().innerText();
      const factors = formula.split(/ [·=] /).slice(-4);
      const [omega, derivative, input, value] = factors.map((factor) => number(factor.trim().replace(/^\((.*)\)$/, "$1")));
      // Three digits count in each.
      assert.ok(value !== 0 && Math.abs(omega * derivative * input - value) < 0.02 * Math.abs(value), formula);
    };
  },

  async "the linearisation"(visit) {
    await visit.id("line-one-image").evaluate((details) => (details.open = true));
    const reading = async () => {
      const told = await visit.read(visit.id("line-reading"), "line-reading");
      return Object.fromEntries(Object.entries(told).map(([name, text]) => [name, number(text)]));
    };
    await visit.press("[data-testid=line-r]", "Home");
    const start = await reading();
    assert.deepEqual([start.r, start.network, start.error], [0, start.tangent, 0], "both start together");
    await visit.tab.keyboard.press("End");
    const end = await reading();
    assert.ok(end.r === 2 && Math.abs(end.error) > 0.1, JSON.stringify(end));
    return async () => {
      const { network, tangent, error } = await reading();
      assert.ok(Math.abs(tangent - network - error) < 2 * ROUNDING, `${tangent} − ${network} is not ${error}`);
      const [curve, line] = await Promise.all(["network", "tangent"].map((kind) => visit.points(visit.tab.locator(`#line path.${kind}`))));
      assert.ok(curve.length > 10 && curve.length === line.length, `${curve.length} points`);
      assert.equal(curve[0].y, line[0].y);
      assert.ok(Math.abs(curve.at(-1).y - line.at(-1).y) > 1, "they part");
      const middle = line[(line.length - 1) / 2].y;
      assert.ok(Math.abs(middle - (line[0].y + line.at(-1).y) / 2) < ROUNDING && line[0].y !== line.at(-1).y, "the tangent is a slope");
    };
  },

  async similarity(visit) {
    await visit.press("[data-testid=similar-start]", "Enter");
    await visit.wait("[data-testid=similar][data-known='100']");
    await visit.wait(`[data-testid=image-maps][data-for="${INDEX}"]`);
    return async () => {
      assert.equal((await visit.read(visit.id("similar-progress"), "similar-done")).count, "100");
      const own = await visit.tab.locator("[data-testid=chosen] strong").innerText();
      const lists = visit.tab.locator(".nearest");
      assert.equal(await lists.count(), 2);
      for (const list of await lists.all()) {
        const shown = (await list.locator("li").allInnerTexts()).map((text) => text.trim().split(/\s+/));
        const values = shown.map(([, similarity]) => Number(similarity));
        assert.ok(values.length === 8 && values.every((value, at) => value > 0 && value <= (values[at - 1] ?? 1)), `${values}`);
        const told = await visit.read(list.locator("xpath=preceding-sibling::p[1]"), "similar-share");
        const alike = shown.filter(([name]) => name === own).length;
        assert.deepEqual({ ...told }, { alike: String(alike), count: "8", class: own });
      }
      for (const map of ["map-activation", "map-gradient"]) {
        await visit.id("map-by").selectOption(map.replace("map-", ""));
        await visit.id(map).waitFor();
        const places = await visit.id(map).locator(".tile").evaluateAll((tiles) => tiles.map((tile) => tile.getBoundingClientRect().toJSON()));
        assert.equal(places.length, 100);
        assert.ok(new Set(places.map(({ x, y }) => `${Math.round(x)},${Math.round(y)}`)).size > 90, `${map}: images lie on each other`);
        assert.ok(places.every(({ left, right }) => left >= 0 && right <= visit.width), `${map}: images lie outside`);
      }
    };
  },

  async training(visit) {
    await visit.press("[data-testid=train-play]", "Space");
    await new LiveTraining(visit.page).until("done", 2, PATIENCE_MS);
    return async () => {
      await visit.read(visit.id("train-status"), "train-done");
      const rows = await visit.id("train-model").all();
      assert.equal(rows.length, MODES.length);
      for (const [at, row] of rows.entries()) {
        const [name, , , fitted] = await visit.cells(row);
        const held = await row.locator("td strong").innerText();
        assert.ok(name.startsWith(visit.words.messages[`mode-${MODES[at]}`]), name);
        assert.ok(number(fitted) >= 50 && number(held) > 0, `${name}: ${fitted} and ${held}`);
        const curves = (figure) => visit.points(visit.id(`train-${figure}`).locator(`path.run.${MODES[at]}`));
        const [losses, accuracies] = await Promise.all(["losses", "accuracies"].map(curves));
        assert.equal(losses.length, 2);
        // Down is more in a picture's coordinates.
        assert.ok(losses.at(-1).y > losses[0].y, `${name}: the loss does not fall`);
        assert.ok(Number(await row.getAttribute("data-loss")) < Math.log(2), `${name}: the loss`);
        const [top, , bottom] = (await visit.id("train-accuracies").locator(".plot-ticks span").allInnerTexts()).map(number);
        const end = top - ((top - bottom) * accuracies.at(-1).y) / 1000;
        assert.ok(Math.abs(end - number(held)) < 0.2, `${name}: the curve ends at ${end}, not at ${held}`);
      }
    };
  },

  async "the ablation"(visit) {
    const wanted = visit.backend === "cpu" || process.env.SLOW ? 1 : 0;
    const status = visit.id("ablation-status");
    const isBeyond = (rows) => Number(document.querySelector("[data-testid=ablation]").dataset.rows) >= rows;
    await visit.press("[data-testid=ablation-start]", "Enter");
    await visit.wait("[data-testid=ablation][data-state=running]");
    await visit.tab.waitForFunction(isBeyond, wanted, { timeout: PATIENCE_MS });
    assert.equal((await visit.read(status, "ablation-running")).all, "8");
    await visit.tab.keyboard.press("Enter");
    await visit.wait(`[data-testid=ablation][data-state=${wanted ? "stopped" : "idle"}]`);
    return async () => {
      const shown = await Promise.all((await visit.id("ablation-row").all()).map((row) => visit.cells(row)));
      const [trained, random] = ["ablation-trained", "ablation-random"].map((name) => visit.words.messages[name]);
      assert.deepEqual([shown.at(-1), shown[0]].map((row) => row.slice(0, 3)), [random, trained].map((part) => [part, part, part]));
      if (!wanted) return visit.read(status, "ablation-idle");
      assert.deepEqual(shown.at(-1).slice(3), ["–", "–"]);
      assert.equal(Number((await visit.read(status, "ablation-stopped")).rows), shown.filter((row) => row.at(-1) !== "–").length);
      for (const share of shown[0].slice(3)) assert.ok(number(share) > 5 && number(share) < 95, share);
    };
  },

  async "the self-check"(visit) {
    await visit.press("[data-testid=check-start]", "Enter");
    await visit.wait("[data-testid=check][data-state=done]");
    return async () => {
      const told = await visit.read(visit.id("check-progress"), "check-progress");
      assert.equal(told.done, told.pieces);
      assert.equal(visit.words.read(told.image, "check-image").index, String(INDEX));
      const table = async (testid) => Promise.all((await visit.id(testid).all()).map((row) => visit.cells(row)));
      const quotients = (await table("check-quotient")).map((row) => row.map(number));
      const errors = quotients.map(([, error]) => error);
      assert.ok(quotients.length === 9 && quotients[0][0] === 1 && Math.min(...errors) < errors[0] / 20, `${errors}`);
      assert.equal((await visit.points(visit.tab.locator("#check path.network"))).length, 9);
      const agreements = await table("check-agreement");
      assert.equal(agreements.length, visit.backend === "webgpu" ? 5 : 0);
      for (const [name, difference, size] of agreements) assert.ok(number(difference) <= 1e-3 * number(size), `${name}: ${difference} of ${size}`);
      const timings = await table("check-timing");
      const processors = { webgpu: ["check-gpu", "check-cpu"], cpu: ["check-cpu"] }[visit.backend];
      assert.deepEqual(timings.map(([name]) => name), processors.map((name) => visit.words.messages[name]));
      for (const [, ...shown] of timings) assert.ok(shown.map(number).every((value) => value > 0), `${shown}`);
    };
  },

  async "the tour"(visit) {
    const text = visit.id("tour-text");
    const label = await visit.tab.locator("[data-testid=chosen] strong").innerText();
    await visit.press("[data-testid=tour-start]", "Enter");
    // The focus follows to the text once that stands where it belongs.
    await visit.wait("[data-testid=tour][data-step='1']:focus");
    await visit.read(text, "tour-claim");
    await visit.tab.keyboard.press("ArrowRight");
    await visit.wait("[data-testid=tour][data-step='2']:focus");
    const { index, class: labelled } = await visit.read(text, "tour-image-tile");
    assert.deepEqual([index, labelled], [String(INDEX), label]);
    for (const step of [3, 4]) {
      await visit.tab.keyboard.press("ArrowRight");
      await visit.wait(`[data-testid=tour][data-step="${step}"]:focus`);
    }
    return async () => {
      const told = await visit.read(text, "tour-terms");
      const { class: found, logits } = native.conv5.full;
      assert.equal(told.class, visit.words.class(found));
      const [activation, gradient, total] = [told.activation, told.gradient, told.total].map(number);
      assert.ok(Math.abs(activation + gradient - total) < ROUNDING && Math.abs(total - logits[found]) < ROUNDING, JSON.stringify(told));
      const bar = await visit.id("tour").boundingBox();
      assert.ok(bar.x >= 0 && bar.x + bar.width <= visit.width, JSON.stringify(bar));
    };
  },
};

/** Fails unless the chosen picture on the screen is the test image. */
async function assertImage(visit) {
  const { width, height, pixels } = decode(await visit.id("chosen").locator(".picture").screenshot());
  const wanted = tile(INDEX).pixels;
  // Its corners are round, so only the middle.
  for (let y = 8; y < 24; y++) {
    for (let x = 8; x < 24; x++) {
      const at = 3 * (Math.floor(((y + 0.5) * height) / 32) * width + Math.floor(((x + 0.5) * width) / 32));
      const [found, own] = [pixels.subarray(at, at + 3), wanted.subarray(3 * (32 * y + x), 3 * (32 * y + x) + 3)];
      assert.ok(found.every((value, channel) => Math.abs(value - own[channel]) < 8), `pixel ${x}, ${y} is ${[...found]} instead of ${[...own]}`);
    }
  }
}

const name = ({ width, language }) => `${width} pixels, ${language}`;

/** Uses every section in the first layout, and sees to it that all is there in the others too. */
function walk(backend, [first, ...others]) {
  describe(`on ${backend}, ${name(first)}`, { timeout: 1_800_000 }, () => {
    const seen = {};
    const site = stage(backend);
    let visit;

    before(async () => {
      const viewport = { width: first.width, height: first.height };
      const page = await site.ready({ viewport, query: `?lang=${first.language}&image=${BEFORE}&${SMALL}` });
      await page.outcome(String(BEFORE));
      await page.openAppendix();
      visit = new Visit(page, backend, first);
      assert.equal(await page.engine.getAttribute("data-backend"), backend);
    });

    async function assertFits() {
      const width = await visit.tab.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= visit.width, `the page is ${width} pixels wide`);
    }

    for (const [section, use] of Object.entries(SECTIONS)) {
      test(section, async () => {
        seen[section] = await use(visit);
        await seen[section]();
        await assertFits();
      });
    }

    test("axe-core finds nothing", async () => assert.deepEqual(await visit.page.violations(), []));

    for (const layout of others) {
      test(`all of it at ${name(layout)}`, async () => {
        await visit.tab.setViewportSize({ width: layout.width, height: layout.height });
        visit.look(layout);
        await visit.press(`[data-testid=language-${layout.language}]`, "Enter");
        await visit.page.openAppendix();
        await visit.page.unfold("line-one-image");
        for (const section of Object.keys(SECTIONS)) await seen[section]();
        await assertFits();
        assert.deepEqual(await visit.page.violations(), []);
      });
    }

    test("nothing was printed as an error, nothing asked of others", () => visit.page.assertQuiet());
  });
}

// One visit on each, as a visit takes long: on a phone in Chinese, on a desktop in English. Both are looked at in every way.
walk("webgpu", LAYOUTS);
walk("cpu", [...LAYOUTS.slice(2), ...LAYOUTS.slice(0, 2)]);
