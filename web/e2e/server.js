// A static file server, as plain as any host: it serves one folder under /page/, and knows a few types.
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const TYPES = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".png": "image/png",
  ".wasm": "application/wasm",
};

/** The folder that the page lives in, so that a path that only works at the root is found out. */
const FOLDER = "/page/";

/** Imported scripts run before the importing one, and yet the engine only starts in its last line. */
const ENGINE = "engine_loader.js";

/**
 * Serves `root`, each file with `headers` in addition. To be changed at will: `faults.blocked`, the path endings that
 * are answered with 503, `faults.replaced`, bytes to answer with instead of a file by path ending, and
 * `faults.sabotage`, a script that the engine's worker runs before it starts.
 */
export async function serve(root, headers = {}) {
  const faults = { blocked: [], replaced: {}, sabotage: "" };
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    if (!path.startsWith(FOLDER)) return response.writeHead(404).end();
    if (faults.blocked.some((ending) => path.endsWith(ending))) return response.writeHead(503).end();
    const replaced = Object.entries(faults.replaced).find(([ending]) => path.endsWith(ending));
    if (replaced) return response.writeHead(200).end(replaced[1]);
    const inside = normalize(path.slice(FOLDER.length)) || "index.html";
    const file = join(root, inside === "." ? "index.html" : inside);
    const found = inside.startsWith("..") ? null : await stat(file).catch(() => null);
    if (!found?.isFile()) return response.writeHead(404).end();
    if (path.endsWith(ENGINE)) {
      return response.writeHead(200, { ...headers, "content-type": TYPES[".js"] }).end(faults.sabotage + (await readFile(file)));
    }
    const type = TYPES[extname(file)] ?? "application/octet-stream";
    response.writeHead(200, { ...headers, "content-type": type, "content-length": found.size });
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "localhost", resolve));
  return {
    url: `http://localhost:${server.address().port}${FOLDER}`,
    faults,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
