// A Chromium with or without WebGPU, on a machine that need not have a GPU.
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const QUIET = [
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const SOFTWARE_GPU = ["--use-angle=swiftshader", "--enable-features=Vulkan", "--use-vulkan=swiftshader"];
const FLAGS = {
  webgpu: [...QUIET, ...SOFTWARE_GPU, "--enable-unsafe-webgpu"],
  // Without the flag, Chromium offers no adapter on a software GPU.
  cpu: [...QUIET, "--use-angle=swiftshader"],
};

/** Starts the browser in which the engine should find the given backend, with `more` flags. */
export function launch(backend, ...more) {
  return chromium.launch({ executablePath: find(), args: [...FLAGS[backend], ...more], headless: true });
}

function find() {
  const candidates = process.env.PATH.split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)));
  const found = candidates.find(isProgram);
  if (!found) throw new Error(`none of ${NAMES.join(", ")} is on the PATH`);
  return found;
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
