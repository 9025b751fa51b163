// The whole page in a real Chromium, once on WebGPU and once on the CPU.
//
//   GRADFEAT     the native program, whose predictions the page's must equal
//   DIST         the built page (../../dist)
//   SCREENSHOTS  a folder for pictures of the page; none are taken without it
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, before, describe, test } from "node:test";
import { OPENING, indices, tilePng } from "./gallery.js";
import { assertSame, predict } from "./native.js";
import { Page } from "./page.js";
import { stage } from "./setup.js";
import { number } from "./words.js";

for (const backend of ["webgpu", "cpu"]) {
  describe(`on ${backend}`, { timeout: 600_000 }, () => {
    const site = stage(backend);
    let page;

    before(async () => {
      page = await site.ready();
    });

    test("the engine says what it runs on", async () => {
      assert.equal(await page.engine.getAttribute("data-backend"), backend, await page.engine.innerText());
    });

    test("gallery images are predicted as by the native program", async () => {
      for (const index of [indices(0)[0], indices(0)[57]]) {
        assertSame(await page.choose(index), predict(tilePng(index)), `image ${index}`);
      }
    });

    test("an image of another sheet is predicted once that sheet is shown, and kept in the address", async () => {
      const index = indices(1)[3];
      assert.equal(await page.tile(index).count(), 0);
      await page.openSources();
      await page.page.getByTestId("gallery-more").click();
      assertSame(await page.choose(index), predict(tilePng(index)), `image ${index}`);
      assert.equal(new URL(page.page.url()).searchParams.get("image"), String(index));
    });

    test("an upload is predicted as by the native program", async () => {
      const png = tilePng(indices(4)[20]);
      await page.upload("mine.png", png);
      assertSame(await page.outcome("upload"), predict(png), "the upload");
      assert.equal(new URL(page.page.url()).searchParams.get("image"), null);
    });

    test("images are taken by drop and by paste", async () => {
      for (const [type, transfer] of [["drop", "dataTransfer"], ["paste", "clipboardData"]]) {
        const png = tilePng(indices(5)[type.length]);
        await page.transfer(type, transfer, `${type}.png`, png);
        await page.page.getByTestId("chosen").getByText(`${type}.png`).waitFor();
        assertSame(await page.outcome("upload"), predict(png), type);
      }
    });

    test("a file that is no image is refused, and the predictions stay", async () => {
      const earlier = await page.outcome("upload");
      await page.upload("notes.txt", Buffer.from("not an image"), "text/plain");
      const message = page.page.getByTestId("upload-error");
      await message.waitFor();
      assert.match(await message.innerText(), /notes\.txt.*not an image/s);
      assert.deepEqual(await page.outcome("upload"), earlier);
    });

    test("the keyboard is enough", async () => {
      await page.choose(indices(0)[0]);
      assert.equal(await page.page.getByTestId("upload-error").count(), 0, "the message goes with a new choice");
      await page.page.evaluate(() => document.activeElement.blur());
      await page.tabTo(`[data-index="${indices(0)[0]}"]`);
      await page.page.keyboard.press("ArrowRight");
      await page.page.keyboard.press("Enter");
      await page.outcome(String(indices(0)[1]));
      await page.tabTo("[data-testid=image-upload]");
    });

    test("links lead to every section", async () => {
      const targets = await page.page.locator("nav a").evaluateAll((links) => links.map((link) => link.hash));
      assert.ok(targets.length >= 5);
      for (const target of targets) assert.equal(await page.page.locator(`main ${target}`).count(), 1, target);
    });

    test("a link into the appendix opens it", async () => {
      const appendix = page.page.getByTestId("appendix");
      const isOpen = () => appendix.evaluate(({ open }) => open);
      for (const section of ["network", "similar", "ablation", "check"]) {
        if (await isOpen()) await page.page.getByTestId("appendix-summary").click();
        assert.equal(await isOpen(), false);
        await page.page.evaluate((section) => (location.hash = section), section);
        await page.page.waitForFunction((section) => {
          const { top, bottom } = document.getElementById(section).getBoundingClientRect();
          return bottom > top && top >= -1 && top < innerHeight;
        }, section);
        assert.equal(await isOpen(), true);
      }
      const other = await site.open({ query: "?backend=cpu#check" });
      await other.page.waitForSelector("[data-testid=appendix][open]");
      await other.page.waitForFunction(() => document.getElementById("check").getBoundingClientRect().top < innerHeight);
      await other.close();
    });

    test("the chosen image is beside what is said of it", async () => {
      await page.choose(indices(0)[2]);
      const [image, logits] = await Promise.all([page.page.getByTestId("result-image"), page.page.locator("table.full")].map((found) => found.boundingBox()));
      assert.ok(Math.abs(image.y - logits.y) < 400, `${image.y} and ${logits.y}`);
      assert.equal(await page.page.locator("[data-testid=terms] table:visible").count(), 1, "one chart");
      await page.unfold("terms-others");
      assert.equal(await page.page.locator("[data-testid=terms] table:visible").count(), 4);
      await page.page.getByTestId("terms-others-summary").click();
    });

    test("every section says more, in words, to those who ask", async () => {
      await page.openAppendix();
      const deeper = page.page.locator("main details.deeper:not(.advanced)");
      assert.equal(await deeper.count(), 8);
      for (const details of await deeper.all()) {
        const text = details.locator("p");
        assert.equal(await text.isVisible(), false);
        await details.locator("summary").press("Enter");
        assert.ok((await text.innerText()).length > 200);
      }
    });

    test("nothing was printed as an error, nothing asked of others", () => page.assertQuiet());
  });
}

