import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type Probe, skipUnless } from "../support/probe.js";

const ROOT = new URL("../../", import.meta.url);
const PAGE = readFileSync(new URL("docs/coming-from-twisted.md", ROOT), "utf8");
const PROGRAM = new URL("test/support/programs/twisted-calls.py", ROOT).pathname;
const PYTHON = "/usr/bin/python3"; // the system's, which Debian's python3-twisted belongs to

/** Names that the first column of the page's tables has as code. */
const NAMED = new Set(
  PAGE.split("\n").flatMap((line) => {
    const [, first = ""] = line.startsWith("|") ? line.split("|") : [];
    return [...first.matchAll(/`([^`]+)`/g)].map(([, call = ""]) => call.replace(/\(.*$/, "").replace(/^.*\./, ""));
  }),
);

const output = spawnSync(PYTHON, [PROGRAM], { encoding: "utf8" });
const hasTwisted: Probe = async () => ({ isAvailable: output.status === 0, reason: "Debian's python3-twisted is not installed" });
const CALLS = (output.status === 0 ? JSON.parse(output.stdout) : {}) as Readonly<Record<string, readonly string[]>>;

test("coming-from-twisted.md has each of Twisted's interfaces, and names all of its calls", async (context) => {
  await skipUnless(context, hasTwisted);
  const missing = Object.entries(CALLS).flatMap(([of, names]) => names.filter((name) => !NAMED.has(name)).map((name) => `${of}.${name}`));
  expect(missing).toEqual([]);
  expect(Object.keys(CALLS)).toHaveLength(10);
});
