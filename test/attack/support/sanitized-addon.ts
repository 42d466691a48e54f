// The native addon with AddressSanitizer and UndefinedBehaviorSanitizer: built from the sources as they are, once.
import { execFile, spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { isAbsolute } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Probe } from "../../support/probe.js";

const PACKAGE = fileURLToPath(new URL("../../../packages/backend-native/", import.meta.url));
const SOURCES = `${PACKAGE}src/addon/`;
const ADDONS = `${PACKAGE}prebuilds/`;
const ENDING = "-sanitized.node";
const REPORTS = /AddressSanitizer|UndefinedBehaviorSanitizer|runtime error:/;

/** Whether the compiler has the libraries of the sanitizers: Debian's package g++ does. */
export const hasSanitizers: Probe = async () => {
  const isAvailable = libasan() !== undefined;
  return { isAvailable, reason: isAvailable ? "" : "there is no g++ with libasan: apt-get install g++" };
};

/** Builds the addon if the one there is is older than its sources, and returns the environment of a process that uses it. */
export async function sanitizedEnvironment(): Promise<Readonly<Record<string, string>>> {
  if (!isUpToDate()) await promisify(execFile)(process.execPath, [`${PACKAGE}scripts/build-addon.mjs`, "--sanitize"]);
  return {
    GROUPCAST_ADDON: ADDONS + sanitizedName(),
    LD_PRELOAD: String(libasan()), // Node itself is not instrumented
    ASAN_OPTIONS: "detect_leaks=0", // V8 never frees its heap at exit
    UBSAN_OPTIONS: "halt_on_error=1:print_stacktrace=1",
  };
}

/** Returns what the sanitizers complained of, if they did. */
export function complaintOf(stderr: string): string | undefined {
  return REPORTS.test(stderr) ? stderr : undefined;
}

function libasan(): string | undefined {
  const { stdout } = spawnSync("g++", ["-print-file-name=libasan.so"], { encoding: "utf8" });
  const path = stdout?.trim() ?? "";
  return isAbsolute(path) ? path : undefined; // a bare name: the compiler does not have it
}

function sanitizedName(): string | undefined {
  return existsSync(ADDONS) ? readdirSync(ADDONS).find((name) => name.endsWith(ENDING)) : undefined;
}

function isUpToDate(): boolean {
  const name = sanitizedName();
  if (name === undefined) return false;
  const builtMs = statSync(ADDONS + name).mtimeMs;
  return readdirSync(SOURCES).every((source) => source === "build" || statSync(SOURCES + source).mtimeMs < builtMs);
}
