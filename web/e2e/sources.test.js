// Images of the visitor's own: from the camera, drawn, and files that are not as they should be. Environment: as in
// page.test.js.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { crc32 } from "node:zlib";
import { OPENING, indices, tilePng } from "./gallery.js";
import { assertSame, predict } from "./native.js";
import { encode } from "./png.js";
import { stage } from "./setup.js";

const SIDE = 32;

async function open(site) {
  const page = await site.ready();
  await page.outcome(String(OPENING));
  await page.openSources();
  return page;
}

describe("the camera", { timeout: 600_000 }, () => {
  const FAKE = "--use-fake-device-for-media-stream";
  const ALLOWED = "--use-fake-ui-for-media-stream";
  const start = (page) => page.page.getByTestId("camera-start");
  const video = (page) => page.page.getByTestId("camera-video");
  const track = (page) => page.page.evaluateHandle(() => document.querySelector("[data-testid=camera-video]").srcObject.getTracks()[0]);

  /** A test in a browser with some flags, once the camera was turned on. */
  function camera(name, flags, use) {
    describe(name, () => {
      const site = stage("cpu", ...flags);

      test(name, async () => {
        const page = await open(site);
        await start(page).press("Enter");
        await use(page);
        page.assertQuiet();
      });
    });
  }

  camera("its picture is taken and predicted, and then it is off", [FAKE, ALLOWED], async (page) => {
    await page.page.waitForFunction(() => document.querySelector("[data-testid=camera-video]")?.videoWidth > 0);
    const taken = await track(page);
    await page.page.getByTestId("camera-take").press("Enter");
    await page.page.getByTestId("chosen").getByText("your picture").waitFor();
    const outcome = await page.outcome("upload");
    assert.ok(outcome.full.total.every(Number.isFinite));
    assert.equal(await video(page).count(), 0);
    assert.equal(await taken.evaluate((track) => track.readyState), "ended");
    // Chromium's camera is green with a clock and a disc on it.
    const [[red, green, blue]] = await page.page.getByTestId("chosen").locator("canvas").evaluateAll(([canvas]) => [[...canvas.getContext("2d").getImageData(2, 2, 1, 1).data]]);
    assert.ok(green > red + 30 && green > blue + 30, `${[red, green, blue]}`);
  });

  camera("it can be turned off without a picture, and on again", [FAKE, ALLOWED], async (page) => {
    await video(page).waitFor();
    const off = await track(page);
    await page.page.getByTestId("camera-stop").press("Enter");
    assert.equal(await off.evaluate((track) => track.readyState), "ended");
    await start(page).press("Enter");
    await video(page).waitFor();
  });

  camera("a refusal is said, and what to do", [FAKE, "--deny-permission-prompts"], async (page) => {
    await page.page.getByTestId("upload-error").getByText("not allowed to use the camera").waitFor();
    assert.ok(await start(page).isEnabled());
  });

  camera("no camera is said", [ALLOWED], async (page) => {
    await page.page.getByTestId("upload-error").getByText("There is no camera").waitFor();
  });
});

