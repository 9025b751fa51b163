// Runs the tests of a program in a browser's worker with WebGPU, for cargo:
//
//   CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER="node web/e2e/webgpu_runner.js" cargo test …
//
// wasm-bindgen's own runner would need a driver of the browser; so it only serves the tests, and this visits them.
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { launch } from "./chromium.js";

/** A software GPU compiles every shader on the CPU. */
const PATIENCE_MS = 3_600_000;

/** A port that nobody listens to. */
async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Serves the tests of `program`; the address is there once it is served. */
async function serve(program) {
  const address = `127.0.0.1:${await freePort()}`;
  const env = { ...process.env, NO_HEADLESS: "1", WASM_BINDGEN_USE_DEDICATED_WORKER: "1", WASM_BINDGEN_TEST_ADDRESS: address };
  const runner = spawn("wasm-bindgen-test-runner", program, { env, stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve, reject) => {
    let said = "";
    runner.stdout.on("data", (text) => (said += text).includes(address) && resolve());
    runner.on("error", reject);
    runner.on("exit", () => reject(new Error(`wasm-bindgen-test-runner serves nothing: ${said}`)));
  });
  return { runner, url: `http://${address}` };
}

const { runner, url } = await serve(process.argv.slice(2));
const browser = await launch("webgpu");
const page = await browser.newPage();
await page.goto(url);
const ended = () => /^test result: .*$/m.exec(document.getElementById("output").textContent)?.[0];
const result = await page.waitForFunction(ended, null, { timeout: PATIENCE_MS }).then((found) => found.jsonValue());
console.log(await page.locator("#output").textContent());
await browser.close();
runner.kill();
process.exitCode = result.startsWith("test result: ok") ? 0 : 1;
