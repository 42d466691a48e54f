import { closeSync, existsSync, openSync, readSync } from "node:fs";
import nodeModule from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { BackendLoadError, type BackendLoadFailure } from "@groupcast/backend";
import { foreignRuntime, hideFrames } from "@groupcast/base";
import type { Addon } from "./addon.js";
import { LAYOUT_VERSION } from "./batch-layout.js";

hideFrames(import.meta.url);

const PACKAGE = "@groupcast/backend-native";
const INSTALLED = /[\\/]node_modules[\\/]groupcast[\\/]dist[\\/]node\.bundle\.js$/;

/** Addon that is loaded, and the platform it was built for. */
export interface LoadedAddon {
  readonly addon: Addon;
  readonly target: string; // "linux-x64-glibc", or the path in GROUPCAST_ADDON
}

/** Files of packages that depend on this one. The code of this module may lie in a package that does not: it is part of the foundation. */
const askers: string[] = [];

/** Has the addon looked for from the package of a file, too, and from there first. @param url - `import.meta.url` of that file. */
export function lookForAddonFrom(url: string | undefined): void {
  if (url?.startsWith("file:") === true) askers.unshift(fileURLToPath(url));
}

/**
 * Loads the addon of this platform, or the file that the environment variable GROUPCAST_ADDON names.
 *
 * @throws {@link BackendLoadError} `ERR_BACKEND_LOAD`, with what the loader of Node threw as `cause`.
 */
export function loadAddon(): LoadedAddon {
  const runtime = foreignRuntime();
  // First: Bun panics in uv_poll_init(), which it does not have, and Deno polls with a loop of its own.
  if (runtime !== undefined) {
    const reason = `it needs Node.js, and this is ${runtime}, which lacks the parts of libuv that it uses`;
    throw refusal(reason, { remedy: "run the program with Node.js" });
  }
  if (process.platform !== "linux") throw refusal(`it needs Linux, and this is ${process.platform}`);
  const chosen = process.env.GROUPCAST_ADDON;
  if (chosen !== undefined && chosen !== "") return open(chosen, chosen);
  const target = `linux-${process.arch}-${cLibrary()}`;
  const searched = new Set<string>();
  for (const folder of foldersOfAddons()) {
    const path = join(folder, `${target}.node`);
    if (existsSync(path)) return open(path, target);
    searched.add(folder);
  }
  throw refusal(`there is no addon for ${target} in ${[...searched].join(" or ")}`);
}

/**
 * Yields where an addon may lie: in the package, or beside the bundle that this module has become part of, or in the package that the bundle
 * finds in a node_modules. A bundle of CommonJS has no URL of its own, and webpack writes that of the source into it; the program's file
 * stands in for either, or Node's, in a single executable.
 */
function* foldersOfAddons(): Generator<string> {
  const own = ownFile();
  const files = own === undefined ? askers : [...askers, own];
  for (const file of files) yield* foldersBeside(file);
  for (const file of files) yield* foldersInstalledFor(file);
  const program = dirname(process.argv[1] ?? process.execPath);
  yield program;
  yield join(program, "prebuilds");
  yield dirname(process.execPath);
}

/** Returns where npm and pnpm put the addon of an installed package. To ask Node's loader, which answers the same, takes a millisecond. */
function foldersBeside(file: string): string[] {
  const folder = dirname(file);
  const own = ["../prebuilds", ".", "prebuilds"];
  const installed = INSTALLED.exec(file) === null ? [] : [`../node_modules/${PACKAGE}/prebuilds`, `../../${PACKAGE}/prebuilds`];
  return [...own, ...installed].map((each) => join(folder, each));
}

function foldersInstalledFor(file: string): string[] {
  try {
    return [join(dirname(nodeModule.createRequire(file).resolve(`${PACKAGE}/package.json`)), "prebuilds")];
  } catch {
    return []; // not installed: the bundle has everything
  }
}

function ownFile(): string | undefined {
  const url: string | undefined = import.meta.url;
  return url?.startsWith("file:") === true ? fileURLToPath(url) : undefined;
}

function open(path: string, target: string): LoadedAddon {
  const addon = requireAddon(path, target);
  const version = addon.layout_version();
  if (version === LAYOUT_VERSION) return { addon, target };
  throw refusal(`the addon for ${target} has layout ${version}, and ${LAYOUT_VERSION} is needed`, {
    remedy: "install @groupcast/backend-native of the same version again, or build it again in a checkout",
  });
}

function requireAddon(path: string, target: string): Addon {
  try {
    // By its full name: webpack replaces the createRequire of a named import by a search in its bundle.
    return nodeModule.createRequire(ownFile() ?? process.execPath)(path) as Addon;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND") throw refusal(`there is no addon for ${target}`, { cause: error });
    throw refusal(`the addon for ${target} does not load into this Node`, { cause: error });
  }
}

function refusal(reason: string, failure?: BackendLoadFailure): BackendLoadError {
  return new BackendLoadError("native", reason, failure);
}

const INTERPRETER_BYTES = 4096; // the program headers and the interpreter's name lie at the start of an ELF file: elf(5)

/** Node asks /proc/self/exe for its own path, and has only the first word of its command line where /proc is not mounted. */
function openOwnProgram(): number {
  try {
    return openSync(process.execPath, "r");
  } catch (error) {
    const reason = `the executable of this Node cannot be read: ${(error as Error).message}`;
    throw refusal(reason, { cause: error, remedy: "mount /proc, or start Node by its full path" });
  }
}

/** Returns the C library of this Node, by the loader that its executable names: `/lib/ld-musl-x86_64.so.1` or `/lib64/ld-linux-…`. */
function cLibrary(): "glibc" | "musl" {
  const start = Buffer.alloc(INTERPRETER_BYTES);
  const fd = openOwnProgram();
  try {
    readSync(fd, start, 0, INTERPRETER_BYTES, 0);
  } finally {
    closeSync(fd);
  }
  return start.includes("/ld-musl-") ? "musl" : "glibc";
}
