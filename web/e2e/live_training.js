// The section of training as a visitor meets it.
import { readFile } from "node:fs/promises";
import { Page } from "./page.js";

export const MODES = ["activation", "gradient", "full", "finetune"];

export class LiveTraining {
  /** Opens the page at `url` on live training that the settings in `query` make. */
  static async open(browser, url, query, options = {}) {
    const page = await Page.open(browser, url, { query, ...options });
    await page.until("ready");
    const training = new LiveTraining(page);
    // What most visitors do without is folded.
    await training.get("advanced").evaluate((details) => (details.open = true));
    return training;
  }

  constructor(page) {
    this.page = page;
    this.tab = page.page;
  }

  get(id) {
    return this.tab.getByTestId(`train-${id}`);
  }

  data() {
    return this.page.data("train");
  }

  /** Waits until live training is in `phase`, and `step` steps are done. */
  async until(phase, step, timeout = 300_000) {
    const steps = step === undefined ? "" : `[data-step="${step}"]`;
    await this.tab.waitForSelector(`[data-testid=train][data-phase=${phase}]${steps}`, { timeout });
  }

  /** Waits until more than `step` steps are done. */
  async beyond(step, timeout = 300_000) {
    const isBeyond = (step) => Number(document.querySelector("[data-testid=train]").dataset.step) > step;
    await this.tab.waitForFunction(isBeyond, step, { timeout });
  }

  /** Trains to the end; the models by mode, in numbers. */
  async train() {
    await this.get("play").click();
    await this.until("done");
    return this.models();
  }

  async models() {
    const rows = await this.get("model").evaluateAll((rows) => rows.map((row) => ({ ...row.dataset })));
    const numbers = ({ fitted, held, loss, seconds }) => ({
      fitted: Number(fitted),
      held: Number(held),
      loss: Number(loss),
      seconds: Number(seconds),
    });
    return Object.fromEntries(rows.map((row) => [row.mode, numbers(row)]));
  }

  /** What the models say of the image `key`, by mode, once they do. */
  async verdicts(key) {
    await this.tab.waitForSelector(`[data-testid=trial][data-for="${key}"]`, { timeout: 120_000 });
    const cards = await this.tab.getByTestId("trial-verdict").evaluateAll((cards) => cards.map((card) => ({ ...card.dataset })));
    return Object.fromEntries(cards.map(({ mode, class: name, probability }) => [mode, { name, probability: Number(probability) }]));
  }

  /** The file of a model. */
  async save(mode) {
    const coming = this.tab.waitForEvent("download", { timeout: 120_000 });
    await this.tab.locator(`[data-testid=train-save][data-mode=${mode}]`).click();
    const download = await coming;
    return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
  }

  /** Gives the page files of models: a name and bytes each. */
  async load(...files) {
    const type = { mimeType: "application/octet-stream" };
    await this.get("load").setInputFiles(files.map(({ name, bytes }) => ({ name, buffer: bytes, ...type })));
  }

  /** A class of one's own with some images of the gallery. */
  async addClass(name, files) {
    await this.get("name").fill(name);
    await this.get("name").press("Enter");
    const own = this.get("own").last();
    await own.getByTestId("train-files").setInputFiles(files);
    await this.counted(files.length);
    return own;
  }

  /** Waits until the last own class has so many images. */
  async counted(count) {
    const has = (count) => [...document.querySelectorAll("[data-testid=train-own]")].at(-1)?.dataset.count === count;
    await this.tab.waitForFunction(has, String(count));
  }
}
