import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's folder, with a slash at the end. */
export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));

const GENERATED = new Set(["node_modules", "dist", "build", "prebuilds", ".cache"]);

/** A file, by its path from the repository's folder. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** Every file below `folder` whose name ends with `ending`, generated ones left out. */
export function sourceFiles(folder: string, ending: string): SourceFile[] {
  return readdirSync(ROOT + folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return GENERATED.has(entry.name) ? [] : sourceFiles(path, ending);
    return entry.name.endsWith(ending) ? [{ path: relative(ROOT, ROOT + path), text: readFileSync(ROOT + path, "utf8") }] : [];
  });
}
