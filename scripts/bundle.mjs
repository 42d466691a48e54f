// node scripts/bundle.mjs: makes one module, dist/bundle.js, of what tsc has compiled in each package. Packages import each other as before.
//
// Node finds, reads and links every module by itself. Behind `groupcast` there are some ninety; as one for each package, they take a
// fifth of the time.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { isAbsolute } from "node:path";
import { rolldown } from "rolldown";
import { ROOT } from "./command.mjs";
import { compiledPackages } from "./fingerprint.mjs";

/** Hands over the source maps of tsc, so that those of the bundle lead to the sources. */
const MAPS_OF_TSC = {
  name: "maps-of-tsc",
  /** @param {string} path */
  load: (path) => ({ code: readFileSync(path, "utf8"), map: readFileSync(`${path}.map`, "utf8") }),
};

for (const folder of compiledPackages()) await bundle(`${ROOT}${folder}/dist/`);

/** @param {string} dist */
async function bundle(dist) {
  const external = (/** @type {string} */ id) => !id.startsWith(".") && !isAbsolute(id);
  const build = await rolldown({ input: `${dist}index.js`, external, platform: "node", plugins: [MAPS_OF_TSC] });
  // One file in the same folder, so that import.meta.url leads where it led.
  const { output } = await build.generate({ file: `${dist}bundle.js`, format: "esm", sourcemap: true, codeSplitting: false });
  await build.close();
  for (const file of output) replace(dist + file.fileName, file.type === "chunk" ? file.code : file.source);
}

/**
 * Writes a file in one step: a program that starts meanwhile reads the old one or the new one.
 *
 * @param {string} path
 * @param {string | Uint8Array} content
 */
function replace(path, content) {
  const ownPath = `${path}.${process.pid}`; // two scripts may bundle at once
  writeFileSync(ownPath, content);
  renameSync(ownPath, path);
}
