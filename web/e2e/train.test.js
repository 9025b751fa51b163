// The section of training, against the native program. Environment: as in page.test.js; EVALUATE=1 also has the native
// program measure a model on CIFAR-10's test images, which it fetches.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { OPENING, MODEL, indices, tilePng } from "./gallery.js";
import { MODES } from "./live_training.js";
import { native } from "./native.js";
import { write } from "./scratch.js";
import { stage } from "./setup.js";
import { number } from "./words.js";

/** Two classes, five images each, two passes: nothing that a software GPU could not do. */
const TINY = "?classes=35&images=5&held=10&steps=5&speed=1";
const SMALL = "?classes=35&images=20&held=10&steps=10&speed=4";
/** Two backends round differently, step after step. */
const TOLERANCE = 1e-3;
/** Weights of conv5 that one model trains. */
const TRAINING_BYTES = 4 * 2_097_664;
/** What the lesson came to over many seeds. */
const LESSON = JSON.parse(readFileSync(join(MODEL, "lesson.json"), "utf8"));

/** What the native program makes of a saved model and an image of the gallery. */
function predict({ name, bytes }, index) {
  return native("predict", write(name, bytes), write("image.png", tilePng(index)))[0];
}

/** Files of images of the gallery. */
const pictures = (indices) => indices.map((index) => ({ name: `${index}.png`, mimeType: "image/png", buffer: tilePng(index) }));

/** The numbers of a file's tensor, and its metadata. */
function tensor(bytes, name) {
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString("utf8", 8, start));
  const [from, to] = header[name].data_offsets;
  const values = Float32Array.from({ length: (to - from) / 4 }, (_, at) => bytes.readFloatLE(start + from + 4 * at));
  return { values, metadata: header.__metadata__ };
}

for (const backend of ["cpu", "webgpu"]) {
  describe(`training on ${backend}`, { timeout: 900_000 }, () => {
    const site = stage(backend);
    const files = {};
    let training;

    before(async () => {
      training = await site.training(TINY);
    });

    test("one step by keyboard, and then play to the end", async () => {
      assert.equal(await training.page.engine.getAttribute("data-backend"), backend);
      await training.get("step").press("Enter");
      await training.until("learning", 1);
      const first = await training.models();
      assert.ok(MODES.every((mode) => first[mode].loss > 0), JSON.stringify(first));
      assert.ok(Math.abs(first.activation.loss - Math.log(2)) < 1e-3, "the activation model begins at 0");
      assert.ok(Math.abs(first.gradient.loss - Math.log(2)) < 1e-3, "and so does the gradient model");
      assert.ok(Math.abs(first.full.loss - first.finetune.loss) < 1e-3, "these two begin as the same function");
      await training.get("play").press("Space");
      await training.until("done", 5);
      const last = await training.models();
      assert.ok(MODES.every((mode) => last[mode].loss < first[mode].loss), JSON.stringify({ first, last }));
    });

    test("saved models are what the native program takes, with live training's classes", async () => {
      for (const mode of MODES) files[mode] = await training.save(mode);
      for (const mode of MODES) {
        const { class: found, label, logits, gradient_logits: gradient } = predict(files[mode], indices(0)[0]);
        assert.equal(logits.length, 2);
        assert.ok(["cat", "dog"].includes(label) && found < 2);
        assert.equal(gradient.some((value) => value !== 0), mode === "gradient" || mode === "full");
      }
    });

    test("models that are loaded back say the same of an image", async () => {
      const index = OPENING;
      const before = await training.verdicts(index);
      await training.get("reset").click();
      await training.until("idle", 0);
      await training.load(files.full, files.activation);
      await training.get("status").getByText("Loaded: activation and full").waitFor({ timeout: 120_000 });
      const after = await training.verdicts(index);
      assert.deepEqual(Object.keys(after), ["activation", "full"]);
      for (const mode of ["activation", "full"]) {
        assert.equal(after[mode].name, before[mode].name);
        assert.ok(Math.abs(after[mode].probability - before[mode].probability) < 1e-3, mode);
      }
    });

    test("what is no model of this network is refused, and why", async () => {
      await training.load({ name: "notes.safetensors", bytes: Buffer.from("not a model") });
      await training.get("note").getByText("safetensors").waitFor();
      const damaged = Buffer.from(files.full.bytes).fill(0xff, files.full.bytes.length - 8);
      await training.load({ name: "damaged.safetensors", bytes: damaged });
      await training.get("note").getByText("not finite").waitFor({ timeout: 60_000 });
    });

    test("nothing was printed as an error, nothing asked of others", () => training.page.assertQuiet());

    after(() => (trained[backend] = files));
  });
}

