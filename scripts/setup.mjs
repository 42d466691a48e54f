// From a bare checkout to something that runs: dependencies, addon, compiled TypeScript. Needs Node and npm only.
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { ROOT } from "./command.mjs";
import {
  compiledModules,
  compiledPackages,
  filesUnder,
  fingerprintOfContents,
  fingerprintOfTimes,
  packageFolders,
} from "./fingerprint.mjs";
import { runStep } from "./step.mjs";

const ADDON_SCRIPTS = "packages/backend-native/scripts";
const ADDON_SCRIPT = `${ADDON_SCRIPTS}/build-addon.mjs`;
const ADDON_SOURCES = "packages/backend-native/src/addon";
const ADDON_OUTPUTS = ["packages/backend-native/build/Release", "packages/backend-native/prebuilds"];
const BUILD_TOOLS = ["c++", "g++", "clang++", "cc", "gcc", "clang", "make", "python3"]; // what node-gyp looks for
const BUNDLE_SCRIPT = "scripts/bundle.mjs";
const FOUNDATION = "packages/base/dist/foundation.bundle.js";
const BUNDLERS = [BUNDLE_SCRIPT, "scripts/package-bundle.mjs", "scripts/foundation-bundle.mjs"];
const PAGE_FOLDER = "packages/monitor/page";
const TSC = "node_modules/typescript/bin/tsc";

/** Brings everything up to date; takes a few milliseconds when nothing changed. */
export function setUp() {
  installDependencies();
  buildAddon();
  compile();
  bundle();
}

/** Installs the locked dependencies. The lockfile decides, so a second checkout gets the same files. */
export function installDependencies() {
  const { packageManager } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8"));
  runStep({
    title: `Installing dependencies with ${packageManager}`,
    stamp: "node_modules/.cache/install.stamp",
    fingerprint: installFingerprint(),
    isComplete: () => existsSync(ROOT + TSC),
    command: ["npx", "--yes", packageManager, "install", "--frozen-lockfile"],
    remedy: `Is the npm registry reachable ("npm ping")? After a change to a package.json, run "npx ${packageManager} install" and commit pnpm-lock.yaml.`,
  });
}

/** Compiles every TypeScript project of the workspace. */
export function compile() {
  const sources = [...packageFolders().flatMap((folder) => [`${folder}/src`, `${folder}/tsconfig.json`]), "examples", "test", "scripts"];
  const settings = ["tsconfig.base.json", "tsconfig.json", "vitest.config.ts"];
  runStep({
    title: "Compiling TypeScript",
    stamp: ".cache/stamps/compile",
    fingerprint: fingerprintOfTimes([...sources, ...settings].flatMap(filesUnder), [installFingerprint()]),
    isComplete: () => packageFolders().every(isCompiled) && areExamplesCompiled(),
    command: [process.execPath, TSC, "-b", "--pretty"],
    remedy: "Correct the errors above, then run the command again.",
  });
}

/** Makes one module of each compiled package: what the packages export. */
export function bundle() {
  const packages = compiledPackages();
  runStep({
    title: "Bundling packages",
    stamp: ".cache/stamps/bundle",
    fingerprint: fingerprintOfTimes(
      [...BUNDLERS, ...filesUnder(PAGE_FOLDER), ...packages.flatMap(compiledModules)],
      [installFingerprint()],
    ),
    isComplete: () => packages.every((folder) => existsSync(`${ROOT}${folder}/dist/bundle.js`)) && existsSync(`${ROOT}${FOUNDATION}`),
    command: [process.execPath, BUNDLE_SCRIPT],
    remedy: "Correct the errors above, then run the command again.",
  });
}

/**
 * Builds the native addon where a compiler is found. Without one its script says so in a line and nothing is stamped:
 * the line comes back at every run, and so does the attempt, until there is a compiler or a binary.
 */
function buildAddon() {
  if (!existsSync(ROOT + ADDON_SCRIPT)) return;
  const sources = [ADDON_SOURCES, ADDON_SCRIPTS].flatMap(filesUnder);
  runStep({
    title: "Building the native addon",
    stamp: ".cache/stamps/addon",
    fingerprint: fingerprintOfContents(sources, [process.platform, process.arch, ...buildTools()]),
    isComplete: hasAddon,
    command: [process.execPath, ADDON_SCRIPT],
    saysSomething: true, // one line when there is no compiler
    remedy: "Correct the errors above. To go on without the addon, set GROUPCAST_BACKEND=dgram and hide the compiler from PATH.",
  });
}

function installFingerprint() {
  const manifests = packageFolders().map((folder) => `${folder}/package.json`);
  return fingerprintOfContents(["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json", ...manifests]);
}

/** @param {string} folder */
function isCompiled(folder) {
  return existsSync(`${ROOT}${folder}/dist/index.js`) || !existsSync(`${ROOT}${folder}/src/index.ts`);
}

function areExamplesCompiled() {
  return existsSync(`${ROOT}examples/dist/tsconfig.tsbuildinfo`) || !filesUnder("examples").some((path) => path.endsWith(".ts"));
}

/** Whether there is an addon for people: one with sanitizers is for the attack tests alone. */
function hasAddon() {
  return ADDON_OUTPUTS.some((folder) => filesUnder(folder).some(isAddon));
}

/** @param {string} path */
function isAddon(path) {
  return path.endsWith(".node") && !path.endsWith("-sanitized.node");
}

/** The build tools on PATH: a compiler that appears later, or another one, is a reason to build again. */
function buildTools() {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const found = BUILD_TOOLS.map((tool) => folders.map((folder) => join(folder, tool)).find(isExecutable));
  return [...found, process.env.CXX, process.env.CC].map(String);
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
