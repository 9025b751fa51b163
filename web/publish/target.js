// The repository, and cargo's folder for what it makes.
import { execFileSync } from "node:child_process";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");

const arguments_ = ["metadata", "--no-deps", "--format-version", "1"];
export const TARGET = JSON.parse(execFileSync("cargo", arguments_, { cwd: ROOT, encoding: "utf8", maxBuffer: 1 << 26 })).target_directory;