const trained = {};

test("both backends train the same models", { timeout: 60_000 }, () => {
  for (const [mode, name] of [["gradient", "conv5.tangent.weight"], ["full", "conv5.tangent.weight"], ["finetune", "conv5.finetuned.weight"], ["full", "classifier.weight"]]) {
    const [cpu, gpu] = ["cpu", "webgpu"].map((backend) => tensor(trained[backend][mode].bytes, name).values);
    const size = cpu.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const far = cpu.reduce((most, value, at) => Math.max(most, Math.abs(value - gpu[at])), 0);
    assert.ok(size > 0 && far <= TOLERANCE * Math.max(size, 1), `${mode}, ${name}: ${far} of ${size}`);
  }
});

describe("runs of live training", { timeout: 900_000 }, () => {
  const site = stage("cpu");

  test("the same seed trains the same models, another one others", async () => {
    const run = async (training) => {
      const models = await training.train();
      const { values } = tensor((await training.save("activation")).bytes, "classifier.weight");
      return { loss: models.full.loss, values };
    };
    const [one, two] = [await site.training(`${SMALL}&seed=7`), await site.training(`${SMALL}&seed=7`)];
    const first = await run(one);
    assert.deepEqual(await run(two), first);
    await two.get("seed").fill("8");
    await two.get("seed").press("Tab");
    await two.until("idle", 0);
    assert.notDeepEqual((await run(two)).values, first.values);
    await Promise.all([one, two].map(({ page }) => page.close()));
  });

  test("settings are in the address, and a change ends live training", async () => {
    const training = await site.training(SMALL);
    await training.get("step").click();
    await training.until("learning", 1);
    await training.get("class").nth(8).check();
    await training.until("idle", 0);
    await training.get("images").selectOption("10");
    await training.get("scope").selectOption("conv4-5");
    await training.get("seed").fill("12");
    await training.get("seed").press("Tab");
    await training.tab.waitForURL((url) => {
      const get = (name) => url.searchParams.get(name);
      return get("classes") === "358" && get("images") === "10" && get("trainscope") === "conv4-5" && get("seed") === "12";
    });
    await training.get("class").nth(8).uncheck();
    await training.get("class").nth(3).uncheck();
    await training.get("play").click();
    await training.get("note").getByText("two classes").waitFor();
    await training.page.close();
  });

  test("an image is predicted while the models train", async () => {
    const training = await site.training("?classes=35&held=10&steps=2000&speed=50");
    await training.get("play").click();
    await training.beyond(3);
    const before = Number((await training.data()).step);
    await training.page.choose(indices(0)[4]);
    assert.equal((await training.data()).playing, "true");
    await training.beyond(before);
    await training.get("play").click();
    await training.get("status").getByText("Paused").waitFor();
    await training.page.close();
  });

  test("own classes from files and from the chosen image, and back from a file with their names", async () => {
    const training = await site.training("?classes=&images=50&held=10&steps=50&speed=10");
    const gallery = indices(0);
    for (const [place, name] of ["mine", "yours"].entries()) {
      const own = await training.addClass(name, pictures(gallery.slice(4 * place, 4 * place + 4)));
      await training.page.choose(gallery[10 + place]);
      await own.getByTestId("train-add-chosen").click();
      await training.counted(5);
    }
    const models = await training.train();
    assert.equal(models.full.fitted, 1, "eight images are learned by heart");
    assert.ok([0, 0.5, 1].includes(models.full.held), "two are held out");
    const file = await training.save("full");
    const { metadata } = tensor(file.bytes, "classifier.weight");
    assert.deepEqual(JSON.parse(metadata.classes), ["mine", "yours"]);
    const { full } = await training.verdicts(gallery[11]);
    training.page.assertQuiet();
    await training.page.close();
    const later = await site.training(`?image=${gallery[11]}`);
    await later.load(file);
    await later.get("status").getByText("mine and yours").waitFor({ timeout: 60_000 });
    assert.deepEqual(await later.get("own").locator("strong").allInnerTexts(), ["mine", "yours"]);
    assert.equal((await later.verdicts(gallery[11])).full.name, full.name);
    assert.equal(await later.get("note").count(), 0);
    await later.page.close();
  });

  test("a file that is no image is refused, and the class stays", async () => {
    const training = await site.training(TINY);
    await training.get("name").fill("mine");
    await training.get("add-class").click();
    await training.get("files").setInputFiles({ name: "notes.png", mimeType: "image/png", buffer: Buffer.from("no image") });
    await training.get("note").getByText("not an image").waitFor();
    assert.equal(await training.get("own").count(), 1);
    await training.page.close();
  });

  test("a model of all ten classes is measured by the native program", { skip: !process.env.EVALUATE }, async () => {
    const training = await site.training("?classes=0123456789&images=50&steps=100&speed=50");
    const models = await training.train();
    const { full } = native("evaluate", write("ten.safetensors", (await training.save("full")).bytes));
    assert.ok(Math.abs(full.test_accuracy - models.full.held) < 0.05, `${full.test_accuracy} of 10,000, ${models.full.held} of 2,500`);
    await training.page.close();
  });

  test("live training goes on from its snapshot when the engine's worker breaks", async () => {
    // A snapshot is taken every ten seconds of the worker's clock, which here goes by how often it is looked at.
    site.server.faults.sabotage = "let time = 0; performance.now = () => (time += 10);\n";
    const training = await site.training("?classes=35&images=20&held=10&steps=2000&speed=50");
    site.server.faults.sabotage = "";
    await training.get("play").click();
    await training.beyond(200);
    const worker = training.tab.workers().at(-1);
    await worker.evaluate(() => setTimeout(() => Promise.reject(new Error("sabotage")), 0));
    await training.get("note").getByText("goes on from step").waitFor({ timeout: 120_000 });
    const from = Number((await training.get("note").innerText()).match(/step (\d+)/)[1]);
    assert.ok(from > 0, "there was a snapshot");
    await training.beyond(from + 20);
    const { full } = await training.models();
    assert.ok(full.fitted > 0.9, `${full.fitted}`);
    await training.page.close();
  });

  test("a second training takes no more of the engine's memory than the first", async () => {
    site.server.faults.sabotage = `
      const { instantiateStreaming } = WebAssembly;
      WebAssembly.instantiateStreaming = async (...of) => {
        const made = await instantiateStreaming.apply(WebAssembly, of);
        self.engineMemory = made.instance.exports.memory;
        return made;
      };\n`;
    const training = await site.training("?classes=35&images=5&held=10&steps=200&speed=50");
    site.server.faults.sabotage = "";
    const worker = training.tab.workers().at(-1);
    const bytes = () => worker.evaluate(() => self.engineMemory.buffer.byteLength);
    await training.train();
    const early = await bytes();
    await training.get("reset").click();
    await training.until("idle", 0);
    await training.train();
    const late = await bytes();
    // The engine asks for memory in pieces, and for how many is a matter of timing. What a training keeps is more than that.
    assert.ok(early > 1e6 && late - early < TRAINING_BYTES, `from ${early} to ${late} bytes`);
    await training.page.close();
  });

  test("what the lesson came to is there before anything is trained, of its settings alone", async () => {
    const training = await site.training("");
    const said = await training.get("finding").innerText();
    for (const mode of ["gradient", "full"]) {
      const { mean, low, high } = LESSON.models[mode].above_activation;
      const [, ...shown] = new RegExp(`${mode} ([+−][\\d.]+) \\(95 % interval ([+−][\\d.]+) to ([+−][\\d.]+)\\)`).exec(said) ?? assert.fail(said);
      [mean, low, high].forEach((share, at) => assert.ok(Math.abs(number(shown[at]) - 100 * share) <= 0.051, `${said}: ${share}`));
      assert.ok(low > 0 && mean >= 0.02, `${mode}: ${mean}, from ${low}`);
    }
    const bands = training.get("accuracies").locator("path.band");
    assert.ok((await bands.evaluateAll((paths) => paths.map((path) => path.getAttribute("d")))).every((path) => path.endsWith("Z")));
    const [top, , bottom] = (await training.get("accuracies").locator(".plot-ticks span").allInnerTexts()).map(parseFloat);
    const means = Object.values(LESSON.models).map(({ mean }) => 100 * mean);
    assert.ok(bottom > 0 && bottom < Math.min(...means) && Math.max(...means) < top && top < 100, `${bottom} to ${top}`);
    await training.get("images").selectOption("10");
    assert.equal(await training.get("finding").innerText(), "");
    assert.equal(await bands.first().getAttribute("d"), "");
    await training.page.close();
  });

  test("a run has an interval beside each accuracy, can be tried on an image, and is followed by one with other images", async () => {
    const training = await site.training(TINY);
    const { full } = await training.train();
    const interval = (await training.tab.locator("[data-testid=train-model][data-mode=full] td .subtitle").innerText()).match(/\d+/g).map(Number);
    // Two classes, ten images of each held out: Wilson's formula.
    const [z, count] = [1.96, 20];
    const [middle, scale] = [full.held + (z * z) / count / 2, 1 + (z * z) / count];
    const reach = z * Math.sqrt((full.held * (1 - full.held)) / count + ((z / count) * (z / count)) / 4);
    assert.deepEqual(interval, [middle - reach, middle + reach].map((end) => Math.round((100 * end) / scale)));
    const tile = training.tab.getByTestId("trial-tile").nth(3);
    await tile.click();
    const verdicts = await training.verdicts(await tile.getAttribute("data-image"));
    assert.deepEqual(Object.keys(verdicts), MODES);
    assert.ok(MODES.every((mode) => ["cat", "dog"].includes(verdicts[mode].name) && verdicts[mode].probability >= 0.5));
    await training.get("play").click();
    await training.tab.waitForURL((url) => url.searchParams.get("seed") === "2");
    await training.until("done", 5);
    await training.page.close();
  });

  test("settings that no control offers are not taken from the address", async () => {
    const training = await site.training("?steps=4294967295&images=99999&seed=-1&speed=0");
    const chosen = Object.fromEntries(await Promise.all(["steps", "images", "seed", "speed"].map(async (name) => [name, await training.get(name).inputValue()])));
    assert.deepEqual(chosen, { steps: "400", images: "90", seed: "1", speed: "4" });
    await training.page.close();
  });

  for (const width of [320, 390]) {
    test(`the section fits a phone of ${width} pixels, with every button to save`, async () => {
      const training = await site.training(TINY, { viewport: { width, height: 844 } });
      await training.train();
      assert.ok((await training.tab.evaluate(() => document.documentElement.scrollWidth)) <= width);
      for (const button of await training.get("save").all()) {
        const { x, width: wide, height } = await button.boundingBox();
        assert.ok(x >= 0 && x + wide <= width && height >= 24, `from ${x}, ${wide} by ${height}`);
      }
      await training.page.close();
    });
  }
});
