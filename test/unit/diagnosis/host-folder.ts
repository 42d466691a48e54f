// A folder that stands for the root of a host: files that a test writes, and nothing else.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { type HostFiles, hostFiles } from "../../../packages/diagnosis/src/host-files.js";

/** Returns the files of a host that has these and no others. @param links - Map of path → target of a symbolic link. */
export function hostOf(files: Readonly<Record<string, string>>, links: Readonly<Record<string, string>> = {}): HostFiles {
  const root = mkdtempSync(join(tmpdir(), "groupcast-host-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) write(join(root, path), (at) => writeFileSync(at, text));
  for (const [path, target] of Object.entries(links)) write(join(root, path), (at) => symlinkSync(target, at));
  return hostFiles(root);
}

function write(path: string, put: (path: string) => void): void {
  mkdirSync(dirname(path), { recursive: true });
  put(path);
}
