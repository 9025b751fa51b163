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

/** Where a factor's number of the greatest magnitude is. */
const strongestOf = (factor) => factor.findIndex((value) => Math.abs(value) === largest(factor));
/** The weight with the largest gradient, by its output and its input. */
const strongestPlace = ({ rows, input }) => ({ o: strongestOf(rows), column: strongestOf(input) });

/** What the network says of the logits of two classes when a weight of conv5 has moved, evaluated anew. */
function evaluated(index, { label, against }, { o, column }, delta) {
  const { input, pre } = network.last(index);
  const logit = (label) => {
    const omega = network.omega(label);
    const terms = pre.values.map((z, at) => omega[at] * network.leaky(at === o ? z + delta * input.values[column] : z));
    return network.bias(label) + terms.reduce((sum, term) => sum + term, 0);
  };
  return logit(label) - (against === undefined ? 0 : logit(against));
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
      await page.unfold("gradient-advanced");
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

    test("rows and columns are sorted at first", async () => {
      assert.deepEqual([page.setting("rows"), page.setting("columns")], [null, null]);
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
      assert.equal((await page.data("nudge")).output, String(strongestPlace(want).o), "the order does not change the weight that is moved");
      await matrix.focus();
      await page.page.keyboard.press("Home");
      for (let press = 0; press < 3; press++) await page.page.keyboard.press("ArrowRight");
      const { channel, x, y } = await page.entry();
      assert.deepEqual([channel, y, x], [3, 0, 0], "by position, the fourth column is the fourth channel");
      await choose("gradient-columns", "stored");
    });

    test("a weight is moved, and the logit is that of the moved network", async () => {
      const [label, against] = [Number(page.setting("class")), Number(page.setting("against"))];
      const want = expected(index, { label, against });
      const place = strongestPlace(want);
      const slider = page.page.getByTestId("nudge-delta");
      await slider.focus();
      const seen = [];
      for (const key of ["Home", "End", "ArrowLeft"]) {
        await page.page.keyboard.press(key);
        const { output, column } = await page.data("nudge");
        assert.deepEqual([output, column], [String(place.o), String(place.column)], "the strongest");
        const data = Object.fromEntries(Object.entries(await page.data("nudge-reading")).map(([name, value]) => [name, Number(value)]));
        const at = (delta) => evaluated(index, { label, against }, place, delta);
        const size = Math.max(1, Math.abs(at(data.delta)), Math.abs(at(0)));
        assertClose(data.before, at(0), size, "before");
        assertClose(data.after, at(data.delta), size, `after ${data.delta}`);
        assertClose(data.feature, want.rows[place.o] * want.input[place.column], largest(want.rows) * largest(want.input), "the slope");
        assertClose(data.tangent, at(0) + data.delta * data.feature, size, "the tangent");
        seen.push({ ...data, off: Math.abs(data.tangent - data.after) > 1e-3 * size });
      }
      assert.deepEqual([seen[0].delta, seen[2].delta / seen[1].delta].map((value) => Number(value.toFixed(3))), [Number((-seen[1].delta).toFixed(3)), 0.95]);
      assert.equal(seen.filter(({ off }, at) => at < 2 && off).length, 1, "the kink is on one side, and the tangent is exact on the other");
      await page.page.waitForURL((url) => url.searchParams.get("nudge") === "19");
    });

    test("a click on the picture chooses the weight, and so does Enter", async () => {
      const matrix = page.page.getByTestId("gradient-matrix");
      await matrix.scrollIntoViewIfNeeded();
      const { width, height } = await matrix.boundingBox();
      await matrix.click({ position: { x: width / 3, y: height / 3 } });
      const pointed = await page.entry();
      const weight = ({ output, channel, y, x }) => [output, (channel * KERNEL + y) * KERNEL + x].map(String);
      const moved = async () => Object.values(await page.data("nudge")).filter((value) => /^[0-9]+$/.test(value));
      assert.deepEqual(await moved(), weight(pointed));
      await page.page.waitForURL((url) => url.searchParams.get("weight") === weight(pointed).join(","));
      assert.equal(await page.page.locator(".chosen-weight").isVisible(), true);
      await page.page.keyboard.press("ArrowRight");
      await page.page.keyboard.press("ArrowDown");
      assert.deepEqual(await moved(), weight(pointed), "the cursor alone does not");
      await page.page.keyboard.press("Enter");
      assert.deepEqual(await moved(), weight(await page.entry()));
      await page.page.getByTestId("nudge-strongest").click();
      assert.equal(await page.page.getByTestId("nudge-strongest").count(), 0);
    });

    test("a finger that swipes up or down scrolls the page, also over the zoomed picture", async () => {
      const matrix = page.page.getByTestId("gradient-matrix");
      const touch = () => matrix.evaluate((canvas) => getComputedStyle(canvas).touchAction);
      assert.equal(await touch(), "pan-y");
      await page.page.getByTestId("zoom-in").click();
      assert.ok((await page.drawn())[1] < COLUMNS);
      assert.equal(await touch(), "pan-y");
      await page.page.getByTestId("zoom-all").click();
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
      const query = `?image=${index}&class=3&against=5&rows=stored&columns=position&view=1000,100,256&weight=7,99&nudge=-19`;
      const other = await site.open({ query });
      await other.outcome(String(index));
      await other.section("gradient", String(index));
      assertEntry(await other.entry(), expected(index, { label: 3, against: 5 }), "from the address");
      assert.deepEqual(await other.drawn(), [1000, 256, 100, 32]);
      const { output, column } = await other.data("nudge");
      assert.deepEqual([output, column, await other.page.getByTestId("nudge-delta").inputValue()], ["7", "99", "-19"]);
      other.assertQuiet();
      await other.close();
    });

    test("nothing was printed as an error, nothing asked of others", () => page.assertQuiet());
  });
}
