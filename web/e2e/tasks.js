// The long tasks of the interface's thread.

/** Begins to note them. */
export function watchTasks(tab) {
  return tab.evaluate(() => {
    window.longest = 0;
    const note = (list) => list.getEntries().forEach(({ duration }) => (window.longest = Math.max(window.longest, duration)));
    new PerformanceObserver(note).observe({ type: "longtask" });
  });
}

/** The longest since the last time this was asked, in milliseconds; 0 where none took 50. */
export function longestTask(tab) {
  return tab.evaluate(() => {
    const longest = window.longest;
    window.longest = 0;
    return longest;
  });
}
