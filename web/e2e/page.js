// The page as a visitor meets it, through its data-testid contract alone.
import assert from "node:assert/strict";
import { createRequire } from "node:module";

/** Starting the engine on a software GPU compiles every shader on the CPU. */
const START_MS = 120_000;
const PREDICT_MS = 60_000;
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** A query that also asks for the GPU, which a software GPU is not fast enough to be chosen as, unless it names a processor. */
export function asking(backend, query = "") {
  if (backend !== "webgpu" || query.includes("backend=")) return query;
  return `${query || "?"}${query ? "&" : ""}backend=webgpu`;
}

export class Page {
  /** Opens the page at `url` with `query` in a fresh context of `browser`. It keeps nothing for a later visit, which costs
   * a third of the opening; `{ serviceWorkers: "allow" }` has it do so. */
  static async open(browser, url, { query = "", ...options } = {}) {
    const fresh = { viewport: { width: 1440, height: 900 }, serviceWorkers: "block" };
    const context = await browser.newContext({ ...fresh, ...options });
    const page = new Page(await context.newPage(), url);
    await page.page.goto(url + query);
    return page;
  }

  constructor(page, url) {
    this.page = page;
    this.errors = [];
    this.strangers = [];
    page.on("console", (message) => message.type() === "error" && this.errors.push(message.text()));
    page.on("pageerror", (error) => this.errors.push(String(error)));
    page.on("request", (request) => this.#note(request.url(), url));
  }

  #note(address, home) {
    if (!address.startsWith(home) && !/^(data|blob):/.test(address)) this.strangers.push(address);
  }

  get engine() {
    return this.page.getByTestId("engine");
  }

  /** Waits until the engine is in `state`. */
  async until(state) {
    await this.page.waitForSelector(`[data-testid=engine][data-state=${state}]`, { timeout: START_MS });
  }

  /** Opens what is closed at first: the other sources of images, the appendix. */
  async unfold(testid) {
    const isThere = this.page.getByTestId(testid);
    await isThere.waitFor({ state: "attached" });
    await isThere.evaluate((details) => (details.open = true));
  }

  openSources() {
    return this.unfold("sources");
  }

  openAppendix() {
    return this.unfold("appendix");
  }

  tile(index) {
    return this.page.locator(`[data-testid=gallery-item][data-index="${index}"]`);
  }

  /** Chooses an image of the gallery and waits for all predictions. */
  async choose(index) {
    await this.tile(index).click();
    return this.outcome(String(index));
  }

  /** Gives the page a file. */
  async upload(name, buffer, mimeType = "image/png") {
    await this.page.getByTestId("image-upload").setInputFiles({ name, mimeType, buffer });
  }

  /** Sends the page an event of `type` that carries a file in its property `transfer`. */
  async transfer(type, transfer, name, buffer) {
    const send = ({ type, transfer, name, bytes }) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(bytes)], name, { type: "image/png" }));
      const Kind = type === "paste" ? ClipboardEvent : DragEvent;
      document.body.dispatchEvent(new Kind(type, { [transfer]: data, bubbles: true, cancelable: true }));
    };
    await this.page.evaluate(send, { type, transfer, name, bytes: [...buffer] });
  }

  /** What the page says of the image `key`, by mode, once it says it. */
  async outcome(key) {
    const ready = `[data-testid=result][data-for="${key}"][aria-busy=false]`;
    const error = this.page.getByTestId("result-error");
    await this.page.locator(ready).or(error).first().waitFor({ timeout: PREDICT_MS });
    if (await error.count()) assert.fail(await error.innerText());
    return this.read();
  }

  /** The predictions on show, by mode. */
  async read() {
    const [predictions, logits] = await Promise.all([this.#data("prediction"), this.#data("logit")]);
    return Object.fromEntries(predictions.map(({ mode, ...prediction }) => [mode, toNumbers(prediction, mode, logits)]));
  }

  #data(id) {
    return this.page.locator(`[data-testid=result] [data-testid=${id}]`).evaluateAll((found) =>
      found.map((element) => ({ ...element.dataset })),
    );
  }

  /** Waits until a section (`network`, `gradient`, `line`) shows the image `key`. */
  async section(name, key) {
    await this.page.waitForSelector(`[data-testid=${name}][data-for="${key}"]`, { timeout: PREDICT_MS });
  }

  /** The data attributes of the one element with this id. */
  data(testid) {
    return this.page.getByTestId(testid).evaluate((element) => ({ ...element.dataset }));
  }

  /** A setting in the address. */
  setting(name) {
    return new URL(this.page.url()).searchParams.get(name);
  }

  /** The entry of the gradient that the formula is of, in numbers. */
  async entry() {
    const data = await this.data("gradient-entry");
    return Object.fromEntries(["output", "channel", "y", "x", "omega", "derivative", "input", "value"].map((name) => [name, Number(data[name])]));
  }

  /** The part of the gradient on show once it is drawn: left, across, top, down. */
  async drawn() {
    const matrix = this.page.locator("[data-testid=gradient-matrix][data-drawn]");
    await matrix.waitFor({ timeout: PREDICT_MS });
    return (await matrix.getAttribute("data-drawn")).split(",").map(Number);
  }

  /** The colours of a canvas within `inside` at places from 0 to 1. */
  colours(testid, places, inside = this.page) {
    const pick = (canvas, places) => {
      const context = canvas.getContext("2d");
      const at = (share, length) => Math.min(Math.floor(share * length), length - 1);
      return places.map(([x, y]) => [...context.getImageData(at(x, canvas.width), at(y, canvas.height), 1, 1).data.slice(0, 3)]);
    };
    return inside.getByTestId(testid).evaluate(pick, places);
  }

  /** Presses Tab until the focus is on `selector`, once around the page at most. */
  async tabTo(selector) {
    const places = await this.page.locator("a[href], button, input, select, summary, textarea, [tabindex]").count();
    for (let press = 0; press <= places; press++) {
      await this.page.keyboard.press("Tab");
      if (await this.page.evaluate((selector) => document.activeElement.matches(selector), selector)) return;
    }
    assert.fail(`${selector} is not reached by Tab`);
  }

  /** What axe-core finds wrong with the page as it is. */
  async violations() {
    if (!(await this.page.evaluate(() => "axe" in window))) await this.page.addScriptTag({ path: AXE });
    const { violations, passes } = await this.page.evaluate(() => window.axe.run());
    assert.ok(passes.length > 20, `only ${passes.length} rules applied`);
    const place = ({ html, any }) => `${html.slice(0, 160)} ${any.map(({ message }) => message)}`;
    return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map(place).join(" | ")}`);
  }

  /** Fails if anything was printed as an error, or asked of another host. */
  assertQuiet() {
    assert.deepEqual(this.errors, [], "the console shows errors");
    assert.deepEqual(this.strangers, [], "the page asks other hosts");
  }

  close() {
    return this.page.context().close();
  }
}

function toNumbers(prediction, mode, logits) {
  const rows = logits.filter((logit) => logit.mode === mode).sort((a, b) => a.class - b.class);
  const column = (name) => rows.map((row) => Number(row[name]));
  return {
    class: Number(prediction.class),
    probability: Number(prediction.probability),
    activation: column("activation"),
    gradient: column("gradient"),
    total: column("total"),
  };
}