describe("when things go wrong", { timeout: 600_000 }, () => {
  const site = stage("cpu");

  test("a network that cannot be loaded is said, and can be tried again", async () => {
    site.server.faults.blocked = ["model.safetensors"];
    const page = await site.open();
    await page.until("failed");
    assert.match(await page.engine.innerText(), /model\.safetensors/);
    site.server.faults.blocked = [];
    await page.page.getByTestId("engine-retry").click();
    await page.until("ready");
    await page.outcome(String(OPENING));
    await page.close();
  });

  test("a model that cannot be loaded is said, and can be tried again", async () => {
    site.server.faults.blocked = ["full-conv5.safetensors"];
    const page = await site.open();
    const result = page.page.getByTestId("result");
    await page.page.getByTestId("result-error").getByText("full-conv5.safetensors").waitFor();
    const origin = await page.page.getByTestId("origin").getAttribute("data-origin");
    assert.equal(origin, "baked", "what was computed beforehand is not passed off as live");
    site.server.faults.blocked = [];
    await result.getByRole("button", { name: "Try again" }).click();
    await page.outcome(String(OPENING));
    await page.close();
  });

  test("where the interface's second program does not come, the first shows what it has, and tries again", async () => {
    site.server.faults.blocked = ["split_later.wasm"];
    const page = await site.open();
    await page.until("failed");
    assert.match(await page.engine.innerText(), /rest of this page could not be loaded/);
    assert.equal(await page.page.getByTestId("prediction").count(), 4);
    assert.equal(await page.page.getByTestId("line").count(), 0);
    site.server.faults.blocked = [];
    await page.page.getByTestId("engine-retry").click();
    await page.until("ready");
    const key = String(OPENING);
    await page.outcome(key);
    await page.section("line", key);
    await page.close();
  });

  test("an engine program that is not there is said", async () => {
    site.server.faults.blocked = ["engine_bg.wasm"];
    const page = await site.open();
    await page.until("failed");
    site.server.faults.blocked = [];
    await page.page.getByTestId("engine-retry").click();
    await page.until("ready");
    await page.close();
  });

  test("the address chooses the image", async () => {
    const index = indices(2)[5];
    const page = await site.open({ query: `?image=${index}` });
    await page.outcome(String(index));
    assert.equal(await page.tile(index).getAttribute("aria-pressed"), "true");
    page.assertQuiet();
    await page.close();
  });
});

