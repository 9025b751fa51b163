// Makes two programs of the interface: Trunk has no step between cargo and wasm-bindgen where this could be done, so
// what it made of the whole is thrown away. The page then has them, with their JavaScript, in a folder of their own.
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { edit, replace } from "./page.js";
import { ROOT, TARGET } from "./target.js";

const FOLDER = "app";
/** As Trunk names the files that it made of the whole. */
const WHOLE = /\bapp-[0-9a-f]+(_bg\.wasm|\.js)/g;

/** Splits the interface of the page in `root`. */
export function split(root) {
  const folder = join(root, FOLDER);
  const arguments_ = ["run", "--quiet", "--release", "--package", "split", "--", join(TARGET, "wasm32-unknown-unknown/page/app.wasm"), folder];
  execFileSync("cargo", arguments_, { cwd: ROOT, stdio: "inherit" });
  plainFetch(join(folder, "later.js"));
  for (const file of readdirSync(root).filter((name) => name.match(WHOLE))) rmSync(join(root, file));
  edit(root, (page) => page.replace(WHOLE, (_, ending) => `${FOLDER}/app${ending}`).replace(/ integrity="[^"]*"/g, ""));
}

/** Streaming needs the server to know the type of a program, which not every static host does. */
function plainFetch(path) {
  const streaming = "WebAssembly.instantiateStreaming(src, imports)";
  const plain = "src.then((response) => response.arrayBuffer()).then((program) => WebAssembly.instantiate(program, imports))";
  writeFileSync(path, replace(readFileSync(path, "utf8"), streaming, plain));
}
