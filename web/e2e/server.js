// A static file server, as plain as any host: it serves one folder under /page/, and knows a few types.
import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const TYPES = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
};

/** The folder that the page lives in, so that a path that only works at the root is found out. */
const FOLDER = "/page/";

/** Imported scripts run before the importing one, and yet the engine only starts in its last line. */
const ENGINE = "engine_loader.js";

/** What of a slow file is sent at a time, in bytes, and how long after what went before, in milliseconds. */
const PIECE = 1 << 18;
const PAUSE = 200;

/**
 * Serves `root` under `folder`, each file with `headers` in addition. To be changed at will: `root` itself;
 * `faults.blocked`, the path endings that are answered with 503, `faults.replaced`, bytes to answer with instead of a
 * file by path ending, `faults.slow`, the endings of those that come piece by piece, `faults.cut`, of those that break
 * off half-way; and `faults.sabotage`, a script that the engine's worker runs before it starts.
 */
export async function serve(root, { folder = FOLDER, headers = {} } = {}) {
  const faults = { blocked: [], replaced: {}, slow: [], cut: [], sabotage: "" };
  const site = { root, faults };
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    const suffers = (fault) => fault.some((ending) => path.endsWith(ending));
    if (!path.startsWith(folder)) return response.writeHead(404).end();
    if (suffers(faults.blocked)) return response.writeHead(503).end();
    const replaced = Object.entries(faults.replaced).find(([ending]) => path.endsWith(ending));
    if (replaced) return response.writeHead(200).end(replaced[1]);
    const inside = normalize(path.slice(folder.length)) || "index.html";
    const file = join(site.root, inside === "." ? "index.html" : inside);
    const found = inside.startsWith("..") ? null : await stat(file).catch(() => null);
    if (!found?.isFile()) return response.writeHead(404).end();
    if (path.endsWith(ENGINE)) {
      return response.writeHead(200, { ...headers, "content-type": TYPES[".js"] }).end(faults.sabotage + (await readFile(file)));
    }
    const type = TYPES[extname(file)] ?? "application/octet-stream";
    response.writeHead(200, { ...headers, "content-type": type, "content-length": found.size });
    await send(response, await readFile(file), suffers(faults.slow), suffers(faults.cut));
  });
  await new Promise((resolve) => server.listen(0, "localhost", resolve));
  site.url = `http://localhost:${server.address().port}${folder}`;
  site.close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return site;
}

async function send(response, bytes, isSlow, breaksOff) {
  if (!isSlow && !breaksOff) return response.end(bytes);
  const length = breaksOff ? bytes.length / 2 : bytes.length;
  for (let at = 0; at < length && !response.destroyed; at += PIECE) {
    response.write(bytes.subarray(at, Math.min(at + PIECE, length)));
    if (isSlow) await pause(PAUSE);
  }
  if (breaksOff) setTimeout(() => response.destroy(), PAUSE);
  else response.end();
}
