// The document of a page that Trunk has made.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const PAGE = "index.html";

/** Changes the document of the page in `root`. */
export function edit(root, change) {
  const path = join(root, PAGE);
  writeFileSync(path, change(readFileSync(path, "utf8")));
}

/** Replaces what must be there exactly once. */
export function replace(text, old, by) {
  if (text.split(old).length !== 2) throw new Error(`the page should say ${old} once`);
  return text.replace(old, () => by);
}
