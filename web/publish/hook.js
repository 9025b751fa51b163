// Trunk's last step: makes two programs of the interface, and for a release optimises all programs and publishes the page.
//
//   TRUNK_PROFILE       debug or release
//   TRUNK_STAGING_DIR   the page
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { optimise } from "./optimise.js";
import { publish } from "./publish.js";
import { split } from "./split.js";

const { TRUNK_PROFILE, TRUNK_STAGING_DIR: root } = process.env;
split(root);
if (TRUNK_PROFILE === "release") {
  const programs = readdirSync(root, { recursive: true }).filter((path) => path.endsWith(".wasm"));
  await optimise(programs.map((path) => join(root, path)));
  publish(root);
}
