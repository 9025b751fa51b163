// The clouds of 100 images, against a network of the tests' own and the precomputed predictions. Environment: as in
// page.test.js.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { MODEL, indices } from "./gallery.js";
import { CLASSES, Network, convolve } from "./network.js";
import { once } from "./once.js";
import { stage } from "./setup.js";
import { Words } from "./words.js";

const images = indices(0);
const PRECOMPUTED = JSON.parse(readFileSync(join(MODEL, "predictions.json"), "utf8")).images;
const LABELS = Object.fromEntries(
  JSON.parse(readFileSync(join(import.meta.dirname, "../../gallery/index.json"), "utf8")).sheets[0].images.map(({ index, label }) => [index, label]),
);
/** Margins are rounded: by the file's 16 bits, and to two decimals of the picture. */
const ROUNDING = 0.06;

const network = new Network(MODEL);
const omegas = Array.from({ length: CLASSES }, (_, label) => network.omega(label));
/** What of an image its logits follow from: the pre-activations of conv5, and their derivatives along w2. */
const parts = once((index) => {
  const { input, pre } = network.last(index);
  return { pre: pre.values, along: convolve(input, network.w2, 1).values };
});

const logits = (features) => omegas.map((omega, label) => features.reduce((sum, value, o) => sum + omega[o] * value, network.bias(label)));

function verdict(logits, label) {
  const others = logits.filter((_, at) => at !== label);
  return { class: logits.indexOf(Math.max(...logits)), margin: logits[label] - Math.max(...others) };
}

/** What the linearized model and the moved network say of an image at r. */
function verdicts(index, r) {
  const { pre, along } = parts(index);
  const slope = (z) => (z > 0 ? 1 : network.slope);
  const linearized = pre.map((z, o) => slope(z) * (z + r * along[o]));
  const moved = pre.map((z, o) => network.leaky(z + r * along[o]));
  return [linearized, moved].map((features) => verdict(logits([...features]), LABELS[index]));
}

const precomputed = (index, mode) => {
  const terms = PRECOMPUTED.find((image) => image.index === index).terms[mode];
  return verdict(terms.map(([activation, gradient]) => activation + gradient), LABELS[index]);
};

const isRight = (index, { class: found }) => found === LABELS[index];

