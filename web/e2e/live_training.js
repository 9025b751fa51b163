// The section of training as a visitor meets it.
import { readFile } from "node:fs/promises";
import { Page } from "./page.js";

export const MODES = ["activation", "gradient", "full", "finetune"];

export class LiveTraining {
  /** Opens the page at `url` on live training that the settings in `query` make. */
  static async open(browser, url, query, options = {}) {
    const page = await Page.open(browser, url, { query, ...options });
    await page.until("ready");
    return new LiveTraining(page);
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

  /** The file of a model. */
  async save(mode) {
    const coming = this.tab.waitForEvent("download", { timeout: 120_000 });
    await this.tab.locator(`[data-testid=train-save][data-mode=${mode}]`).click();
    const download = await coming;
    return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
  }

  async load(name, buffer) {
    await this.get("load").setInputFiles({ name, mimeType: "application/octet-stream", buffer });
  }
}
