// The section of the gradient, against a network of the tests' own. Environment: as in page.test.js.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { MODEL, indices } from "./gallery.js";
import { assertClose, assertColour, largest } from "./numbers.js";
import { CLASSES, Network } from "./network.js";
import { stage } from "./setup.js";

const [ROWS, COLUMNS, KERNEL] = [512, 4096, 4];

const network = new Network(MODEL);

/** What the section should say of an image: y, d and ω. */
function expected(index, { label, against }) {
  const conv5 = network.last(index);
  const derivative = conv5.pre.values.map((value) => (value > 0 ? 1 : network.slope));
  const minus = against === undefined ? new Float64Array(ROWS) : network.omega(against);
  const omega = network.omega(label).map((value, o) => value - minus[o]);
  return { omega, derivative, rows: omega.map((value, o) => value * derivative[o]), input: conv5.input.values };
}

/** Fails unless the entry on show has the place and the numbers that the network says. */
function assertEntry(entry, { omega, derivative, input, rows }, what) {
  const { output: o, channel: c, y, x } = entry;
  const column = (c * KERNEL + y) * KERNEL + x;
  assertClose(entry.omega, omega[o], largest(omega), `${what}: ω`);
  assertClose(entry.derivative, derivative[o], 1, `${what}: d`);
  assertClose(entry.input, input[column], largest(input), `${what}: y`);
  assertClose(entry.value, rows[o] * input[column], largest(rows) * largest(input), `${what}: the entry`);
  return { row: o, column };
}

