// Stands in for node:fs: a page has no files.

/** @param {string} path @returns {never} */
export function readFileSync(path) {
  throw new Error(`a page cannot read ${path}`);
}

/** @param {string} path @returns {never} */
export function writeFileSync(path) {
  throw new Error(`a page cannot write ${path}`);
}
