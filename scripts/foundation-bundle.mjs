// The foundation: `groupcast` and the packages that it stands on, as one file, which Node loads for each of them. scripts/bundle.mjs writes it.
//
// A program pays for every module when it starts, and for what Node does with it: docs/decisions/0013 has the prices.
import { dirname } from "node:path";
import { rolldown } from "rolldown";
import { ROOT } from "./command.mjs";
import { BANNER, compiledCode, MAPS_OF_TSC, packageBundle } from "./package-bundle.mjs";

/** Packages whose code is in that file, because `groupcast` loads all of them each time. */
const WITHIN = ["base", "backend", "backend-native", "backend-dgram", "reactor"];

const FILE = "foundation.bundle.js";
const FOUNDATION = "@groupcast/base/foundation"; // that file, for other packages

/** Behind the condition "node" of those packages, and of `groupcast`. Whichever of them a program imports, it has one copy of each class. */
const PART = "node.bundle.js";

/** The foundation lies in a package that does not depend on the addon's, and a package manager may keep it from finding that. */
const LOOK_FOR_ADDON = `\nimport { lookForAddonFrom } from "${FOUNDATION}";\nlookForAddonFrom(import.meta.url);\n`;

const ENTRY = "foundation";

/** Map of module of Node → functions and classes of it that are taken when they are called: few programs do, and loading it takes milliseconds. */
const LATE = new Map([
  ["node:dns", ["lookup"]],
  ["node:net", ["isIPv6", "SocketAddress"]],
]);

/** `import { a as b } from "node:x";`, `import x from "node:x";`, or both, as rolldown writes them. */
const BUILT_IN_IMPORT = /^import (?:([\w$]+)(?:, )?)?(\{[^}]*\})? ?from "(node:[\w/]+)";$/gm;

/** Puts in the place of those modules what takes them at a call. A name that is not in the table fails the build. */
const LATE_MODULES = {
  name: "late-modules",
  resolveId: (/** @type {string} */ id) => (LATE.has(id) ? `\0${id}` : undefined),
  load: (/** @type {string} */ id) =>
    LATE.get(id.slice(1))
      ?.map((name) => late(id.slice(1), name))
      .join("\n"),
};

/** @param {string} module @param {string} name */
function late(module, name) {
  return `export function ${name}(...given) {
  const { ${name}: real } = process.getBuiltinModule("${module}");
  return new.target ? new real(...given) : real(...given);
}`;
}

/** Returns whether the foundation, or what is made for it, has the code of a package in it. @param {string} name Of its folder in `packages`. */
export function isOfFoundation(name) {
  return name === "groupcast" || WITHIN.includes(name);
}

/**
 * Makes the foundation, its source map, and what packages hand over of it.
 *
 * @param {string} [root] Of the repository, or of a copy.
 * @returns {Promise<{ path: string, content: string }[]>}
 */
export async function foundationBundle(root = ROOT) {
  const dist = (/** @type {string} */ name) => `${root}packages/${name}/dist/`;
  const exported = await Promise.all(WITHIN.map(async (name) => ({ name, names: (await packageBundle(name, root)).exported })));
  const taken = exported.map(({ name, names }) => exportOf(names, (each) => `${each} as ${alias(name, each)}`, `${dist(name)}index.js`));
  const entry = [...taken, `export { lookForAddonFrom } from ${JSON.stringify(`${dist("backend-native")}load-addon.js`)};`].join("");
  const foundation = await bundle(ENTRY, `${dist("base")}${FILE}`, [virtual(new Map([[ENTRY, entry]])), LATE_MODULES, compiledCode(root)]);
  const handed = new Map(
    exported.map(({ name, names }) => [`@groupcast/${name}`, exportOf(names, (each) => `${alias(name, each)} as ${each}`, FOUNDATION)]),
  );
  const groupcast = await bundle(`${dist("groupcast")}index.js`, `${dist("groupcast")}${PART}`, [virtual(handed)], LOOK_FOR_ADDON);
  return [
    ...foundation,
    ...groupcast,
    ...WITHIN.map((name) => ({ path: dist(name) + PART, content: part(name, String(handed.get(`@groupcast/${name}`))) })),
    { path: `${dist("base")}foundation.bundle.d.ts`, content: "export {};\n" }, // for these packages alone
  ];
}

/**
 * @param {string} input
 * @param {string} file
 * @param {import("rolldown").Plugin[]} plugins
 * @param {string} [footer]
 */
async function bundle(input, file, plugins, footer = "") {
  const external = (/** @type {string} */ id) => id === FOUNDATION || (id.startsWith("node:") && !LATE.has(id));
  const build = await rolldown({ input, external, platform: "node", plugins: [...plugins, MAPS_OF_TSC], logLevel: "warn" });
  const target = /** @type {const} */ ({ file, format: "esm", sourcemap: true, codeSplitting: false });
  const { output } = await build.generate({ ...target, banner: BANNER, footer, comments: { jsdoc: false } });
  await build.close();
  return output.map((each) => ({
    path: `${dirname(file)}/${each.fileName}`,
    content: each.type === "chunk" ? inASCII(each.code.replace(BUILT_IN_IMPORT, builtIn)) : String(each.source),
  }));
}

/** Modules that are no files. @param {ReadonlyMap<string, string>} modules Map of name → code. */
function virtual(modules) {
  return {
    name: "virtual",
    resolveId: (/** @type {string} */ id) => (modules.has(id) ? `\0${id}` : undefined),
    load: (/** @type {string} */ id) => modules.get(id.slice(1)),
  };
}

/** @param {string} name Of the package. @param {string} handed */
function part(name, handed) {
  if (name === "base") return handed.replace(FOUNDATION, `./${FILE}`);
  return name === "backend-native" ? handed + LOOK_FOR_ADDON : handed;
}

/** Packages may export different things by the same name. @param {string} name @param {string} exported */
function alias(name, exported) {
  return `${name.replace("-", "_")}$${exported}`;
}

/** @param {readonly string[]} names @param {(name: string) => string} clause @param {string} from */
function exportOf(names, clause, from) {
  return `export { ${names.map(clause).join(", ")} } from ${JSON.stringify(from)};\n`;
}

/**
 * Takes a module of Node without importing it: for an import Node asks the module for each of its exports, and `node:fs` loads the streams, and
 * `node:util` a parser of MIME types, when they are asked for those.
 *
 * @param {string} _statement
 * @param {string | undefined} whole
 * @param {string | undefined} names
 * @param {string} module
 */
function builtIn(_statement, whole, names, module) {
  const taken = `process.getBuiltinModule("${module}")`;
  return [whole, names?.replaceAll(" as ", ": ")].map((name) => (name === undefined ? "" : `const ${name} = ${taken};`)).join("");
}

/** Node decodes ASCII in no time, and V8 keeps it in half the memory of any other text. @param {string} code */
function inASCII(code) {
  return code.replaceAll(/[^\0-\x7f]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
