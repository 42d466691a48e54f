// An empty folder, as of somebody who installs a package: on a PATH without compilers, with nothing of the workspace around it.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { performance } from "node:perf_hooks";
import { ROOT } from "../command.mjs";
import { runWell } from "./run.mjs";

const TOOLS = ["sh", "env", "uname"]; // what package managers start; no compiler, no make, no Python
const FOLDERS_OF_TOOLS = ["/bin", "/usr/bin"];

const EXPECTED_OF_GROUPCAST = [
  "@groupcast/backend",
  "@groupcast/backend-dgram",
  "@groupcast/backend-native",
  "@groupcast/base",
  "@groupcast/diagnosis",
  "@groupcast/reactor",
  "groupcast",
];

/** What comes along with what somebody installs, and nothing else. */
export const EXPECTED_PACKAGES = {
  groupcast: EXPECTED_OF_GROUPCAST,
  "@groupcast/dgram": [...EXPECTED_OF_GROUPCAST, "@groupcast/dgram"].sort(),
  "@groupcast/cli": [
    ...EXPECTED_OF_GROUPCAST,
    "@groupcast/backend-memory",
    "@groupcast/channels",
    "@groupcast/cli",
    "@groupcast/monitor",
  ].sort(),
};

/**
 * @typedef {object} Installer
 * @property {string} name
 * @property {(tarball: string, cache: string) => [string, ...string[]]} install Arguments of npm.
 * @property {(folder: string) => string[]} installed Names of the packages that are there, sorted.
 */

const { packageManager } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8"));

/** @type {readonly Installer[]} */
export const INSTALLERS = [
  {
    name: "npm",
    install: (tarball, cache) => ["install", "--no-audit", "--no-fund", "--cache", cache, tarball],
    installed: (folder) => packagesIn(join(folder, "node_modules")),
  },
  {
    name: "pnpm",
    install: (tarball, cache) => ["exec", "--yes", "--", packageManager, "add", "--store-dir", cache, tarball],
    installed: (folder) => {
      const store = join(folder, "node_modules/.pnpm");
      const folders = readdirSync(store).filter((name) => existsSync(join(store, name, "node_modules")) && name !== "node_modules");
      return [...new Set(folders.flatMap((name) => ownPackage(join(store, name, "node_modules"), name)))].sort();
    },
  },
];

/**
 * Makes the folder and installs into it.
 *
 * @param {string} folder To be made.
 * @param {Installer} installer
 * @param {{ tarball: string, registry: string }} from
 * @returns {Promise<{ tookMs: number, sizeBytes: number, packages: readonly string[] }>}
 */
export async function install(folder, installer, { tarball, registry }) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  writeFileSync(join(folder, ".npmrc"), `registry=${registry}\n`);
  const env = { ...process.env, PATH: barePath(folder), CXX: undefined, CC: undefined };
  const cache = `${folder}-cache`;
  const startMs = performance.now();
  await runWell([process.execPath, npmProgram(), ...installer.install(tarball, cache)], { cwd: folder, env });
  const tookMs = performance.now() - startMs;
  return { tookMs, sizeBytes: sizeOf(join(folder, "node_modules")), packages: installer.installed(folder) };
}

/** A second folder with the same packages, of which the addon is another, or none. @param {string} folder @param {string} copy @param {string} [addon] */
export function copyWithAddon(folder, copy, addon) {
  cpSync(folder, copy, { recursive: true, verbatimSymlinks: true }); // otherwise node_modules/.bin leads back to the first folder
  const prebuilds = join(copy, "node_modules/@groupcast/backend-native/prebuilds");
  const content = addon === undefined ? undefined : readFileSync(join(prebuilds, addon));
  const names = readdirSync(prebuilds);
  rmSync(prebuilds, { recursive: true });
  if (content === undefined) return;
  mkdirSync(prebuilds);
  for (const name of names) writeFileSync(join(prebuilds, name), content);
}

/** @param {string} folder @returns {string} The value of PATH. */
function barePath(folder) {
  const bin = `${folder}-bin`;
  mkdirSync(bin, { recursive: true });
  symlinkSync(process.execPath, join(bin, "node"));
  for (const tool of TOOLS) {
    const found = FOLDERS_OF_TOOLS.map((each) => join(each, tool)).find((path) => existsSync(path));
    if (found !== undefined) symlinkSync(found, join(bin, tool));
  }
  return bin;
}

function npmProgram() {
  const beside = join(dirname(dirname(process.execPath)), "lib/node_modules/npm/bin/npm-cli.js");
  return existsSync(beside) ? beside : String(process.env.npm_execpath); // set by `npm run`
}

/** @param {string} modules A node_modules folder. @returns {string[]} */
function packagesIn(modules) {
  const names = readdirSync(modules).filter((name) => !name.startsWith("."));
  return names
    .flatMap((name) => (name.startsWith("@") ? readdirSync(join(modules, name)).map((each) => `${name}/${each}`) : [name]))
    .sort();
}

/** In pnpm's store each package stands in a folder named for it, with links to what it imports beside it. @param {string} modules @param {string} storeName */
function ownPackage(modules, storeName) {
  return packagesIn(modules).filter((name) => storeName.startsWith(`${name.replace("/", "+")}@`));
}

/** @param {string} path @returns {number} */
function sizeOf(path) {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined) return 0;
  if (!status.isDirectory()) return status.size;
  const entries = readdirSync(path, { withFileTypes: true }).filter((entry) => !entry.isSymbolicLink());
  return entries.reduce((sum, entry) => sum + sizeOf(join(path, entry.name)), 0);
}
