// Makes two programs of the interface: Trunk has no step between cargo and wasm-bindgen where this could be done, so
// what it made of the whole is thrown away. The page then has them, with their JavaScript, in a folder of their own.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { edit, replace } from "./page.js";

const ROOT = join(import.meta.dirname, "../..");
const FOLDER = "app";
/** As Trunk names the files that it made of the whole. */
const WHOLE = /\bapp-[0-9a-f]+(_bg\.wasm|\.js)/g;
/** What the browsers that have this page's features can do. */
const FEATURES = ["bulk-memory", "reference-types", "nontrapping-float-to-int", "sign-ext", "mutable-globals", "simd", "multivalue"];
/** Where Trunk keeps the tool that it fetches where there is none. */
const TRUNKS_TOOLS = [".cache/trunk", "Library/Caches/dev.trunkrs.trunk"].map((folder) => join(homedir(), folder));

/** Splits the interface of the page in `root`; `optimise` makes it smaller, which takes half a minute. */
export function split(root, { optimise }) {
  const folder = join(root, FOLDER);
  const arguments_ = ["run", "--quiet", "--release", "--package", "split", "--", join(target(), "wasm32-unknown-unknown/page/app.wasm"), folder];
  execFileSync("cargo", arguments_, { cwd: ROOT, stdio: "inherit" });
  plainFetch(join(folder, "later.js"));
  if (optimise) for (const file of readdirSync(folder).filter((name) => name.endsWith(".wasm"))) shrink(join(folder, file));
  for (const file of readdirSync(root).filter((name) => name.match(WHOLE))) rmSync(join(root, file));
  edit(root, (page) => page.replace(WHOLE, (_, ending) => `${FOLDER}/app${ending}`).replace(/ integrity="[^"]*"/g, ""));
}

/** Cargo's folder for what it makes. */
function target() {
  const facts = execFileSync("cargo", ["metadata", "--no-deps", "--format-version", "1"], { cwd: ROOT, encoding: "utf8", maxBuffer: 1 << 26 });
  return JSON.parse(facts).target_directory;
}

/** Streaming needs the server to know the type of a program, which not every static host does. */
function plainFetch(path) {
  const streaming = "WebAssembly.instantiateStreaming(src, imports)";
  const plain = "src.then((response) => response.arrayBuffer()).then((program) => WebAssembly.instantiate(program, imports))";
  writeFileSync(path, replace(readFileSync(path, "utf8"), streaming, plain));
}

function shrink(path) {
  const found = TRUNKS_TOOLS.flatMap((folder) => (existsSync(folder) ? readdirSync(folder).map((tool) => join(folder, tool, "bin/wasm-opt")) : []));
  const tool = ["wasm-opt", ...found].find(works);
  if (!tool) throw new Error("wasm-opt is missing: `npm ci` in web/e2e has it in node_modules/.bin, which should be on the PATH");
  execFileSync(tool, ["-Oz", ...FEATURES.map((feature) => `--enable-${feature}`), path, "-o", path], { stdio: "inherit" });
}

function works(tool) {
  try {
    execFileSync(tool, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
