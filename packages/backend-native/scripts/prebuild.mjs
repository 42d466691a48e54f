// Builds the addon for every platform it ships for, from one Debian machine: `node scripts/prebuild.mjs [target …]`.
//
// Needs g++, g++-aarch64-linux-gnu and musl-tools. The addon links nothing but the C library: Node brings C++'s and libuv. So what is
// built here runs wherever a Node of that C library does: the symbols it takes from glibc are older than those Node itself needs.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const PACKAGE = fileURLToPath(new URL("../", import.meta.url));
const SOURCES = join(PACKAGE, "src/addon");
const FLAGS = ["-std=c++17", "-O2", "-fPIC", "-shared", "-s", "-fvisibility=hidden", "-fno-exceptions", "-fno-rtti", "-Wl,-z,relro,-z,now"];
const DEFINES = ["-DNAPI_VERSION=8", "-DNODE_GYP_MODULE_NAME=groupcast", "-DBUILDING_NODE_EXTENSION"];

/** Target → its compiler, and what it must be told. */
const TARGETS = {
  "linux-x64-glibc": { compiler: "x86_64-linux-gnu-g++", debian: "g++", flags: () => [] },
  "linux-arm64-glibc": { compiler: "aarch64-linux-gnu-g++", debian: "g++-aarch64-linux-gnu", flags: () => [] },
  "linux-x64-musl": { compiler: "x86_64-linux-gnu-g++", debian: "musl-tools", flags: muslFlags },
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((target) => !(target in TARGETS));
if (unknown.length > 0) fail(`There is no target ${unknown.join(", ")}; there are ${Object.keys(TARGETS).join(", ")}`);

const headers = nodeHeaders();
for (const [target, recipe] of Object.entries(TARGETS)) {
  if (wanted.length === 0 || wanted.includes(target)) build(target, recipe);
}

/** @param {string} target @param {(typeof TARGETS)[keyof typeof TARGETS]} recipe */
function build(target, { compiler, debian, flags }) {
  const work = mkdtempSync(join(tmpdir(), "groupcast-prebuild-"));
  const started = performance.now();
  const output = join(PACKAGE, "prebuilds", `${target}.node`);
  mkdirSync(dirname(output), { recursive: true });
  const args = [
    ...flags(work),
    ...FLAGS,
    ...DEFINES,
    "-I",
    headers,
    ...sourceFiles(),
    "-o",
    `${output}.new`,
    ...(target.endsWith("musl") ? ["-lc", "-lgcc"] : []),
  ];
  const { status, stderr, error } = spawnSync(compiler, args, { cwd: SOURCES, encoding: "utf8" });
  rmSync(work, { recursive: true });
  if (error) fail(`${target}: there is no ${compiler}; on Debian: apt-get install ${debian}`);
  if (status !== 0) fail(`${target}: ${stderr}`);
  renameSync(`${output}.new`, output);
  console.log(`${target}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

/** The list stands in binding.gyp, which is Python: comments and all. */
function sourceFiles() {
  return [...readFileSync(join(SOURCES, "binding.gyp"), "utf8").matchAll(/"([a-z_]+\.cc)"/g)].map(
    (match) => /** @type {string} */ (match[1]),
  );
}

function nodeHeaders() {
  return join(dirname(dirname(process.execPath)), "include/node");
}

/**
 * Debian has musl's C library, but no C++ for it. The headers of glibc's C++ do, once two names of glibc are explained to them; what they
 * do not inline, Node has. The kernel's headers are the same for every C library.
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

/** @param {string} message @returns {never} */
function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
