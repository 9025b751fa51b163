// Makes the page's programs smaller with wasm-opt. That takes minutes, so what came out is kept, and a program that has
// not changed since is not optimised again.
import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { TARGET } from "./target.js";

/** What the browsers that have this page's features can do. */
const FEATURES = ["bulk-memory", "reference-types", "nontrapping-float-to-int", "sign-ext", "mutable-globals", "simd", "multivalue"];
const ARGUMENTS = ["-Oz", ...FEATURES.map((feature) => `--enable-${feature}`)];
/** Where Trunk keeps its tools, and tools.sh this one. */
const TRUNKS_TOOLS = [
  join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "trunk"),
  join(homedir(), "Library/Caches/dev.trunkrs.trunk"),
];
const KEPT = join(TARGET, "wasm-opt-kept");
/** What nobody has asked for in so long is thrown away, in milliseconds. */
const LIFE = 30 * 24 * 3600 * 1000;

/** Optimises the programs at `paths`, where they are. */
export async function optimise(paths) {
  const { tool, version } = optimiser();
  mkdirSync(KEPT, { recursive: true });
  await Promise.all(paths.map((path) => shrink(tool, version, path)));
  for (const file of readdirSync(KEPT).map((name) => join(KEPT, name))) {
    if (Date.now() - statSync(file).mtimeMs > LIFE) rmSync(file);
  }
}

async function shrink(tool, version, path) {
  const name = createHash("sha256").update([version, ...ARGUMENTS, ""].join("\0")).update(readFileSync(path)).digest("hex");
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

/** wasm-opt, from the PATH or from where Trunk keeps it, and its version. */
function optimiser() {
  const found = TRUNKS_TOOLS.flatMap((folder) => (existsSync(folder) ? readdirSync(folder).map((tool) => join(folder, tool, "bin/wasm-opt")) : []));
  for (const tool of ["wasm-opt", ...found]) {
    try {
      return { tool, version: execFileSync(tool, ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim() };
    } catch {
      // There is none, or it does not run here.
    }
  }
  throw new Error("wasm-opt is missing: ./tools.sh installs it");
}
