// Keeps the page for when there is no network. The constants above it, written by publish.js, are
//   VERSION    what is in all files, so that a new version is a new worker
//   INTERFACE  what the page shows before the engine comes
//   REST       the engine, the models and the gallery's other sheets
//   WIDER      the models of wider scopes and images to train on, kept once they were asked for
//   DIGESTS    the SHA-256 of every file but the page itself
// All but the page itself have names that follow from what is in them: what is kept is never old.
const PREFIX = `gradfeat ${self.registration.scope} `;
const KEPT = PREFIX + VERSION;
const absolute = (path) => new URL(path, self.registration.scope).href;
const PAGES = ["./", "index.html"].map(absolute);
const FILES = new Set([...INTERFACE, ...REST, ...WIDER].map(absolute));
const WHOLE = new Map(Object.entries(DIGESTS).map(([path, digest]) => [absolute(path), digest]));

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("message", (event) => event.waitUntil(keepMissing(REST).catch(() => {})));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = request.url.split(/[?#]/)[0];
  if (request.method !== "GET") return;
  if (request.mode === "navigate" && PAGES.includes(address)) event.respondWith(page(request));
  else if (FILES.has(request.url)) event.respondWith(file(event));
});

/** The other versions that are kept. */
async function others() {
  return (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== KEPT);
}

/** A first version is there as soon as its interface is. A newer one takes over from a whole one only whole, and when
 * no page of the older one is open any more. */
async function install() {
  const isFirst = (await others()).length === 0;
  await keepMissing(isFirst ? INTERFACE : [...INTERFACE, ...REST]);
}

async function activate() {
  for (const name of await others()) await caches.delete(name);
  await self.clients.claim();
}

/** Keeps those of the files that are not kept yet, from older versions or from the server, one after the other. */
async function keepMissing(paths) {
  const kept = await caches.open(KEPT);
  for (const address of paths.map(absolute)) {
    if (await kept.match(address)) continue;
    const isPage = PAGES.includes(address);
    const response = (isPage ? undefined : await caches.match(address)) ?? (await fetch(address, { cache: isPage ? "reload" : "default" }));
    if (!(await isSound(address, response.clone()))) throw new Error(`${address} cannot be kept: ${response.status}`);
    await kept.put(address, response);
  }
}

/** Whether a file came as it was published. One that did not is not kept, so that another try can go better. */
async function isSound(address, response) {
  if (!response.ok || PAGES.includes(address)) return response.ok;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await response.arrayBuffer()));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("") === WHOLE.get(address);
}

/** The newest page, or the one that is kept. */
async function page(request) {
  const kept = async () => (await caches.open(KEPT)).match(absolute("./"));
  try {
    const response = await fetch(request);
    return response.ok ? response : ((await kept()) ?? response);
  } catch (error) {
    const response = await kept();
    if (response) return response;
    throw error;
  }
}

/** A file that is kept, or from the server, to be kept. */
async function file(event) {
  const kept = await caches.open(KEPT).catch(() => undefined);
  const found = await kept?.match(event.request.url);
  if (found) return found;
  const response = await fetch(event.request);
  // Where there is no room, the page goes on without.
  if (kept) event.waitUntil(keep(kept, event.request.url, response.clone()).catch(() => {}));
  return response;
}

async function keep(kept, address, response) {
  if (await isSound(address, response.clone())) await kept.put(address, response);
}
