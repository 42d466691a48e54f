// Programs of the scenarios as text, and text as a program.

const BODY = /^export async function run\([^)]*\) \{\n([\s\S]*)^\}/m;

/** What stands in the braces of `run`, as it is edited. @param {string} file */
export function bodyOf(file) {
  const [, body = ""] = BODY.exec(file) ?? [];
  return body.replaceAll(/^ {2}/gm, "");
}

/** Makes a program of what a visitor wrote. @param {string} body @returns {import("./scene.mjs").Program} */
export function programOf(body) {
  const AsyncFunction = /** @type {FunctionConstructor} */ (/** @type {unknown} */ ((async () => {}).constructor));
  const run = new AsyncFunction("network", "reactorOn", "say", body);
  return ({ network, reactorOn, say }) => run(network, reactorOn, say);
}