describe("when the GPU is not to be relied on", { timeout: 600_000 }, () => {
  const site = stage("webgpu");

  afterEach(async () => {
    site.server.faults.sabotage = "";
    for (const context of site.browser.contexts()) await context.close();
  });

  /** Opens the page and waits until it predicts on the CPU. */
  async function openOnCpu(options) {
    const page = await site.open(options);
    await page.until("ready");
    assert.equal(await page.engine.getAttribute("data-backend"), "cpu");
    await page.outcome(String(OPENING));
    return page;
  }

  test("a GPU that computes wrong is found out", async () => {
    site.server.faults.sabotage = "GPUComputePassEncoder.prototype.dispatchWorkgroups = () => {};";
    const page = await openOnCpu();
    assert.match(await page.engine.innerText(), /failed its self-test/);
  });

  test("a GPU that Burn cannot use is left alone", async () => {
    site.server.faults.sabotage = 'Object.defineProperty(GPUAdapter.prototype, "features", { get: () => new Set() });';
    const page = await openOnCpu();
    assert.match(await page.engine.innerText(), /lacks the feature timestamp-query/);
    page.assertQuiet();
  });

  test("an engine that the GPU brings down is started again without it", async () => {
    site.server.faults.sabotage = 'GPUDevice.prototype.createComputePipeline = () => { throw new Error("sabotage"); };';
    const page = await openOnCpu();
    assert.match(await page.engine.innerText(), /stopped .*sabotage.*on the CPU/);
  });

  test("the address can ask for the CPU", async () => {
    const page = await openOnCpu({ query: "?backend=cpu" });
    page.assertQuiet();
  });

  test("an engine that its trial of the GPU brings down is started again without it", async () => {
    site.server.faults.sabotage = 'GPUDevice.prototype.createComputePipeline = () => { throw new Error("sabotage"); };';
    const page = await Page.open(site.browser, site.server.url);
    await page.page.getByText(/stopped .*sabotage.*on the CPU/).waitFor();
    await page.until("ready");
    await page.outcome(String(OPENING));
  });

  test("a GPU that is lost is taken up again", async () => {
    const page = await site.open();
    await page.until("ready");
    const earlier = await page.outcome(String(OPENING));
    const control = await site.browser.newBrowserCDPSession();
    // The process that is told to crash does not answer.
    control.send("Browser.crashGpuProcess").catch(() => {});
    await page.page.getByText("The engine stopped").waitFor();
    await page.until("ready");
    await page.choose(indices(0)[1]);
    const again = await page.choose(OPENING);
    assert.equal(again.full.class, earlier.full.class);
  });
});

/** Runs in the engine: time passes a thousand times slower around what is asked of the GPU. */
function slowTime() {
  const now = Performance.prototype.now;
  let [shown, last, isAsked] = [0, 0, false];
  const tick = (isAsking) => {
    const time = now.call(performance);
    shown += (time - last) * (isAsking || isAsked ? 1e-3 : 1);
    [last, isAsked] = [time, isAsking];
    return shown;
  };
  const slow = { GPUDevice: ["createCommandEncoder", "createBindGroup", "createBuffer"], GPUQueue: ["submit", "writeBuffer"], GPUBuffer: ["mapAsync"] };
  for (const [kind, names] of Object.entries(slow)) {
    for (const name of names) {
      const call = self[kind].prototype[name];
      self[kind].prototype[name] = function (...of) {
        tick(true);
        return call.apply(this, of);
      };
    }
  }
  Performance.prototype.now = () => tick(false);
}

describe("the faster processor", { timeout: 600_000 }, () => {
  const site = stage("webgpu");
  /** Opens the page without asking for a processor; the engine has yet to try the GPU. */
  const open = async () => {
    const page = await Page.open(site.browser, site.server.url);
    await page.until("ready");
    assert.deepEqual(
      [await page.engine.getAttribute("data-backend"), await page.engine.getAttribute("data-reason")],
      ["cpu", "trying"],
      "the CPU predicts meanwhile",
    );
    return page;
  };
  /** What the page says once the engine has chosen `backend`, and the milliseconds of both in the order of the text. */
  const chosen = async (page, backend) => {
    await page.page.waitForSelector(`[data-testid=engine][data-reason=faster][data-backend=${backend}]`, { timeout: 120_000 });
    const said = await page.engine.innerText();
    return { said, times: [...said.matchAll(/[\d.]+\sms/g)].map(([time]) => number(time)) };
  };

  test("is the CPU where the GPU is slower, and both times are said", async () => {
    const page = await open();
    const { said, times } = await chosen(page, "cpu");
    assert.match(said, /^Runs on the CPU: [\d.]+\sms an image; WebGPU needs \d+\sms here\.$/);
    assert.ok(times[0] < times[1], said);
    assertSame(await page.choose(indices(0)[1]), predict(tilePng(indices(0)[1])), "on the CPU");
    page.assertQuiet();
    await page.close();
  });

  test("is the GPU where that is faster, and goes on with what there is", async () => {
    site.server.faults.sabotage = `(${slowTime})();\n`;
    const page = await open();
    const { said, times } = await chosen(page, "webgpu").finally(() => (site.server.faults.sabotage = ""));
    assert.match(said, /^Runs on WebGPU.*: .*an image; the CPU needs [\d.]+\sms\.$/);
    assert.ok(times[0] < times[1], said);
    for (const index of indices(0).slice(1, 3)) {
      assertSame(await page.choose(index), predict(tilePng(index)), `image ${index} on the GPU`);
      await page.section("line", String(index));
    }
    page.assertQuiet();
    await page.close();
  });

  test("is not sought once training has begun", async () => {
    const page = await open();
    await page.page.getByTestId("train-play").click();
    await page.page.waitForSelector("[data-testid=engine][data-reason=busy][data-backend=cpu]", { timeout: 120_000 });
    await page.page.waitForSelector("[data-testid=train]:not([data-step='0'])", { timeout: 120_000 });
    assert.match(await page.engine.innerText(), /because training started there/);
    page.assertQuiet();
    await page.close();
  });
});

