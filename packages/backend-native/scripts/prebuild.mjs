// Builds the addon for every platform it ships for, from one Debian machine.
//
//   node scripts/prebuild.mjs [target …]               → prebuilds/<target>.node; without targets, all of them
//   node scripts/prebuild.mjs --here --output <folder> → <folder>/<target>.node for the running Node alone
//
// Sources and flags are in src/addon/recipe.gypi, which binding.gyp reads, too. Exit code 3: the compiler of a target is not installed.
//
// All targets need g++, g++-aarch64-linux-gnu and musl-tools. The addon links nothing but the C library: Node brings C++'s and libuv. So
// what is built here runs wherever a Node of that C library does: the symbols it takes from glibc are older than those Node itself needs.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runningTarget } from "./target.mjs";

const PACKAGE = fileURLToPath(new URL("../", import.meta.url));
const SOURCES = join(PACKAGE, "src/addon");
const CANNOT_BUILD_HERE = 3;

/** @type {Record<"sources" | "defines" | "compiler_flags" | "linker_flags" | "strip_flags", string[]>} */
const RECIPE = readRecipe();

/** Target → its compiler, the Debian package that has it, and the flags that only this target needs. */
const TARGETS = {
  "linux-x64-glibc": { compiler: "x86_64-linux-gnu-g++", debian: "g++", flags: () => [] },
  "linux-arm64-glibc": { compiler: "aarch64-linux-gnu-g++", debian: "g++-aarch64-linux-gnu", flags: () => [] },
  "linux-x64-musl": { compiler: "x86_64-linux-gnu-g++", debian: "musl-tools", flags: muslFlags },
};

const { values, positionals } = parseArgs({
  options: { here: { type: "boolean", default: false }, output: { type: "string", default: join(PACKAGE, "prebuilds") } },
  allowPositionals: true,
});
const wanted = values.here ? [runningTarget()] : positionals;
const unknown = wanted.filter((target) => !(target in TARGETS));
if (unknown.length > 0) fail(`There is no target ${unknown.join(", ")}; there are ${Object.keys(TARGETS).join(", ")}`, CANNOT_BUILD_HERE);

const headers = nodeHeaders();
for (const [target, recipe] of Object.entries(TARGETS)) {
  if (wanted.length === 0 || wanted.includes(target)) build(target, recipe);
}

/** @param {string} target @param {(typeof TARGETS)[keyof typeof TARGETS]} recipe */
function build(target, { compiler, debian, flags }) {
  const work = mkdtempSync(join(tmpdir(), "groupcast-prebuild-"));
  const started = performance.now();
  const output = join(values.output, `${target}.node`);
  mkdirSync(dirname(output), { recursive: true });
  const args = [
    ...flags(work),
    ...RECIPE.compiler_flags,
    ...RECIPE.defines.map((define) => `-D${define}`),
    "-I",
    headers,
    ...RECIPE.sources,
    ...RECIPE.linker_flags,
    ...RECIPE.strip_flags,
    "-o",
    `${output}.new`,
    ...(target.endsWith("musl") ? ["-lc", "-lgcc"] : []),
  ];
  const { status, stderr, error } = spawnSync(compiler, args, { cwd: SOURCES, encoding: "utf8" });
  rmSync(work, { recursive: true });
  if (error) fail(`${target}: ${compiler} is not installed; on Debian: apt-get install ${debian}`, CANNOT_BUILD_HERE);
  if (status !== 0) fail(`${target}: ${stderr}`);
  renameSync(`${output}.new`, output);
  console.log(`${target}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

/** Reads the lists that binding.gyp includes, without the prefix that their names need there. */
function readRecipe() {
  const { variables } = JSON.parse(readFileSync(join(SOURCES, "recipe.gypi"), "utf8"));
  return Object.fromEntries(Object.entries(variables).map(([name, list]) => [name.replace("addon_", ""), list]));
}

/** Returns the folder of node_api.h and uv.h: they are the same for every version of Node that Node-API 8 reaches. */
function nodeHeaders() {
  const folder = [dirname(dirname(process.execPath)), "/usr"]
    .map((prefix) => join(prefix, "include/node"))
    .find((candidate) => existsSync(join(candidate, "node_api.h")));
  return folder ?? fail("The headers of Node (include/node/node_api.h) are neither beside it nor in /usr", CANNOT_BUILD_HERE);
}

/**
 * Debian has musl's C library, but no C++ for it. The headers of glibc's C++ do, once two names of glibc are defined for them. Node has
 * what they do not inline. The kernel's headers are the same for every C library.
 *
 * @param {string} work A folder for the kernel's headers without those of glibc beside them.
 */
function muslFlags(work) {
  const kernel = { linux: "/usr/include/linux", asm: "/usr/include/x86_64-linux-gnu/asm", "asm-generic": "/usr/include/asm-generic" };
  for (const [name, folder] of Object.entries(kernel)) symlinkSync(folder, join(work, name));
  const version = spawnSync("x86_64-linux-gnu-g++", ["-dumpversion"], { encoding: "utf8" }).stdout.trim();
  const cxx = [`/usr/include/c++/${version}`, `/usr/include/x86_64-linux-gnu/c++/${version}`].flatMap((folder) => ["-isystem", folder]);
  const specs = "/usr/lib/x86_64-linux-musl/musl-gcc.specs";
  return ["-specs", specs, "-nostdinc++", ...cxx, "-D__GLIBC_PREREQ(a,b)=0", "-D__locale_t=locale_t", "-idirafter", work, "-nodefaultlibs"];
}

/** @param {string} message @param {number} exitCode @returns {never} */
function fail(message, exitCode = 1) {
  process.stderr.write(`${message}\n`);
  process.exit(exitCode);
}
