import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ROOT, sourceFiles } from "./source-files.js";

/** The only places that skip: each gives what it found missing as the reason. */
const SKIPPERS = ["test/support/probe.ts", "packages/backend-compliance/src/describe-contracts.ts"];

/** Command → the Debian package that has it. `.ci/run` installs all of them, and allows no skip. */
const COMMAND = /hasCommand\("([\w.-]+)", "([\w.+-]+)"\)/g;

/** What comes with the image that the gate runs on. */
const ON_EVERY_DEBIAN = ["python3"];

const SKIP = /\.(?:skip|skipIf|runIf|todo|only|fails)\b(?!:)/;

const files = [...sourceFiles("test", ".ts"), ...sourceFiles("packages", ".ts").filter(({ path }) => path.includes("/src/"))].filter(
  ({ path }) => path !== "test/architecture/skips.test.ts",
);

test("tests skip by skipUnless() only, which gives a reason", () => {
  const wrong = files
    .filter(({ path, text }) => !SKIPPERS.includes(path) && /\bfrom "vitest"/.test(text))
    .flatMap(({ path, text }) => text.split("\n").flatMap((line, n) => (isSkip(line) ? [`${path}:${n + 1}: ${line.trim()}`] : [])));
  expect(wrong, "ask a probe of test/support/probe.ts, and say what is missing: skipUnless(context, probe)").toEqual([]);
});

test(".ci/run installs every package that a test is skipped without", () => {
  const installed = readFileSync(`${ROOT}.ci/run`, "utf8")
    .match(/DEBIAN_PACKAGES=\(([^)]*)\)/)![1]!
    .split(/\s+/);
  const needed = files.flatMap(({ text }) => [...text.matchAll(COMMAND)].map((match) => match[2]!));
  const missing = [...new Set(needed)].filter((name) => !installed.includes(name) && !ON_EVERY_DEBIAN.includes(name));
  expect(missing, "add the package to DEBIAN_PACKAGES, or the gate fails for a skip").toEqual([]);
});

function isSkip(line: string): boolean {
  return /\b(?:test|it|describe|suite|context)\b[^"'`]*?/.test(line) && SKIP.test(line.replaceAll(/(["'`]).*?\1/g, ""));
}
