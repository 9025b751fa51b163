// A static file server, as plain as any host: it serves one folder under /page/, and knows a few types.
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
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

/**
 * Serves `root`; `blocked` is a set of path endings that are answered with 503, to be changed at will.
 * @returns {Promise<{url: string, blocked: Set<string>, close: () => Promise<void>}>}
 */
export async function serve(root) {
  const blocked = new Set();
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    if (!path.startsWith(FOLDER)) return response.writeHead(404).end();
    if ([...blocked].some((ending) => path.endsWith(ending))) return response.writeHead(503).end();
    const inside = normalize(path.slice(FOLDER.length)) || "index.html";
    const file = join(root, inside === "." ? "index.html" : inside);
    const found = inside.startsWith("..") ? null : await stat(file).catch(() => null);
    if (!found?.isFile()) return response.writeHead(404).end();
    const type = TYPES[extname(file)] ?? "application/octet-stream";
    response.writeHead(200, { "content-type": type, "content-length": found.size });
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "localhost", resolve));
  return {
    url: `http://localhost:${server.address().port}${FOLDER}`,
    blocked,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
