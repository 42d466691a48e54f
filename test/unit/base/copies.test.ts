// A program may have several copies of this package: the hook of @groupcast/dgram has one, and so has what a program bundles for itself.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as own from "@groupcast/base";
import { isGroupcastError, outOfRange } from "@groupcast/base";
import { expect, test } from "vitest";

const otherCopy = (await import(import.meta.resolve("@groupcast/base").replace("node.bundle.js", "bundle.js"))) as typeof own;
const { StateError, SystemError } = own;
const definitions = own.defineErrors({
  ERR_TIRED: { class: "StateError", meaning: "it is tired", remedy: "let it sleep" },
  ERR_BROKEN: { class: "SystemError", meaning: "it is broken", remedy: "replace it" },
});

test("instanceof knows the errors of another copy, by their classes", () => {
  const tired = new otherCopy.StateError(definitions.ERR_TIRED, "run");
  expect(otherCopy.StateError).not.toBe(StateError);
  expect([tired instanceof StateError, tired instanceof own.DatagramError, tired instanceof Error]).toEqual([true, true, true]);
  expect([tired instanceof SystemError, tired instanceof own.InvalidArgumentError]).toEqual([false, false]);
  expect(new StateError(definitions.ERR_TIRED, "run")).toBeInstanceOf(otherCopy.StateError);
  expect(isGroupcastError(tired)).toBe(true);
});

test("instanceof of a class that a program has derived knows its own errors alone", () => {
  class Derived extends StateError {}
  const derived = new Derived(definitions.ERR_TIRED, "run");
  expect([derived instanceof Derived, derived instanceof otherCopy.StateError]).toEqual([true, true]);
  expect([new StateError(definitions.ERR_TIRED, "run") instanceof Derived, otherCopy.asError(1) instanceof Derived]).toEqual([
    false,
    false,
  ]);
});

test.each([undefined, null, 0, "StateError", {}, { name: "StateError" }, new Error("no"), Object.create(null)])(
  "instanceof refuses %o",
  (value) => {
    expect((value as unknown) instanceof StateError).toBe(false);
  },
);

test("the error of one copy begins behind the frames of packages that another copy knows", async () => {
  const folder = mkdtempSync(join(tmpdir(), "groupcast-"));
  try {
    mkdirSync(join(folder, "dist"));
    const file = join(folder, "dist/index.mjs");
    writeFileSync(file, "export const call = (refuse) => refuse();\n");
    const { call } = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as { call(refuse: () => Error): Error };
    const refuse = outOfRange.bind(undefined, "run", "count", 7, "less"); // no frame of this file between the package and the check
    expect(call(refuse).stack).toContain("index.mjs");
    otherCopy.hideFrames(pathToFileURL(file).href);
    expect(call(refuse).stack!.split("\n")[1]).toContain(fileURLToPath(import.meta.url));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