describe("the drawing canvas", { timeout: 600_000 }, () => {
  const site = stage("cpu");
  let page;

  before(async () => {
    page = await open(site);
    await page.page.getByTestId("board-open").press("Enter");
  });

  /** A white image with the brush's squares at some places. */
  function drawing(dabs) {
    const pixels = Buffer.alloc(3 * SIDE * SIDE, 255);
    for (const [x, y, colour] of dabs) {
      for (let row = y - 1; row <= y + 1; row++) for (let column = x - 1; column <= x + 1; column++) pixels.set(colour, 3 * (row * SIDE + column));
    }
    return encode({ width: SIDE, height: SIDE, pixels });
  }

  const board = () => page.page.getByTestId("board");
  /** Does something to the canvas, and gives what is said of the drawing as it is then. */
  async function drawn(act) {
    await act();
    await page.page.waitForFunction(() => {
      const [board, chosen] = ["[data-testid=board]", "[data-testid=chosen] canvas"].map((canvas) => document.querySelector(canvas));
      return chosen?.toDataURL() === board.toDataURL();
    });
    return page.outcome("upload");
  }

  test("the keyboard draws", async () => {
    const outcome = await drawn(async () => {
      await board().focus();
      await page.page.keyboard.press("Space");
      for (let step = 0; step < 5; step++) await page.page.keyboard.press("ArrowRight");
      await page.page.getByTestId("board-red").check();
      await board().focus();
      await page.page.keyboard.press("Shift+ArrowDown");
    });
    const red = [200, 40, 40];
    assertSame(outcome, predict(drawing([[16, 16, [0, 0, 0]], [21, 16, red], [21, 17, red]])), "the drawing");
    assert.match(await board().getAttribute("aria-label"), /Column 22, row 18/);
  });

  test("clearing leaves a white board, and the mouse draws lines", async () => {
    await drawn(() => page.page.getByTestId("board-clear").press("Enter"));
    const { x, y, width } = await board().boundingBox();
    const at = (pixel) => ((pixel + 0.5) * width) / SIDE;
    const outcome = await drawn(async () => {
      await page.page.mouse.move(x + at(4), y + at(10));
      await page.page.mouse.down();
      await page.page.mouse.move(x + at(24), y + at(10));
      await page.page.mouse.up();
    });
    const dabs = Array.from({ length: 21 }, (_, step) => [4 + step, 10, [200, 40, 40]]);
    assertSame(outcome, predict(drawing(dabs)), "the line");
  });

  test("a finger draws", async () => {
    await drawn(() => page.page.getByTestId("board-clear").press("Enter"));
    const { x, y, width } = await board().boundingBox();
    const touch = await page.page.context().newCDPSession(page.page);
    const at = (pixel) => ((pixel + 0.5) * width) / SIDE;
    const send = (type, ...touchPoints) => touch.send("Input.dispatchTouchEvent", { type, touchPoints });
    const outcome = await drawn(async () => {
      await send("touchStart", { x: x + at(8), y: y + at(6) });
      await send("touchMove", { x: x + at(8), y: y + at(20) });
      await send("touchEnd");
    });
    const dabs = Array.from({ length: 15 }, (_, step) => [8, 6 + step, [200, 40, 40]]);
    assertSame(outcome, predict(drawing(dabs)), "the line");
  });

  test("nothing was printed as an error, nothing asked of others", () => page.assertQuiet());
});

