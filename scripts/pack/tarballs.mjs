// Packs what would be published, and looks into it.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { gunzipSync } from "node:zlib";
import { ROOT } from "../command.mjs";
import { packageFolders } from "../fingerprint.mjs";
import { leaveInnerDeclarationsOut } from "./declarations.mjs";
import { linksIntoTheRepository, whileLinksAreWhole } from "./readme.mjs";
import { runWell } from "./run.mjs";

const TAR_BLOCK_BYTES = 512; // POSIX.1-1988 ustar: a header block, then the file, padded to whole blocks

const OUTPUT = /^(.*?)(?:\.d)?\.[jt]s(?:\.map)?$/; // of tsc, by its source without ending

const OLDEST_GLIBC_MINOR = 28; // Node 20 needs glibc 2.28 (its BUILDING.md)

/**
 * @typedef {object} Tarball
 * @property {string} file Path of the .tgz.
 * @property {Buffer} bytes
 * @property {Record<string, any>} manifest The package.json in it.
 * @property {ReadonlyMap<string, Buffer>} files Path in the package → content.
 */

/** Text of a file of the repository that a package must not have, and why. */
const FORBIDDEN_TEXT = /** @type {const} */ ([
  [/(?:^|[\s"'(=:])\/(?:home|root|tmp|work|Users)\/[\w.-]+/m, "a path of the machine it was made on"],
  [/\bworkspace:/, "a dependency on the workspace"],
  [/registry\.[\w.-]+\.\w+/, "the address of a registry"],
]);

/** Path in a package that nobody needs who installs it, and why. */
const FORBIDDEN_PATHS = /** @type {const} */ ([
  [/^binding\.gyp$/, "npm would compile it at installation"],
  [/\.test\.|^test\//, "a test"],
  [/\.tsbuildinfo$|\.log$|\.tgz$|\.new$/, "a by-product"],
  [/^src\/|\.map$/, "sources, which are in the repository"],
  [/-sanitized\.node$/, "an instrumented addon"],
  [/^node_modules\//, "somebody else's package"],
]);

/** Scripts of a package.json that run at installation. */
const INSTALL_SCRIPTS = ["preinstall", "install", "postinstall", "prepare"];

/** Manifest fields that every package has. */
const REQUIRED_FIELDS = ["name", "version", "description", "keywords", "license", "author", "engines", "exports", "files", "publishConfig"];

/** Folders of the packages that are not private. */
export function publishableFolders() {
  return packageFolders().filter((folder) => JSON.parse(readFileSync(`${ROOT}${folder}/package.json`, "utf8")).private !== true);
}

/**
 * Packs every publishable package.
 *
 * @param {string} destination An empty folder.
 * @returns {Promise<Tarball[]>}
 */
export async function packAll(destination) {
  const { packageManager } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8"));
  for (const folder of publishableFolders()) {
    removeOrphans(folder);
    leaveInnerDeclarationsOut(ROOT + folder);
    const pack = /** @type {const} */ (["npx", "--yes", packageManager, "pack", "--pack-destination", destination]);
    await whileLinksAreWhole(folder, () => runWell(pack, { cwd: ROOT + folder }));
  }
  return readdirSync(destination)
    .sort()
    .map((name) => openTarball(join(destination, name)));
}

/**
 * Deletes what tsc has made of sources that are gone: it leaves the outputs of a renamed file behind.
 *
 * @param {string} folder
 */
function removeOrphans(folder) {
  const dist = join(ROOT, folder, "dist");
  for (const name of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
    const source = name.match(OUTPUT)?.[1];
    const isBundle = source?.endsWith("bundle") || name.startsWith("page/");
    if (source === undefined || isBundle || existsSync(join(ROOT, folder, "src", `${source}.ts`))) continue;
    rmSync(join(dist, name));
  }
}

/** @param {string} file @returns {Tarball} */
function openTarball(file) {
  const bytes = readFileSync(file);
  const files = new Map(entriesOf(gunzipSync(bytes)));
  const manifest = JSON.parse(String(files.get("package.json")));
  return { file, bytes, manifest, files };
}

/**
 * @param {Buffer} tar
 * @returns {Generator<[path: string, content: Buffer]>}
 */
function* entriesOf(tar) {
  for (let at = 0; at + TAR_BLOCK_BYTES <= tar.length && tar[at] !== 0; ) {
    const text = (/** @type {number} */ from, /** @type {number} */ to) =>
      String(tar.toString("utf8", at + from, at + to).split("\0", 1)[0]);
    const sizeBytes = Number.parseInt(text(124, 136), 8);
    const prefix = text(345, 500);
    const path = `${prefix === "" ? "" : `${prefix}/`}${text(0, 100)}`.replace(/^package\//, "");
    const start = at + TAR_BLOCK_BYTES;
    if (!path.endsWith("/")) yield [path, tar.subarray(start, start + sizeBytes)];
    at = start + Math.ceil(sizeBytes / TAR_BLOCK_BYTES) * TAR_BLOCK_BYTES;
  }
}

/**
 * Finds what a package should not have, or lacks.
 *
 * @param {Tarball} tarball
 * @returns {string[]} A sentence for each.
 */
export function faultsOf({ manifest, files }) {
  const paths = [...files.keys()];
  return [
    ...FORBIDDEN_PATHS.flatMap(([pattern, why]) => paths.filter((path) => pattern.test(path)).map((path) => `has ${path}: ${why}`)),
    ...paths.filter(isText).flatMap((path) => textFaults(path, String(files.get(path)))),
    ...paths.filter((path) => path.endsWith(".html")).flatMap((path) => missingBeside(path, files)),
    ...INSTALL_SCRIPTS.filter((name) => manifest.scripts?.[name] !== undefined).map((name) => `has a script "${name}"`),
    ...REQUIRED_FIELDS.filter((field) => manifest[field] === undefined).map((field) => `has no field "${field}" in its package.json`),
    ...["LICENSE", "README.md"].filter((name) => !files.has(name)).map((name) => `has no ${name}`),
    ...(manifest.repository === undefined ? [] : linksIntoTheRepository(String(files.get("README.md")))).map(
      (link) => `has a README that links to ${link}, which its page at npm has not`,
    ),
    ...paths.filter((path) => path.endsWith(".node")).flatMap((path) => addonFaults(path, files.get(path))),
    ...paths.filter((path) => path.endsWith(".map")).flatMap((path) => mapFaults(path, files)),
    ...exportedFiles(manifest.exports)
      .filter((path) => !files.has(path))
      .map((path) => `exports ${path}, and has none`),
  ];
}

/**
 * A source map that leads nowhere makes debuggers complain at every step.
 *
 * @param {string} path
 * @param {ReadonlyMap<string, Buffer>} files
 */
function mapFaults(path, files) {
  const { sources } = /** @type {{ sources: string[] }} */ (JSON.parse(String(files.get(path))));
  const missing = sources.map((source) => join(dirname(path), source)).filter((source) => !files.has(source));
  return missing.map((source) => `has ${path}, which leads to ${source}, and has none`);
}

/** @param {string} path */
function isText(path) {
  return !path.endsWith(".node");
}

/** @param {string} page @param {ReadonlyMap<string, Buffer>} files @returns {string[]} */
function missingBeside(page, files) {
  const targets = [...String(files.get(page)).matchAll(/(?:src|href)="([\w.-]+)"/g)].map(([, name]) =>
    posix.join(posix.dirname(page), String(name)),
  );
  return targets.filter((target) => !files.has(target)).map((target) => `has ${page}, which needs ${target}, and not that`);
}

/** @param {string} path @param {string} text */
function textFaults(path, text) {
  return FORBIDDEN_TEXT.filter(([pattern]) => pattern.test(text)).map(
    ([pattern, why]) => `names ${why} in ${path}: ${text.match(pattern)?.[0].trim()}`,
  );
}

/**
 * An addon must not need a newer C library than Node itself does, nor one of another name.
 *
 * @param {string} path
 * @param {Buffer | undefined} content
 */
function addonFaults(path, content) {
  const versions = String(content?.toString("latin1")).matchAll(/GLIBC_2\.(\d+)/g);
  const newest = Math.max(0, ...[...versions].map(([, minor]) => Number(minor)));
  if (path.includes("musl")) return newest > 0 ? [`has ${path}, which needs glibc`] : [];
  return newest > OLDEST_GLIBC_MINOR ? [`has ${path}, which needs glibc 2.${newest}`] : [];
}

/** @param {unknown} exports @returns {string[]} */
function exportedFiles(exports) {
  if (typeof exports === "string") return [exports.replace("./", "")];
  return Object.values(/** @type {Record<string, unknown>} */ (exports)).flatMap(exportedFiles);
}

/** What a registry says of a tarball's bytes. @param {Buffer} bytes */
export function digests(bytes) {
  const digest = (/** @type {string} */ algorithm, /** @type {"hex" | "base64"} */ encoding) =>
    createHash(algorithm).update(bytes).digest(encoding);
  return { shasum: digest("sha1", "hex"), integrity: `sha512-${digest("sha512", "base64")}` };
}
