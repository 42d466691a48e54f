// One file of a package: what tsc has compiled. scripts/bundle.mjs writes it for each package, scripts/mutants.mjs for a changed one.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, isAbsolute } from "node:path";
import { rolldown } from "rolldown";
import { ROOT } from "./command.mjs";

const OURS = /^(?:@groupcast\/([\w-]+)|(groupcast))$/;

const FOREIGN = "eventemitter3";
const EVENTEMITTER3 = createRequire(`${ROOT}packages/base/package.json`).resolve(FOREIGN);

/** The licence of the only foreign code in bundles has to be wherever that is. */
export const LICENCE = `/*\nContains eventemitter3:\n\n${readFileSync(`${dirname(EVENTEMITTER3)}/LICENSE`, "utf8")}*/\n`;

/** Puts that licence at the head of a bundle that needs it. @param {import("rolldown").RenderedChunk} chunk */
export const BANNER = ({ moduleIds }) => (moduleIds.includes(EVENTEMITTER3) ? LICENCE : "");

/** Hands over the source maps of tsc, so that those of the bundle lead to the sources. */
export const MAPS_OF_TSC = {
  name: "maps-of-tsc",
  /** @param {string} path */
  load: (path) => (existsSync(`${path}.map`) ? { code: readFileSync(path, "utf8"), map: readFileSync(`${path}.map`, "utf8") } : undefined),
};

/**
 * Leads imports of our packages to compiled modules: a bundle may have another one in it, and one copy is enough.
 *
 * @param {string} root Of the repository, or of a copy.
 */
export function compiledCode(root) {
  const resolveId = (/** @type {string} */ id) => {
    const [, scoped, bare] = OURS.exec(id) ?? [];
    const folder = scoped ?? bare;
    return folder === undefined ? undefined : `${root}packages/${folder}/dist/index.js`;
  };
  return { name: "compiled-code", resolveId };
}

/**
 * Makes the bundle of a package, and its source map.
 *
 * @param {string} name Of its folder in `packages`.
 * @param {string} [root] Of the repository, or of a copy.
 * @returns {Promise<{ files: { path: string, content: string }[], exported: string[] }>} `exported`: the names that it exports.
 */
export async function packageBundle(name, root = ROOT) {
  const dist = `${root}packages/${name}/dist/`;
  const external = (/** @type {string} */ id) => !id.startsWith(".") && !isAbsolute(id) && id !== FOREIGN;
  const build = await rolldown({ input: `${dist}index.js`, external, platform: "node", plugins: [MAPS_OF_TSC], logLevel: "warn" });
  // One file in the same folder, so that import.meta.url leads where it led.
  const target = /** @type {const} */ ({ file: `${dist}bundle.js`, format: "esm", sourcemap: true, codeSplitting: false });
  const { output } = await build.generate({ ...target, banner: BANNER, comments: { jsdoc: false } }); // doc comments are in the types
  await build.close();
  const files = output.map((file) => ({ path: dist + file.fileName, content: file.type === "chunk" ? file.code : String(file.source) }));
  return { files, exported: output[0].exports };
}
