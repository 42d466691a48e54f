// The addon as it is shipped: built by the recipe of a release for the platform of the running Node.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Finding } from "./probe.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PACKAGE = join(ROOT, "packages/backend-native");
const SCRIPTS = join(PACKAGE, "scripts");
const BUILDS = join(ROOT, ".cache/prebuilt");
const CANNOT_BUILD_HERE = 3; // exit code of prebuild.mjs

/** A shipped addon, or the reason why this host cannot build one. */
export interface PrebuiltAddon extends Finding {
  /** Absolute path of the file; "" if there is none. */
  readonly path: string;
}

/**
 * Builds the addon as a release does, into a folder named for its sources: later runs, on whichever version of Node, take the file from there.
 *
 * @throws Error - What the compiler reports.
 */
export function buildPrebuiltAddon(): PrebuiltAddon {
  const folder = join(BUILDS, fingerprintOfSources());
  const known = addonIn(folder);
  if (known !== undefined) return { isAvailable: true, reason: "", path: known };
  const draft = `${folder}.${process.pid}`;
  const { status, stderr } = spawnSync(process.execPath, [join(SCRIPTS, "prebuild.mjs"), "--here", "--output", draft], {
    encoding: "utf8",
  });
  if (status === CANNOT_BUILD_HERE) return { isAvailable: false, reason: `the shipped addon cannot be built: ${stderr.trim()}`, path: "" };
  if (status !== 0) throw new Error(`prebuild.mjs failed: ${stderr}`);
  for (const name of namesIn(BUILDS)) if (join(BUILDS, name) !== draft) rmSync(join(BUILDS, name), { recursive: true });
  renameSync(draft, folder);
  return { isAvailable: true, reason: "", path: addonIn(folder)! };
}

function addonIn(folder: string): string | undefined {
  const name = namesIn(folder).find((each) => each.endsWith(".node"));
  return name === undefined ? undefined : join(folder, name);
}

function fingerprintOfSources(): string {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}`);
  for (const folder of [join(PACKAGE, "src/addon"), SCRIPTS]) {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isFile()) hash.update(`${entry.name}\0`).update(readFileSync(join(folder, entry.name)));
    }
  }
  return hash.digest("hex").slice(0, 16);
}

function namesIn(folder: string): string[] {
  mkdirSync(folder, { recursive: true });
  return readdirSync(folder);
}
