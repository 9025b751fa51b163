// Makes the page's programs smaller with wasm-opt. That takes minutes, so what came out is kept, and a program that has
// not changed since is not optimised again.
import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT, TARGET } from "./target.js";

/** What the browsers that have this page's features can do. */
const FEATURES = ["bulk-memory", "reference-types", "nontrapping-float-to-int", "sign-ext", "mutable-globals", "simd", "multivalue"];
const ARGUMENTS = ["-Oz", ...FEATURES.map((feature) => `--enable-${feature}`)];
/** As Trunk.toml names it: another version may refuse the programs, or make others of them. */
const VERSION = /^wasm_opt = "(.*)"$/m.exec(readFileSync(join(ROOT, "Trunk.toml"), "utf8"))[1];
/** Where Trunk keeps its tools, and tools.sh this one. */
const TRUNKS_TOOLS = [
  join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "trunk"),
  join(homedir(), "Library/Caches/dev.trunkrs.trunk"),
];
const KEPT = join(TARGET, "wasm-opt-kept");
/** A result that was not used for this long is deleted, in milliseconds. */
const LIFE = 30 * 24 * 3600 * 1000;

/** Optimises the programs at `paths`, where they are. */
export async function optimise(paths) {
  const tool = optimiser();
  mkdirSync(KEPT, { recursive: true });
  await Promise.all(paths.map((path) => shrink(tool, path)));
  for (const file of readdirSync(KEPT).map((name) => join(KEPT, name))) {
    if (Date.now() - statSync(file).mtimeMs > LIFE) rmSync(file);
  }
}

async function shrink(tool, path) {
  const name = createHash("sha256").update([VERSION, ...ARGUMENTS, ""].join("\0")).update(readFileSync(path)).digest("hex");
  const kept = join(KEPT, `${name}.wasm`);
  if (!existsSync(kept)) {
    const half = `${kept}.${process.pid}`;
    await promisify(execFile)(tool, [...ARGUMENTS, path, "-o", half]);
    renameSync(half, kept);
  }
  const now = new Date();
  utimesSync(kept, now, now);
  copyFileSync(kept, path);
}

/** wasm-opt, from where Trunk keeps it or from the PATH. */
function optimiser() {
  const kept = TRUNKS_TOOLS.map((folder) => join(folder, `wasm-opt-${VERSION}`, "bin/wasm-opt"));
  const tool = [...kept, "wasm-opt"].find(isRight);
  if (!tool) throw new Error(`wasm-opt, ${VERSION}, is missing: ./tools.sh installs it`);
  return tool;
}

function isRight(tool) {
  try {
    // It says "wasm-opt version 132" where Trunk says "version_132".
    const said = execFileSync(tool, ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return said.split(" ").slice(1, 3).join("_").trim() === VERSION;
  } catch {
    return false;
  }
}
