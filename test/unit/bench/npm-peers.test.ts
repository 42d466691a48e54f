import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type NpmPackage, npmPath, npmPeer } from "../../../packages/bench/src/npm-peers.js";
import { PEERS } from "../../../packages/bench/src/peers.js";

const FROM_NPM = ["bun", "deno", "udx-native"] as const;
let folder = "";

beforeEach(() => {
  folder = `${mkdtempSync(join(tmpdir(), "npm-peers-"))}/`;
});

afterEach(() => rmSync(folder, { recursive: true }));

/** Writes what an installed package of this version has: its description, and a program that says its version. */
function install(name: NpmPackage, version: string): void {
  const files = {
    [npmPath(name, folder)]: `#!/bin/sh\necho ${version}\n`,
    [`${folder}node_modules/${name}/package.json`]: `{"version":"${version}"}`,
  };
  if (name === "udx-native") delete files[npmPath(name, folder)]; // a module: its folder is the path
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { mode: 0o755 });
  }
}

test.each(FROM_NPM)("%s is a peer, installed beside the workspace", (name) => {
  expect(PEERS.flatMap(({ npmPackages = [] }) => npmPackages)).toContain(name);
  expect(npmPath(name)).toContain("/.cache/bench/npm/node_modules/");
});

test.each(FROM_NPM)("%s that is not there is missing, with its path", (name) => {
  expect(npmPeer(name, folder).findMissing()).toBe(`no ${npmPath(name, folder)}`);
});

test.each(FROM_NPM)("%s of another version is missing, with both versions", (name) => {
  install(name, "0.0.1");
  expect(npmPeer(name, folder).findMissing()).toMatch(/ 0\.0\.1 is installed, \d+\.\d+\.\d+ is measured$/);
  expect(npmPeer(name, folder).version()).toContain("0.0.1");
});
