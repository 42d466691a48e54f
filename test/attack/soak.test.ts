import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { Account } from "../../packages/bench/src/soak/account.js";
import { BACKENDS, canLoad } from "../support/backends.js";
import { canMakeNamespaces, hasCommand, skipUnless } from "../support/probe.js";

const PROGRAM = fileURLToPath(new URL("programs/soak.mjs", import.meta.url));
const WAYS = 14; // of datagrams, messages, calls and memberships

interface Result {
  readonly isSteady: boolean;
  readonly faults: number;
  readonly results: readonly { backend: string; findings: readonly { isGood: boolean; line: string }[]; accounts: readonly Account[] }[];
}

function soak(...args: readonly string[]) {
  return spawnSync(process.execPath, [PROGRAM, ...args], { encoding: "utf8" });
}

test("npm run soak is steady for some seconds on each backend: all that was sent is delivered, refused or counted", async (context) => {
  await skipUnless(context, ...BACKENDS.map(canLoad), canMakeNamespaces, hasCommand("tc", "iproute2"));
  const { status, stdout, stderr } = soak("--minutes", "0.2", "--json");
  const { isSteady, faults, results } = JSON.parse(stdout.trim().split("\n").at(-1)!) as Result;
  expect(
    results.flatMap(({ findings }) => findings.filter(({ isGood }) => !isGood)),
    stderr,
  ).toEqual([]);
  expect([status, isSteady, results.map(({ backend }) => backend)]).toEqual([0, true, [...BACKENDS]]);
  expect(faults).toBeGreaterThan(0);
  for (const { accounts } of results) {
    expect(accounts).toHaveLength(WAYS);
    expect(accounts.filter(({ sent }) => sent === 0)).toEqual([]);
  }
});

test("npm run soak -- --help ends with code 0, and wrong use with code 2 and the same text", () => {
  const help = soak("--help");
  const wrong = soak("--minutes", "many");
  expect([help.status, wrong.status]).toEqual([0, 2]);
  expect(help.stdout).toContain("--minutes N");
  expect(wrong.stderr).toContain("--minutes many: a number from 0.1 on is needed");
  expect(wrong.stderr).toContain(help.stdout.trim());
});
