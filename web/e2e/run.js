// Runs test files side by side, those that take longest first, and says how long each took.
//
//   node web/e2e/run.js [FILE…]   (all of this folder)
//
// The environment is for the tests: see page.test.js.
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";

/** As many as there are cores on the smallest machine that this runs on: some tests wait for seconds that were promised. */
const SIDE_BY_SIDE = 2;
/** In falling order; the others take less. */
const LONGEST = ["train", "coverage", "ablation", "scopes", "page", "sources", "layers", "line"];

const ENDING = ".test.js";
const name = (file) => basename(file, ENDING);
const rank = (file) => LONGEST.indexOf(name(file)) + 1 || LONGEST.length + 1;

/** Runs a file's tests; what they print is printed at their end, in one piece. */
async function run(file) {
  const begin = performance.now();
  const tests = spawn(process.execPath, ["--test", "--test-reporter=spec", file], { stdio: ["ignore", "pipe", "pipe"] });
  const said = [];
  for (const output of [tests.stdout, tests.stderr]) output.on("data", (bytes) => said.push(bytes));
  const code = await new Promise((resolve) => tests.on("close", resolve));
  process.stdout.write(Buffer.concat(said));
  const seconds = Math.round((performance.now() - begin) / 1000);
  return { line: `${String(seconds).padStart(5)} s  ${name(file)}${code === 0 ? "" : "  failed"}`, isGood: code === 0 };
}

const given = process.argv.slice(2);
const all = () => readdirSync(import.meta.dirname).filter((file) => file.endsWith(ENDING)).map((file) => join(import.meta.dirname, file));
const files = (given.length ? given : all()).sort((a, b) => rank(a) - rank(b));
const results = [];

async function work() {
  while (files.length) results.push(await run(files.shift()));
}

await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
console.log(results.map(({ line }) => line).join("\n"));
process.exitCode = results.every(({ isGood }) => isGood) ? 0 : 1;