for (const backend of ["webgpu", "cpu"]) {
  describe(`the gradient on ${backend}`, { timeout: 600_000 }, () => {
    const index = indices(0)[5];
    const site = stage(backend);
    let page;
    let outcome;

    before(async () => {
      page = await site.ready({ query: `?image=${index}&unrelated=1` });
      outcome = await page.outcome(String(index));
      await page.section("gradient", String(index));
    });

    const choose = (testid, value) => page.page.getByTestId(testid).selectOption(value);

    test("the strongest entry of the predicted class is shown first", async () => {
      const want = expected(index, { label: outcome.full.class });
      assertEntry(await page.entry(), want, "predicted");
      assertClose(Math.abs((await page.entry()).value), largest(want.rows) * largest(want.input), largest(want.rows) * largest(want.input), "the strongest");
    });

    test("a class and a difference of classes are looked into, and kept in the address", async () => {
      const label = (outcome.full.class + 1) % CLASSES;
      const against = (outcome.full.class + 2) % CLASSES;
      await choose("gradient-class", String(label));
      assertEntry(await page.entry(), expected(index, { label }), "one class");
      await choose("gradient-against", String(against));
      assertEntry(await page.entry(), expected(index, { label, against }), "a difference");
      await page.page.waitForURL((url) => url.searchParams.get("against") === String(against));
      assert.deepEqual([page.setting("class"), page.setting("image"), page.setting("unrelated")], [String(label), String(index), "1"]);
    });

    test("the magnitudes are summed by position", async () => {
      const [label, against] = [Number(page.setting("class")), Number(page.setting("against"))];
      const { rows, input } = expected(index, { label, against });
      const sum = (numbers) => numbers.reduce((sum, number) => sum + Math.abs(number), 0);
      const wanted = Array.from({ length: KERNEL * KERNEL }, (_, at) => sum(rows) * sum(input.filter((_, i) => i % (KERNEL * KERNEL) === at)));
      const found = await page.page.getByTestId("spatial-cell").evaluateAll((cells) => cells.map((cell) => Number(cell.dataset.value)));
      assert.equal(found.length, wanted.length);
      found.forEach((value, at) => assertClose(value, wanted[at], largest(wanted), `position ${at}`));
    });

    test("rows and columns are sorted", async () => {
      await choose("gradient-rows", "value");
      await choose("gradient-columns", "value");
      const [label, against] = [Number(page.setting("class")), Number(page.setting("against"))];
      const want = expected(index, { label, against });
      const matrix = page.page.getByTestId("gradient-matrix");
      await matrix.focus();
      await page.page.keyboard.press("Home");
      for (let press = 0; press < 12; press++) await page.page.keyboard.press("Shift+ArrowUp");
      const { row, column } = assertEntry(await page.entry(), want, "the first");
      assertClose(want.rows[row], Math.max(...want.rows), largest(want.rows), "the largest row");
      assertClose(want.input[column], Math.max(...want.input), largest(want.input), "the largest column");
      await choose("gradient-rows", "stored");
      await choose("gradient-columns", "position");
      await matrix.focus();
      await page.page.keyboard.press("Home");
      for (let press = 0; press < 3; press++) await page.page.keyboard.press("ArrowRight");
      const { channel, x, y } = await page.entry();
      assert.deepEqual([channel, y, x], [3, 0, 0], "by position, the fourth column is the fourth channel");
      await choose("gradient-columns", "stored");
    });

    test("the keyboard zooms and moves, and the picture shows the entries' colours", async () => {
      const matrix = page.page.getByTestId("gradient-matrix");
      await choose("gradient-class", String(outcome.full.class));
      await choose("gradient-against", "");
      const { rows, input } = expected(index, { label: outcome.full.class });
      await matrix.focus();
      for (let press = 0; press < 9; press++) await page.page.keyboard.press("+");
      await page.page.waitForURL((url) => url.searchParams.get("view")?.endsWith(",32"));
      const [left, across, top, down] = await page.drawn();
      assert.deepEqual([across, down], [COLUMNS / 128, ROWS / 128]);
      const extent = largest(rows) * largest(input);
      const places = [];
      for (let r = 0; r < down; r++) for (let c = 0; c < across; c++) places.push({ r, c, value: rows[top + r] * input[left + c] });
      const found = await page.colours("gradient-matrix", places.map(({ r, c }) => [(c + 0.5) / across, (r + 0.5) / down]));
      places.forEach(({ value }, at) => assertColour(found[at], value / extent));
      await page.page.keyboard.press("ArrowRight");
      assertEntry(await page.entry(), expected(index, { label: outcome.full.class }), "after a step");
      await page.page.keyboard.press("0");
      assert.deepEqual(await page.drawn(), [0, COLUMNS, 0, ROWS]);
    });

    test("the pointer points, drags and zooms", async () => {
      const matrix = page.page.getByTestId("gradient-matrix");
      await matrix.scrollIntoViewIfNeeded();
      const { width, height } = await matrix.boundingBox();
      await matrix.hover({ position: { x: width / 2, y: height / 2 } });
      const { row, column } = assertEntry(await page.entry(), expected(index, { label: outcome.full.class }), "under the pointer");
      assert.ok(Math.abs(row - ROWS / 2) < 8 && Math.abs(column - COLUMNS / 2) < 16, `${row}, ${column}`);
      await page.page.getByTestId("zoom-in").click();
      await page.page.getByTestId("zoom-in").click();
      const [left, across] = await page.drawn();
      assert.equal(across, COLUMNS / 4);
      await matrix.hover({ position: { x: width / 2, y: height / 2 } });
      await page.page.mouse.down();
      await matrix.hover({ position: { x: width / 4, y: height / 2 } });
      await page.page.mouse.up();
      const [moved] = await page.drawn();
      assert.ok(Math.abs(moved - left - across / 4) <= 4, `${left} became ${moved}`);
      await page.page.getByTestId("zoom-all").click();
      assert.deepEqual(await page.drawn(), [0, COLUMNS, 0, ROWS]);
    });

    test("the whole state comes back from the address", async () => {
      const query = `?image=${index}&class=3&against=5&rows=value&columns=position&view=1000,100,256`;
      const other = await site.open({ query });
      await other.outcome(String(index));
      await other.section("gradient", String(index));
      assertEntry(await other.entry(), expected(index, { label: 3, against: 5 }), "from the address");
      assert.deepEqual(await other.drawn(), [1000, 256, 100, 32]);
      other.assertQuiet();
      await other.close();
    });

    test("nothing was printed as an error, nothing asked of others", () => page.assertQuiet());
  });
}
