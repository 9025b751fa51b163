// Has the page kept for when there is no network: its interface as soon as it has come, the rest once the page has
// everything itself. Where a browser refuses (no room, no permission), the page works all the same.
const container = navigator.serviceWorker;
const ready = container
  ?.register("service_worker.js")
  .then(() => container.ready)
  .catch(() => undefined);
addEventListener("settled", async () => (await ready)?.active.postMessage("keep the rest"), { once: true });
