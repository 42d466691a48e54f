// The door between the packages and a browser: what stands in there for the few modules of Node that reactor and backend-memory import.
// As a plugin for esbuild and for Vite; a module that has no file in ./node fails the bundle.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { getSystemErrorMap } from "node:util";

const FOLDER = fileURLToPath(new URL("node/", import.meta.url));
const GLOBALS = fileURLToPath(new URL("globals.mjs", import.meta.url));

/** Name of a module that is made here: the errnos of the machine that bundles, as the network in memory answers as Linux does. */
const SYSTEM_ERRORS = "system-errors";

/** @param {string} name With "node:". @returns {string | undefined} File. */
function standInOf(name) {
  const file = `${FOLDER}${name.slice("node:".length).replace("_", "-")}.mjs`;
  return existsSync(file) ? file : undefined;
}

/** @param {string} name @param {string} importer */
function missing(name, importer) {
  return `${name} has no stand-in for browsers, and ${importer} imports it`;
}

function systemErrors() {
  return `export const SYSTEM_ERRORS = ${JSON.stringify([...getSystemErrorMap()])}`;
}

/** @type {import("esbuild").Plugin} */
export const standIns = {
  name: "stand-ins for modules of Node",
  setup(build) {
    build.initialOptions.inject = [...(build.initialOptions.inject ?? []), GLOBALS];
    build.onResolve({ filter: /^node:/ }, ({ path, importer }) => {
      const file = standInOf(path);
      return file === undefined ? { errors: [{ text: missing(path, importer) }] } : { path: file };
    });
    build.onResolve({ filter: /^system-errors$/ }, ({ path }) => ({ path, namespace: "machine" }));
    build.onLoad({ filter: /.*/, namespace: "machine" }, () => ({ contents: systemErrors() }));
  },
};

const PACKAGE = /\/packages\/(?:base|backend|reactor|backend-memory)\//;

/** For the pages of the site: the packages' imports only, as VitePress builds its own programs for Node, too. A plugin for Vite. */
export const standInsForPages = {
  name: "stand-ins for modules of Node",
  enforce: /** @type {const} */ ("pre"),
  /** @param {string} name @param {string} [importer] */
  resolveId(name, importer = "") {
    if (name === SYSTEM_ERRORS) return `\0${SYSTEM_ERRORS}`;
    if (!name.startsWith("node:") || !PACKAGE.test(importer)) return null;
    const file = standInOf(name);
    if (file === undefined) throw new Error(missing(name, importer));
    return file;
  },
  /** @param {string} id */
  load(id) {
    return id === `\0${SYSTEM_ERRORS}` ? systemErrors() : null;
  },
};
