// A folder for files that is gone when the tests are.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const SCRATCH = mkdtempSync(join(tmpdir(), "gradfeat-e2e-"));
process.on("exit", () => rmSync(SCRATCH, { recursive: true, force: true }));

/** Writes a file there, and says where. */
export function write(name, bytes) {
  const path = join(SCRATCH, name);
  writeFileSync(path, bytes);
  return path;
}
