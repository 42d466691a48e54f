// Globals of Node that the packages use. Buffer is npm's "buffer", which the page brings.

/** What the packages ask of a process that is none. */
export const process = {
  platform: "browser",
  versions: {},
  stderr: { write: (/** @type {string} */ text) => console.warn(text.trimEnd()) },
  nextTick: (/** @type {(...args: unknown[]) => void} */ fn, /** @type {unknown[]} */ ...args) => queueMicrotask(() => fn(...args)),
  on() {},
  off() {},
  listeners: () => [],
};

/** Runs `fn` in a turn of its own. @param {(...args: unknown[]) => void} fn @param {unknown[]} args */
export function setImmediate(fn, ...args) {
  setTimeout(fn, 0, ...args);
}