describe("files that are not as they should be", { timeout: 600_000 }, () => {
  const site = stage("cpu");
  let page;

  before(async () => {
    page = await open(site);
  });

  /** An image file that the browser writes from a picture of a slope, of a given type and opacity. */
  async function written(type, { width = SIDE, height = SIDE, alpha = 1 } = {}) {
    const bytes = await page.page.evaluate(
      async ({ type, width, height, alpha }) => {
        const canvas = Object.assign(document.createElement("canvas"), { width, height });
        const context = canvas.getContext("2d");
        const slope = context.createLinearGradient(0, 0, width, height);
        [["black", 0], ["orange", 0.4], ["teal", 1]].forEach(([colour, at]) => slope.addColorStop(at, colour));
        context.globalAlpha = alpha;
        context.fillStyle = slope;
        context.fillRect(0, 0, width, height);
        const blob = await new Promise((resolve) => canvas.toBlob(resolve, type, 0.95));
        return [...new Uint8Array(await blob.arrayBuffer())];
      },
      { type, width, height, alpha },
    );
    return Buffer.from(bytes);
  }

  /** Uploads a file and gives what is said of the picture, once it is predicted as by the native program. */
  async function taken(name, bytes) {
    await page.upload(name, bytes);
    await page.page.getByTestId("chosen").getByText(name).waitFor();
    assertSame(await page.outcome("upload"), predict(bytes), name);
    return page.page.getByTestId("image-note").allInnerTexts();
  }

  /** Uploads a file that is to be refused, and gives the reason. */
  async function refused(name, bytes) {
    await page.upload(name, bytes);
    const message = page.page.getByTestId("upload-error").getByText(name);
    await message.waitFor();
    return message.innerText();
  }

  test("a PNG that claims 20,000 × 20,000 pixels is refused from its header", async () => {
    const png = Buffer.from(tilePng(indices(0)[0]));
    png.writeUInt32BE(20_000, 16);
    png.writeUInt32BE(20_000, 20);
    png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
    assert.match(await refused("huge.png", png), /20000 × 20000.*at most 16384/);
  });

  test("one pixel is enough", async () => {
    assert.deepEqual(await taken("one.png", await written("image/png", { width: 1, height: 1 })), []);
  });

  test("an animation gives its first frame, and that is said", async () => {
    // One red pixel, then a blue one.
    const frame = (colour) => [0x21, 0xf9, 4, 0, 10, 0, 0, 0, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, colour, 1, 0];
    const header = [...Buffer.from("GIF89a"), 1, 0, 1, 0, 0x80, 0, 0, 255, 0, 0, 0, 0, 255];
    const gif = (...colours) => Buffer.from([...header, ...colours.flatMap(frame), 0x3b]);
    assert.match((await taken("moving.gif", gif(0x44, 0x4c))).join(), /first frame/);
    const red = await page.outcome("upload");
    assert.deepEqual(await taken("still.gif", gif(0x44)), []);
    assert.deepEqual(await page.outcome("upload"), red);
  });

  test("transparency lies over white, and that is said", async () => {
    assert.match((await taken("clear.png", await written("image/png", { alpha: 0.5 }))).join(), /over white/);
    assert.deepEqual(await taken("opaque.png", await written("image/png")), []);
  });

  test("EXIF's orientation is applied, a JPEG that breaks off is read as far as it goes", async () => {
    const jpeg = await written("image/jpeg", { width: 64, height: 48 });
    const tiff = Buffer.from([...Buffer.from("II*\0"), 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0]);
    const exif = Buffer.from([0xff, 0xe1, 0, tiff.length + 8, ...Buffer.from("Exif\0\0"), ...tiff]);
    assert.match((await taken("whole.jpg", jpeg)).join(), /^it is cropped/);
    assert.match((await taken("turned.jpg", Buffer.concat([jpeg.subarray(0, 2), exif, jpeg.subarray(2)]))).join(), /turned.*cropped/);
    assert.match((await taken("short.jpg", jpeg.subarray(0, jpeg.length - 60))).join(), /breaks off/);
    assert.match(await refused("header.jpg", jpeg.subarray(0, 20)), /cannot be read/);
  });

  test("what is no image is refused, and the page goes on", async () => {
    assert.match(await refused("notes.png", Buffer.from("no image")), /not an image/);
    assert.match(await refused("empty.png", Buffer.alloc(0)), /not an image/);
    await page.choose(indices(0)[1]);
    page.assertQuiet();
  });

  test("a wrong model file is refused with the reason, and can be tried again", async () => {
    site.server.faults.replaced = { "model.safetensors": Buffer.from("not a model at all") };
    const page = await site.open();
    await page.until("failed");
    assert.match(await page.engine.innerText(), /The engine could not start: the base network is not usable/);
    site.server.faults.replaced = { "full-conv5.safetensors": tilePng(indices(0)[0]) };
    await page.page.getByTestId("engine-retry").click();
    await page.page.getByTestId("result-error").filter({ hasText: "the full model is not usable" }).waitFor({ timeout: 60_000 });
    site.server.faults.replaced = {};
    await page.page.getByTestId("result").getByRole("button", { name: "Try again" }).click();
    await page.outcome(String(OPENING));
    await page.close();
  });
});