describe("the clouds", { timeout: 600_000 }, () => {
  const site = stage("cpu");
  let page;
  const id = (name) => page.page.getByTestId(name);

  before(async () => {
    page = await site.ready({ query: `?image=${images[5]}` });
    await page.section("line", String(images[5]));
    await id("cloud-moving").scrollIntoViewIfNeeded();
    await page.page.waitForSelector("[data-testid=cloud-moving-counts][data-across]");
  });

  /** Waits until what is drawn is of the newest r. */
  const drawn = () => page.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));

  async function counts(cloud) {
    const found = await page.data(`${cloud}-counts`);
    return Object.fromEntries(["across", "up", "same", "apart"].map((name) => [name, Number(found[name])]));
  }

  async function setR(r) {
    await id("line-r").fill(String(r));
    await drawn();
    return counts("cloud-moving");
  }

  /** The middles of the marks of a kind, in the images' order. */
  async function marks(cloud, kind) {
    const path = await id(cloud).locator(`path.${kind}`).getAttribute("d");
    const [dx, dy] = { both: [0, 0], one: [0, 1.3], none: [0.9, 0.9] }[kind];
    return [...path.matchAll(/M(-?[\d.]+) (-?[\d.]+)/g)].map(([, x, y]) => [Number(x) + dx, Number(y) + dy]);
  }

  /** From a place on an axis to its margin, by the numbers along the axis. */
  async function scale(cloud) {
    const ticks = await id(cloud).locator("xpath=..").locator(".scatter-across span").evaluateAll((spans) => spans.map((span) => [parseFloat(span.style.left), Number(span.innerText.replace("−", "-"))]));
    assert.ok(ticks.length >= 3 && ticks.some(([, margin]) => margin === 0), String(ticks));
    const [[from, low], [to, high]] = [ticks[0], ticks.at(-1)];
    return (place) => low + ((place - from) / (to - from)) * (high - low);
  }

  /** Fails unless the marks are where the wanted margins are. */
  async function assertMarks(cloud, wanted) {
    const margin = await scale(cloud);
    const rights = wanted.map(({ index, across, up }) => isRight(index, across) + isRight(index, up));
    for (const [kind, right] of Object.entries({ both: 2, one: 1, none: 0 })) {
      const found = await marks(cloud, kind);
      const expected = wanted.filter((_, at) => rights[at] === right);
      assert.equal(found.length, expected.length, kind);
      found.forEach(([x, y], at) => {
        const { index, across, up } = expected[at];
        const off = Math.max(Math.abs(margin(x) - across.margin), Math.abs(margin(100 - y) - up.margin));
        assert.ok(off < ROUNDING, `image ${index}, ${kind}: ${margin(x)}, ${margin(100 - y)} instead of ${across.margin}, ${up.margin}`);
      });
    }
  }

  const at = (r) => images.map((index) => ({ index, across: verdicts(index, r)[0], up: verdicts(index, r)[1] }));

  test("at r = 0 all marks are on the diagonal, and both are the activation model", async () => {
    const found = await setR(0);
    const wanted = images.filter((index) => isRight(index, precomputed(index, "activation"))).length;
    assert.deepEqual(found, { across: wanted, up: wanted, same: 100, apart: 0 });
    for (const kind of ["both", "none"]) {
      for (const [x, y] of await marks("cloud-moving", kind)) assert.ok(Math.abs(x + y - 100) < 0.03, `${kind}: ${x}, ${y}`);
    }
    assert.equal((await marks("cloud-moving", "one")).length, 0);
  });

  for (const r of [0.5, 1, 2]) {
    test(`at r = ${r} the marks and the counts are the network's`, async () => {
      const found = await setR(r);
      const wanted = at(r);
      const count = (holds) => wanted.filter(holds).length;
      assert.equal(found.across, count(({ index, across }) => isRight(index, across)), "the linearized model");
      assert.equal(found.up, count(({ index, up }) => isRight(index, up)), "the moved network");
      assert.equal(found.same, count(({ across, up }) => across.class === up.class), "the same class");
      const apart = wanted.reduce((sum, { across, up }) => sum + Math.abs(across.margin - up.margin), 0) / wanted.length;
      assert.ok(Math.abs(found.apart - apart) < ROUNDING && apart > 0.01, `${found.apart} instead of ${apart}`);
      await assertMarks("cloud-moving", wanted);
    });
  }

  test("the other cloud is the full model against the fine-tuned one, whatever r is", async () => {
    const wanted = images.map((index) => ({ index, across: precomputed(index, "full"), up: precomputed(index, "finetune") }));
    const right = (model) => wanted.filter((image) => isRight(image.index, image[model])).length;
    for (const r of [0, 1]) {
      await setR(r);
      const { across, up } = await counts("cloud-fixed");
      assert.deepEqual([across, up], [right("across"), right("up")]);
      await assertMarks("cloud-fixed", wanted);
    }
  });

  /** Where a place of the picture is on the screen. */
  async function onScreen(cloud, [x, y]) {
    await id(cloud).scrollIntoViewIfNeeded();
    const box = await id(cloud).boundingBox();
    return [box.x + (x / 100) * box.width, box.y + (y / 100) * box.height];
  }

  test("a drag on the plot moves r, and a tap there does not", async () => {
    await setR(1);
    const [x, y] = await onScreen("cloud-moving", [50, 95]);
    const { width } = await id("cloud-moving").boundingBox();
    const { mouse } = page.page;
    await mouse.move(x, y);
    await mouse.down();
    await mouse.move(x + width / 8, y, { steps: 4 });
    await mouse.move(x + width / 4, y + 3, { steps: 4 });
    await drawn();
    const during = await id("line-r").inputValue();
    await mouse.up();
    await mouse.move(x, y, { steps: 4 });
    assert.ok(Math.abs(Number(during) - 1.5) <= 0.02, `r is ${during}`);
    assert.equal(await id("line-r").inputValue(), during, "the drag is over");
    assert.equal(await id("result").getAttribute("data-for"), String(images[5]), "a drag chooses nothing");
    await mouse.click(x, y);
    assert.equal(await id("line-r").inputValue(), during, "a tap");
  });

  test("pointing at a mark shows its image, a tap chooses it for the page", async () => {
    await setR(1);
    const wanted = at(1);
    const both = wanted.filter(({ index, across, up }) => isRight(index, across) && isRight(index, up));
    const places = await marks("cloud-moving", "both");
    // One that is far from the others.
    const gaps = places.map((place, self) => Math.min(...places.map((other, at) => (at === self ? Infinity : Math.hypot(other[0] - place[0], other[1] - place[1])))));
    const lonely = gaps.indexOf(Math.max(...gaps));
    const { index, across } = both[lonely];
    const [x, y] = await onScreen("cloud-moving", places[lonely]);
    await page.page.mouse.move(x, y);
    await page.page.waitForSelector(`[data-testid=cloud-moving-image][data-index="${index}"]`);
    assert.equal(await id("cloud-fixed-image").getAttribute("data-index"), String(index), "the same image in both clouds");
    const words = new Words("en");
    const told = words.read(await id("cloud-moving-image").innerText(), "cloud-image");
    const { model, class: found, margin } = words.read(told.across, "cloud-verdict");
    assert.deepEqual([model, found], [words.messages["cloud-linearized"], words.class(across.class)]);
    assert.ok(Math.abs(Number(margin.replace("−", "-")) - across.margin) < ROUNDING, margin);
    await page.page.mouse.move(x, y - 500);
    await page.page.waitForSelector(`[data-testid=cloud-moving-image][data-index="${images[5]}"]`);
    await page.page.mouse.click(x, y);
    await page.outcome(String(index));
    await page.section("line", String(index));
    assert.equal(await page.setting("image"), String(index));
  });

  test("by keyboard: one stop a cloud, arrows lead from image to image, Enter chooses", async () => {
    await page.choose(images[5]);
    await id("cloud-moving").focus();
    await page.page.keyboard.press("ArrowRight");
    const index = await id("cloud-moving-image").getAttribute("data-index");
    const margin = (index) => verdicts(Number(index), Number(1))[0].margin;
    assert.ok(margin(index) > margin(images[5]), `from ${margin(images[5])} to ${margin(index)}`);
    await page.page.waitForFunction((index) => document.querySelector("[data-testid=cloud-status]").textContent.includes(`Image ${index},`), index);
    await page.page.keyboard.press("Enter");
    await page.outcome(index);
    await page.page.keyboard.press("Tab");
    assert.equal(await page.page.evaluate(() => document.activeElement.dataset.testid), "line-r");
    await page.page.keyboard.press("Tab");
    assert.equal(await page.page.evaluate(() => document.activeElement.dataset.testid), "cloud-fixed");
  });

  test("words say what the clouds show, once the weights rest", async () => {
    await id("line-r").focus();
    await page.page.keyboard.press("Home");
    const before = await id("cloud-status").textContent();
    for (let press = 0; press < 25; press++) await page.page.keyboard.press("ArrowRight");
    assert.equal(await id("cloud-status").textContent(), before, "it is told while r moves");
    await page.page.waitForFunction(() => document.querySelector("[data-testid=cloud-status]").textContent.startsWith("At r = 0.50"));
    const words = new Words("en");
    const { summary } = words.read(await id("cloud-status").textContent(), "cloud-at");
    const { right, other, all, same } = words.read(summary, "cloud-summary");
    const { across, up, apart } = await counts("cloud-moving");
    assert.deepEqual([right, other, all].map(Number), [across, up, 100]);
    assert.equal(words.read(same, "cloud-same").apart, apart.toFixed(2));
    assert.ok((await id("cloud-moving").getAttribute("aria-label")).includes(summary));
  });

  test("models of another scope leave the cloud as it is, and the page says so", async () => {
    const before = await setR(1);
    assert.equal(await id("cloud-scope").count(), 0);
    await page.openAppendix();
    await page.unfold("gradient-advanced");
    await id("scope-conv4-5").check({ force: true });
    await id("cloud-scope").waitFor();
    assert.match(await id("cloud-scope").innerText(), /conv5.*conv4-5/);
    assert.deepEqual(await counts("cloud-moving"), before);
    await id("scope-conv5").check({ force: true });
  });

  test("nothing was printed as an error, nothing asked of others", () => page.assertQuiet());
});

