import { expect, test } from "vitest";
import { npmPath, npmPeer } from "../../../packages/bench/src/npm-peers.js";
import { PEERS } from "../../../packages/bench/src/peers.js";

const FROM_NPM = ["bun", "deno", "udx-native"] as const;

test.each(FROM_NPM)("%s is a peer, is installed beside the workspace, and is missing with its path or present with its version", (name) => {
  expect(PEERS.flatMap(({ npmPackages = [] }) => npmPackages)).toContain(name);
  expect(npmPath(name)).toContain("/.cache/bench/npm/node_modules/");
  const { findMissing, version } = npmPeer(name);
  const missing = findMissing();
  if (missing === undefined) expect(version()).toMatch(/\d+\.\d+\.\d+/);
  else expect(missing).toMatch(/^no \/|is installed/);
});
