// Stands in for node:url: frames of stacks name addresses, not files.

/** @param {string | URL} url */
export function fileURLToPath(url) {
  return String(url);
}