describe("the clouds in other circumstances", { timeout: 300_000 }, () => {
  const site = stage("cpu");

  test("nothing is loaded for them until they are near", async () => {
    const page = await site.open();
    const asked = [];
    page.page.on("request", (request) => asked.push(request.url()));
    await page.until("ready");
    await page.outcome(await page.page.getByTestId("result").getAttribute("data-for"));
    const isFile = (url) => url.includes("last-layer");
    // The service worker's own requests are not the page's.
    assert.ok(!asked.some(isFile), "it is loaded at once");
    await page.page.getByTestId("cloud-moving").scrollIntoViewIfNeeded();
    await page.page.waitForSelector("[data-testid=cloud-moving-counts][data-across]");
    await page.close();
  });

  test("they need no engine, and a file that does not come can be asked for again", async () => {
    site.server.faults.blocked = ["last-layer.safetensors", "engine_bg.wasm"];
    const page = await site.open({ serviceWorkers: "block" });
    await page.page.getByTestId("cloud-moving").scrollIntoViewIfNeeded();
    await page.page.getByTestId("cloud-retry").waitFor();
    site.server.faults.blocked = ["engine_bg.wasm"];
    await page.page.getByTestId("cloud-retry").click();
    await page.page.waitForSelector("[data-testid=cloud-moving-counts][data-across]");
    assert.equal(await page.page.getByTestId("cloud-retry").count(), 0);
    site.server.faults.blocked = [];
    await page.close();
  });

  test("on a phone a finger taps and drags both plots, and still scrolls the page over them", async () => {
    const page = await site.ready({ viewport: { width: 390, height: 844 }, hasTouch: true, query: `?image=${images[5]}` });
    await page.section("line", String(images[5]));
    await page.unfold("line-one-image");
    const id = (name) => page.page.getByTestId(name);
    for (const plot of ["cloud-moving", "line-plot"]) {
      assert.equal(await id(plot).evaluate((element) => getComputedStyle(element).touchAction), "pan-y", plot);
    }
    await id("line-plot").scrollIntoViewIfNeeded();
    const box = await id("line-plot").boundingBox();
    await page.page.touchscreen.tap(box.x + box.width / 4, box.y + box.height / 2);
    assert.ok(Math.abs(Number(await id("line-r").inputValue()) - 0.5) <= 0.02, await id("line-r").inputValue());
    assert.ok(Math.abs(Number((await page.data("line-reading")).r) - 0.5) <= 0.02);
    const touches = await page.page.context().newCDPSession(page.page);
    const touch = (type, ...points) => touches.send("Input.dispatchTouchEvent", { type, touchPoints: points });
    const at = (x) => ({ x: box.x + x * box.width, y: box.y + box.height / 2 });
    await touch("touchStart", at(0.25));
    for (const x of [0.3, 0.4, 0.5, 0.6, 0.75]) await touch("touchMove", at(x));
    await touch("touchEnd");
    await page.page.waitForFunction(() => Math.abs(Number(document.querySelector("[data-testid=line-r]").value) - 1.5) <= 0.02);
    await id("cloud-moving").scrollIntoViewIfNeeded();
    const plane = await id("cloud-moving").boundingBox();
    const mark = (await id("cloud-moving").locator("path.both").getAttribute("d")).match(/M([\d.]+) ([\d.]+)/).slice(1).map(Number);
    await page.page.touchscreen.tap(plane.x + (mark[0] / 100) * plane.width, plane.y + (mark[1] / 100) * plane.height);
    const chosen = await id("cloud-moving-image").getAttribute("data-index");
    await page.outcome(chosen);
    assert.ok(await page.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "it scrolls sideways");
    page.assertQuiet();
    await page.close();
  });
});
