// The section of the linearisation, against the native program and a network of the tests' own. Environment: as in
// page.test.js.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { MODEL, indices, tilePng } from "./gallery.js";
import { predict } from "./native.js";
import { assertClose, largest } from "./numbers.js";
import { Network, convolve, moved } from "./network.js";
import { stage } from "./setup.js";

const network = new Network(MODEL);

/** The logit of the network itself with conv5 at θ̄2 + r·w2, under ω̄. */
function logitAt(input, label, r) {
  const features = convolve(input, moved(network.conv5, network.w2, r), 1).values.map((value) => network.leaky(value));
  return network.omega(label).reduce((sum, omega, o) => sum + omega * features[o], network.bias(label));
}

for (const backend of ["webgpu", "cpu"]) {
  describe(`the linearisation on ${backend}`, { timeout: 600_000 }, () => {
    const index = indices(0)[7];
    const [label, against] = [2, 6];
    const site = stage(backend);
    let page;
    let native;
    let input;

    before(async () => {
      native = predict(tilePng(index));
      ({ input } = network.last(index));
      page = await site.ready({ query: `?image=${index}&class=${label}` });
      await page.section("line", String(index));
      await page.unfold("line-one-image");
    });

    async function reading() {
      const { r, network, tangent, error } = await page.data("line-reading");
      return { r: Number(r), network: Number(network), tangent: Number(tangent), error: Number(error) };
    }

    /** Moves the slider by keys and reads what is said there. */
    async function press(...keys) {
      await page.page.getByTestId("line-r").focus();
      for (const key of keys) await page.page.keyboard.press(key);
      return reading();
    }

    test("at r = 0 both are the activation model", async () => {
      const found = await press("Home");
      const wanted = native.activation.logits[label];
      const size = largest(native.activation.logits);
      assert.equal(found.r, 0);
      assertClose(found.network, wanted, size, "the network");
      assertClose(found.tangent, wanted, size, "the tangent");
    });

    test("at r = 1 the tangent has gone by the full model's gradient term, and the network has not", async () => {
      const found = await press("Home", ...Array(50).fill("ArrowRight"));
      const wanted = native.activation.logits[label] + native.full.gradient_logits[label];
      const size = Math.abs(native.activation.logits[label]) + largest(native.full.gradient_logits);
      assertClose(found.r, 1, 1, "r");
      assertClose(found.tangent, wanted, size, "the tangent");
      assertClose(found.network, logitAt(input, label, 1), size, "the network");
      assertClose(found.error, found.tangent - found.network, size, "the error");
      assert.ok(Math.abs(found.error) > 0.01 * size, "the network is not linear");
    });

    test("the slider goes to 2 by keyboard, and r is kept in the address", async () => {
      const found = await press("End", ...Array(5).fill("ArrowLeft"));
      assertClose(found.r, 1.9, 1, "r");
      assertClose(found.network, logitAt(input, label, 1.9), largest(native.full.logits), "the network");
      await page.page.waitForURL((url) => url.searchParams.get("r") === "1.9");
    });

    test("differences of classes are differences", async () => {
      await page.page.getByTestId("line-against").selectOption(String(against));
      const found = await reading();
      assertClose(found.network, logitAt(input, label, 1.9) - logitAt(input, against, 1.9), largest(native.full.logits), "the network");
      assert.equal(await page.page.getByTestId("gradient-against").inputValue(), String(against), "one choice for all sections");
    });

    test("another image has another curve", async () => {
      const other = indices(0)[8];
      await page.choose(other);
      await page.section("line", String(other));
      const { input } = network.last(other);
      const found = await reading();
      assertClose(found.network, logitAt(input, label, 1.9) - logitAt(input, against, 1.9), largest(native.full.logits), "the network");
    });

    test("a file that is refused does not keep the curve from coming", async () => {
      const other = indices(0)[9];
      await page.choose(other);
      await page.upload("notes.txt", Buffer.from("not an image"), "text/plain");
      await page.page.getByTestId("upload-error").waitFor();
      await page.section("line", String(other));
    });

    test("nothing was printed as an error, nothing asked of others", () => page.assertQuiet());
  });
}
