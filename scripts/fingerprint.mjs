// Fingerprints of files: two equal ones mean that a step need not run again.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./command.mjs";

const GENERATED_FOLDERS = new Set(["node_modules", "dist", "build", "prebuilds", "coverage", ".cache", ".git"]);

/**
 * Lists the files under a folder (or the file itself) that are not generated.
 *
 * @param {string} path Relative to the repository.
 * @returns {string[]} Relative to the repository, sorted; empty when there is nothing at the path.
 */
export function filesUnder(path) {
  if (!existsSync(ROOT + path)) return [];
  if (statSync(ROOT + path).isFile()) return [path];
  const entries = readdirSync(ROOT + path, { withFileTypes: true }).filter((entry) => !GENERATED_FOLDERS.has(entry.name));
  return entries.flatMap((entry) => (entry.isDirectory() ? filesUnder(join(path, entry.name)) : [join(path, entry.name)])).sort();
}

/**
 * Lists the package folders.
 *
 * @returns {string[]} Relative to the repository.
 */
export function packageFolders() {
  return readdirSync(`${ROOT}packages`)
    .map((name) => `packages/${name}`)
    .filter((folder) => existsSync(`${ROOT}${folder}/package.json`));
}

/**
 * Lists the packages that have been compiled.
 *
 * @returns {string[]} Folders, relative to the repository.
 */
export function compiledPackages() {
  return packageFolders().filter((folder) => existsSync(`${ROOT}${folder}/dist/index.js`));
}

/**
 * Lists the modules that tsc has made of a package.
 *
 * @param {string} folder Of the package, relative to the repository.
 * @returns {string[]} Relative to the repository, sorted.
 */
export function compiledModules(folder) {
  const files = readdirSync(`${ROOT}${folder}/dist`, { recursive: true, encoding: "utf8" });
  const modules = files.filter((file) => file.endsWith(".js") && !file.endsWith("bundle.js") && !file.startsWith("page/")); // bundles
  return modules.map((file) => join(folder, "dist", file)).sort();
}

/**
 * Fingerprint of what files contain. For few files whose timestamps say nothing, such as manifests after a checkout.
 *
 * @param {readonly string[]} paths
 * @param {readonly string[]} facts Whatever else the step depends on.
 */
export function fingerprintOfContents(paths, facts = []) {
  return digest([...paths.map((path) => `${path}\0${readFileSync(ROOT + path, "utf8")}`), ...facts]);
}

/**
 * Fingerprint of sizes and modification times: some hundred sources in a few milliseconds.
 *
 * @param {readonly string[]} paths
 * @param {readonly string[]} facts Whatever else the step depends on.
 */
export function fingerprintOfTimes(paths, facts = []) {
  const versions = paths.map((path) => {
    const { size, mtimeMs } = statSync(ROOT + path);
    return `${path}\0${size}\0${mtimeMs}`;
  });
  return digest([...versions, ...facts]);
}

/** @param {readonly string[]} parts */
function digest(parts) {
  return createHash("sha256").update(parts.join("\n")).digest("hex");
}
