// The suite as a stranger runs it on a backend: the example of the package's README, on the host as it is.
import type { DatagramBackend, Family } from "@groupcast/backend";
import { describeContracts, loopbackSite, runnerFor, type Site } from "@groupcast/backend-compliance";
import { DgramBackend } from "@groupcast/backend-dgram";
import { NativeBackend } from "@groupcast/backend-native";
import { beforeEach, describe, expect, test } from "vitest";
import { canLoad } from "../support/backends.js";
import { hasIPv6, hasMulticastLoopback, skipUnless } from "../support/probe.js";

/** Runs the example with a test runner of its own. Returns the titles of the tests that failed, with the reason. */
async function failuresOf(makeBackend: () => DatagramBackend, family: Family): Promise<string[]> {
  const tests: (() => Promise<string[]>)[] = [];
  const openSite = (): Site => loopbackSite(makeBackend(), family);
  describeContracts(`mine, IPv${family}`, runnerFor({ family, access: "bare", openSite }), {
    describe: (_name, define) => define(),
    test: (name, run) =>
      tests.push(() =>
        run({ skip() {} }).then(
          () => [],
          (error: unknown) => [`${name}: ${String(error)}`],
        ),
      ),
  });
  const failures: string[] = [];
  for (const runTest of tests) failures.push(...(await runTest()));
  return failures;
}

beforeEach((context) => skipUnless(context, hasMulticastLoopback, hasIPv6));

test.each([4, 6] as const)("dgram keeps its contracts on loopbackSite(), IPv%i", async (family) => {
  await expect(failuresOf(() => new DgramBackend(), family)).resolves.toEqual([]);
});

describe("with the addon", () => {
  beforeEach((context) => skipUnless(context, canLoad("native")));

  test.each([4, 6] as const)("native keeps its contracts on loopbackSite(), IPv%i", async (family) => {
    await expect(failuresOf(() => NativeBackend.load(), family)).resolves.toEqual([]);
  });
});