describe("the address", { timeout: 300_000 }, () => {
  const site = stage("cpu");
  /** Words that are no values, and what the page's controls show in their place. */
  const WRONG = {
    r: ["NaN", "inf", "-1", "2.5"],
    steps: ["4294967295", "0", "x"],
    images: ["99999", "0"],
    speed: ["51", "-4"],
    seed: ["1000000", "-1"],
    ablationimages: ["51"],
    ablationseed: ["1e9"],
    scope: ["conv9"],
    trainscope: ["conv8"],
    class: ["10"],
    rows: ["up"],
    model: ["best"],
    nudge: ["21", "-21"],
    tour: ["8"],
    lang: ["xx"],
    backend: ["gpu"],
  };
  const CONTROLS = ["line-r", "train-steps", "train-images", "train-speed", "train-seed", "ablation-images", "ablation-seed", "train-scope", "gradient-class", "gradient-rows"];
  const controls = (page) =>
    page.page.evaluate((names) => names.map((name) => [name, document.querySelector(`[data-testid=${name}]`).value]), CONTROLS);

  test("takes only what the controls offer, and is corrected", async () => {
    const query = (at) => Object.entries(WRONG).map(([name, words]) => `${name}=${words[at % words.length]}`).join("&");
    const plain = await site.ready();
    await plain.section("line", String(OPENING));
    const expected = await controls(plain);
    await plain.close();
    for (let at = 0; at < 4; at++) {
      const page = await site.ready({ query: `?unrelated=1&${query(at)}` });
      await page.section("line", String(OPENING));
      assert.deepEqual(await controls(page), expected, query(at));
      assert.ok(await page.page.getByTestId("scope-conv5").isChecked());
      assert.ok(await page.page.getByTestId("tour").isHidden());
      assert.equal(new URL(page.page.url()).search, "?unrelated=1");
      page.assertQuiet();
      await page.close();
    }
  });

  test("may set a number that is not in a control's list", async () => {
    const page = await site.ready({ query: "?images=37&steps=2&r=0.333" });
    assert.equal(await page.page.getByTestId("train-images").inputValue(), "37");
    assert.equal(await page.page.getByTestId("train-steps").inputValue(), "2");
    await page.close();
  });
});

describe("pictures of the page", { skip: !process.env.SCREENSHOTS, timeout: 300_000 }, () => {
  const site = stage("cpu");
  const sizes = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };
  for (const [device, viewport] of Object.entries(sizes)) {
    for (const colorScheme of ["light", "dark"]) {
      test(`${device}, ${colorScheme}`, async () => {
        const page = await site.ready({ viewport, colorScheme, deviceScaleFactor: 2, reducedMotion: "reduce" });
        await page.choose(indices(0)[5]);
        const width = await page.page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(width <= viewport.width, `the page is ${width} pixels wide`);
        mkdirSync(process.env.SCREENSHOTS, { recursive: true });
        await page.page.screenshot({ path: join(process.env.SCREENSHOTS, `${device}-${colorScheme}.png`), fullPage: true });
        await page.close();
      });
    }
  }
});
