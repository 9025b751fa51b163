// The page in its two languages. Environment: as in page.test.js.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { indices } from "./gallery.js";
import { stage } from "./setup.js";

/** Latin words that stay in a Chinese text: names, commands, abbreviations, symbols. */
const STAY = new Set(
  "English MIT Apache Mu Liang Li ICLR Gradients as Features for Deep Representation Learning CPU GPU WebGPU WebAssembly MB CIFAR PCA JVP SHA gradfeat train scope Shift He ReLU leaky softmax logit logits conv1 conv2 conv3 conv4 conv5 kernel ms w1 w2 omega bar".split(" "),
);

const site = stage("cpu");

/** Words of two Latin letters or more that are seen or read out, without those that stay. */
function latin(page) {
  return page.page.evaluate((stay) => {
    const texts = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const parent = walker.currentNode.parentElement;
      if (!parent.closest("script, style, noscript, [data-testid=check-facts]")) texts.push(walker.currentNode.data);
    }
    for (const element of document.querySelectorAll("[aria-label], [title], [placeholder], [aria-valuetext], [aria-roledescription]")) {
      texts.push(...["aria-label", "title", "placeholder", "aria-valuetext", "aria-roledescription"].map((name) => element.getAttribute(name) ?? ""));
    }
    const words = texts.flatMap((text) => text.match(/[A-Za-z][A-Za-z0-9]+/g) ?? []);
    return [...new Set(words)].filter((word) => !stay.includes(word));
  }, [...STAY]);
}

const lang = (page) => page.page.evaluate(() => document.documentElement.lang);

describe("languages", { timeout: 400_000 }, () => {
  test("the browser's preference decides, and the address over it", async () => {
    const open = async (locale, query = "") => {
      const page = await site.open({ locale, query });
      await page.page.getByTestId("language-en").waitFor();
      const found = await lang(page);
      await page.close();
      return found;
    };
    assert.equal(await open("zh-CN"), "zh-Hans");
    assert.equal(await open("fr-FR"), "en");
    assert.equal(await open("zh-CN", "?lang=en"), "en");
    assert.equal(await open("en-GB", "?lang=zh"), "zh-Hans");
  });

  test("nothing of the Chinese page is in English, and axe-core finds nothing", async () => {
    const index = indices(0)[5];
    const page = await site.open({ query: `?lang=zh&image=${index}&compare=true` });
    await page.outcome(String(index));
    await page.section("line", String(index));
    await page.openSources();
    await page.openAppendix();
    await page.page.getByTestId("board-open").click();
    await page.page.getByTestId("image-maps").waitFor({ timeout: 120_000 });
    await page.page.getByTestId("check-start").click();
    await page.page.waitForSelector("[data-testid=check][data-state=done]", { timeout: 120_000 });
    assert.deepEqual(await latin(page), []);
    assert.deepEqual(await page.violations(), []);
    page.assertQuiet();
    await page.close();
  });

  test("a start that fails is told in Chinese", async () => {
    site.server.faults.replaced = { "model.safetensors": Buffer.from("not a model at all") };
    const page = await site.open({ query: "?lang=zh" });
    await page.until("failed").finally(() => (site.server.faults.replaced = {}));
    assert.match(await page.engine.innerText(), /引擎无法启动：基础网络无法使用/);
    await page.close();
  });

  test("the switch keeps the image, the settings and the focus", async () => {
    const index = indices(0)[7];
    const page = await site.open({ query: "?r=0.5&class=3" });
    await page.until("ready");
    const before = await page.choose(index);
    await page.section("line", String(index));
    await page.page.getByTestId("language-zh").focus();
    await page.page.keyboard.press("Enter");
    assert.equal(await page.page.locator("h1").innerText(), "梯度即特征");
    assert.equal(await page.page.title(), "梯度即特征");
    assert.deepEqual(await page.read(), before);
    assert.equal(await page.page.getByTestId("line-r").inputValue(), "0.5");
    assert.deepEqual(["lang", "image", "r", "class"].map((name) => page.setting(name)), ["zh", String(index), "0.5", "3"]);
    assert.equal(await page.page.evaluate(() => document.activeElement.dataset.testid), "language-zh");
    await page.page.keyboard.press("Shift+Tab");
    await page.page.keyboard.press("Enter");
    assert.equal(await page.page.locator("h1").innerText(), "Gradients as features");
    assert.deepEqual(await page.read(), before);
    page.assertQuiet();
    await page.close();
  });
});
