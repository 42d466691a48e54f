#!/usr/bin/env node
/** `npx groupcast …`: runs the command of `@groupcast/cli`, which this package does not bring along, or says how to get it. */
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const PACKAGE = "@groupcast/cli";
const NOT_INSTALLED = 3; // the command's own exit code for "the system refused"

/** Finds the package beside this one, or where the command was typed, as pnpm installs it. */
function find(): string | undefined {
  for (const from of [import.meta.url, `${pathToFileURL(process.cwd()).href}/`]) {
    try {
      return pathToFileURL(createRequire(from).resolve(PACKAGE)).href;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    }
  }
  return undefined;
}

const found = find();
if (found === undefined) {
  const words = process.argv.slice(2).join(" ");
  process.stderr.write(`The command groupcast is a separate package. Run:\n\n  npx ${PACKAGE} ${words}\n`);
  process.exitCode = NOT_INSTALLED;
} else {
  const { main } = (await import(found)) as { main(words: readonly string[]): Promise<number> };
  process.exitCode = await main(process.argv.slice(2));
}
