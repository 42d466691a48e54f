// Builds the native addon into prebuilds/ with node-gyp and the headers beside the running Node.
//
//   node scripts/build-addon.mjs              → prebuilds/linux-<arch>-<glibc|musl>.node
//   node scripts/build-addon.mjs --sanitize   → the same, ending in -sanitized.node, with AddressSanitizer and UBSan
//
// Tests on the sanitized addon: GROUPCAST_ADDON=<that file> LD_PRELOAD="$(g++ -print-file-name=libasan.so)" \
//   ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=halt_on_error=1 node node_modules/vitest/vitest.mjs run test/unit/backend-native
// (preloaded because Node itself is not instrumented; leaks not checked because V8 never frees its heap at exit).
//
// Sources and flags are in src/addon/recipe.gypi, which prebuild.mjs reads, too: what the tests load is built like what is shipped.
// Without a compiler it says so in one line and succeeds: Groupcast then runs on node:dgram.
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, renameSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runningTarget } from "./target.mjs";

const PACKAGE = fileURLToPath(new URL("../", import.meta.url));
const SOURCES = join(PACKAGE, "src/addon");
const COMPILERS = ["g++", "c++", "clang++"];
const OUTPUT_LIMIT_BYTES = 64 * 1024 * 1024;

const sanitize = process.argv.includes("--sanitize");
const compiler = process.env.CXX ?? COMPILERS.find(isInstalled);
const headers = [dirname(dirname(process.execPath)), "/usr"].find((prefix) => existsSync(join(prefix, "include/node/node_api.h")));
const obstacle = findObstacle();

if (obstacle === undefined) {
  build();
} else {
  console.log(`The native addon was not built, because ${obstacle}; node:dgram will be used.`);
}

/** @returns {string | undefined} Why the addon cannot be built here. */
function findObstacle() {
  if (process.platform !== "linux") return `it needs Linux and this is ${process.platform}`;
  if (compiler === undefined || !isInstalled(compiler)) return "there is no C++ compiler (g++, c++ or clang++)";
  if (!isInstalled("make")) return "there is no make";
  if (!isInstalled("python3")) return "there is no python3";
  if (headers === undefined) return "the headers of Node (include/node/node_api.h) are neither beside it nor in /usr";
  return undefined;
}

/** @param {string} program */
function isInstalled(program) {
  const [command, ...args] = program.split(" "); // CXX can be "ccache g++"
  return spawnSync(String(command), [...args, "--version"], { stdio: "ignore" }).status === 0;
}

function build() {
  const gyp = createRequire(import.meta.url).resolve("node-gyp/bin/node-gyp.js");
  const args = [gyp, "configure", "build", "--jobs", "max", "--directory", SOURCES, "--nodedir", String(headers)];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: "utf8",
    maxBuffer: OUTPUT_LIMIT_BYTES,
    env: { ...process.env, CXX: compiler, GYP_DEFINES: `sanitize=${Number(sanitize)}` },
  });
  if (status === 0) {
    install();
  } else {
    process.stderr.write(`${stdout}${stderr}`);
    process.exitCode = 1;
  }
}

/** Puts the addon where the loader looks, in one step: a program that runs keeps the file it has loaded. */
function install() {
  const suffix = sanitize ? "-sanitized" : "";
  const target = join(PACKAGE, `prebuilds/${runningTarget()}${suffix}.node`);
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(join(SOURCES, "build/Release/groupcast.node"), `${target}.new`);
  renameSync(`${target}.new`, target);
}
