// For a release: names everything by what is in it, so that a browser may keep it for ever and never mixes two versions,
// and lists it for the service worker. A page for development stays as it is, and has no service worker.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PAGE, edit, replace } from "./page.js";

const WORKER = "service_worker.js";
const ENGINE = ["engine.js", "engine_bg.wasm", "engine_loader.js"];

/** The paths of all files in a folder, with / between, in an order of their own. */
function list(root, folder = "") {
  const inside = readdirSync(join(root, folder)).sort();
  return inside.flatMap((name) => {
    const path = folder ? `${folder}/${name}` : name;
    return statSync(join(root, path)).isDirectory() ? list(root, path) : [path];
  });
}

function sha256(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A name for what is in the files of a folder. */
function digest(root, paths) {
  const hash = createHash("sha256");
  for (const path of paths) hash.update(`${path}\0${statSync(join(root, path)).size}\0`).update(readFileSync(join(root, path)));
  return hash.digest("hex").slice(0, 16);
}

/** Gives a folder the name of what is in it. */
function rename(root, folder) {
  const name = `${folder}-${digest(root, list(root, folder))}`;
  renameSync(join(root, folder), join(root, name));
  return name;
}

/** Puts the engine's files, which refer to each other, into a folder of their own. */
function gatherEngine(root) {
  mkdirSync(join(root, "engine"));
  for (const file of ENGINE) renameSync(join(root, file), join(root, "engine", file));
  writeFileSync(join(root, "engine/engine_loader.js"), 'import init from "./engine.js"; await init();\n');
}

/** Publishes the page in `root`, whose interface is split. */
export function publish(root) {
  gatherEngine(root);
  const [app, engine, gallery, models] = ["app", "engine", "gallery", "models"].map((folder) => rename(root, folder));
  const offline = readFileSync(join(import.meta.dirname, "offline.js"), "utf8");
  edit(root, (page) => {
    page = page.replaceAll(/\bapp\/app(_bg\.wasm|\.js)/g, (_, ending) => `${app}/app${ending}`);
    page = replace(page, 'data-engine="engine_loader.js"', `data-engine="${engine}/engine_loader.js"`);
    page = replace(page, 'data-gallery="gallery"', `data-gallery="${gallery}"`);
    page = replace(page, 'data-models="models"', `data-models="${models}"`);
    return replace(page, "</head>", `<script type="module">\n${offline}</script></head>`);
  });
  const files = list(root).filter((path) => path !== PAGE && !path.endsWith(".md"));
  // What the page shows before the engine comes.
  const first = (path) => !path.includes("/") || path.startsWith(app) || /\/(index|predictions)\.json$|\/sheet-0\.png$/.test(path);
  // Models of wider scopes, and more images to train on, are kept when somebody has asked for them.
  const wider = (path) => /-conv\d-\d\.safetensors$|\/more-\d\.png$/.test(path);
  const facts = {
    VERSION: digest(root, list(root)),
    INTERFACE: ["./", ...files.filter(first)],
    REST: files.filter((path) => !first(path) && !wider(path)),
    WIDER: files.filter(wider),
    DIGESTS: Object.fromEntries(files.map((path) => [path, sha256(readFileSync(join(root, path)))])),
  };
  const constants = Object.entries(facts).map(([name, value]) => `const ${name} = ${JSON.stringify(value, null, 2)};\n`);
  writeFileSync(join(root, WORKER), constants.join("") + readFileSync(join(import.meta.dirname, WORKER), "utf8"));
}
