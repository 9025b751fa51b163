import { launch } from "./chromium.js";
import { serve } from "./server.js";
import { DIST } from "./gallery.js";
import { Page } from "./page.js";
const server = await serve(DIST);
const browser = await launch("cpu");
const shots = [["d-light",{viewport:{width:1440,height:900}},""],["p-light",{viewport:{width:390,height:844}},""],["p-dark",{viewport:{width:390,height:844},colorScheme:"dark"},"?lang=zh"],["d-dark",{viewport:{width:1440,height:900},colorScheme:"dark"},""],["n-light",{viewport:{width:320,height:640}},""],["t-light",{viewport:{width:768,height:1024}},""]];
for (const [name, options, query] of shots.filter(([n]) => !process.argv[2] || process.argv[2].split(",").includes(n))) {
  const p = await Page.open(browser, server.url, { query, ...options });
  await p.until("ready");
  await p.page.waitForTimeout(2500);
  const height = await p.page.evaluate(() => document.documentElement.scrollHeight);
  const wide = await p.page.evaluate(() => document.documentElement.scrollWidth);
  console.log(name, "height", height, "width", wide, JSON.stringify(p.errors));
  await p.page.screenshot({ path: `/tmp/notes/${name}-top.png` });
  // wake lazily loaded sections
  for (let y = 0; y < height; y += 600) { await p.page.evaluate((y) => window.scrollTo(0, y), y); await p.page.waitForTimeout(150); }
  await p.page.waitForTimeout(800);
  await p.page.screenshot({ path: `/tmp/notes/${name}-full.png`, fullPage: true });
  await p.close();
}
await browser.close(); await server.close();
