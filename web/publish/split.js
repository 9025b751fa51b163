// Makes two programs of the interface: Trunk has no step between cargo and wasm-bindgen where this could be done, so
// what it made of the whole is thrown away. The page then has them, with their JavaScript, in a folder of their own.
import { execFile, execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { edit, replace } from "./page.js";

const ROOT = join(import.meta.dirname, "../..");
const FOLDER = "app";
/** As Trunk names the files that it made of the whole. */
const WHOLE = /\bapp-[0-9a-f]+(_bg\.wasm|\.js)/g;
/** What the browsers that have this page's features can do. */
const FEATURES = ["bulk-memory", "reference-types", "nontrapping-float-to-int", "sign-ext", "mutable-globals", "simd", "multivalue"];
/** Where Trunk keeps the tool that it fetches where there is none. */
const TRUNKS_TOOLS = [
  join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "trunk"),
  join(homedir(), "Library/Caches/dev.trunkrs.trunk"),
];

/** Splits the interface of the page in `root`; `optimise` makes it smaller, which takes half a minute. */
export async function split(root, { optimise }) {
  const folder = join(root, FOLDER);
  const arguments_ = ["run", "--quiet", "--release", "--package", "split", "--", join(target(), "wasm32-unknown-unknown/page/app.wasm"), folder];
  execFileSync("cargo", arguments_, { cwd: ROOT, stdio: "inherit" });
  plainFetch(join(folder, "later.js"));
  if (optimise) {
    const tool = optimiser();
    const programs = readdirSync(folder).filter((name) => name.endsWith(".wasm"));
    await Promise.all(programs.map((name) => shrink(tool, join(folder, name))));
  }
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

/** wasm-opt, from the PATH or from where Trunk keeps it. */
function optimiser() {
  const found = TRUNKS_TOOLS.flatMap((folder) => (existsSync(folder) ? readdirSync(folder).map((tool) => join(folder, tool, "bin/wasm-opt")) : []));
  const tool = ["wasm-opt", ...found].find(works);
  if (!tool) throw new Error("wasm-opt is missing: ./tools.sh installs it");
  return tool;
}

function shrink(tool, path) {
  return promisify(execFile)(tool, ["-Oz", ...FEATURES.map((feature) => `--enable-${feature}`), path, "-o", path]);
}

function works(tool) {
  try {
    execFileSync(tool, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
