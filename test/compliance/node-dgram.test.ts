// Random programs on node:dgram and on @groupcast/dgram: each must see the same, but for the differences that are wanted.
//
// GROUPCAST_PROGRAMS=50000 runs more of them; GROUPCAST_SEED repeats a run, whose seed is in its failure.
import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { afterEach, expect, type TestContext, test } from "vitest";
import { canLoad } from "../support/backends.js";
import { Lab } from "../support/lab/lab.js";
import { skipUnless } from "../support/probe.js";
import { canIsolate } from "./support/namespace-lab.js";
import { ApiRunner } from "./support/node-dgram/api-runner.js";
import { arbitraryApiProgram } from "./support/node-dgram/arbitrary-api-program.js";
import { DIVERGENCES } from "./support/node-dgram/divergences.js";
import type { ApiProgram, Observation } from "./support/node-dgram/step.js";

const PROGRAMS = Number(process.env.GROUPCAST_PROGRAMS ?? 1_000);
const SEED = Number(process.env.GROUPCAST_SEED ?? Date.now() & 0x7fff_ffff);
const TIMEOUT_MS = 60_000 + 100 * PROGRAMS; // shrinking included

/** Settings of @groupcast/dgram, each held to node:dgram. */
const SETTINGS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "as it is by default": {},
  "with GROUPCAST_DGRAM=compatible": { GROUPCAST_DGRAM: "compatible" },
};

let lab: Lab | undefined;

afterEach(async () => {
  await lab?.[Symbol.asyncDispose]();
  lab = undefined;
});

/** Runs a program on both; what @groupcast/dgram saw comes first. */
type OnBoth = (program: ApiProgram) => Promise<[Observation, Observation]>;

async function bothRunners(context: TestContext, env: Readonly<Record<string, string>> = {}): Promise<OnBoth> {
  await skipUnless(context, canLoad("native"), canIsolate);
  lab = await Lab.create("node-dgram");
  const plain = await ApiRunner.start(lab, "plain", "node:dgram");
  const ours = await ApiRunner.start(lab, "ours", "@groupcast/dgram", env);
  return (program) => Promise.all([ours.run(program), plain.run(program)]);
}

test.for(Object.entries(SETTINGS))(
  `random programs on @groupcast/dgram $0 see what they see on node:dgram (${PROGRAMS} programs, seed ${SEED})`,
  { timeout: TIMEOUT_MS },
  async ([, env], context) => {
    const onBoth = await bothRunners(context, env);
    const sameOnBoth = fc.asyncProperty(arbitraryApiProgram, async (program) => {
      fc.pre(!DIVERGENCES.some(({ isMet }) => isMet(program)));
      const [seen, expected] = await onBoth(program);
      if (isDeepStrictEqual(seen, expected)) return;
      const [again, expectedAgain] = await onBoth(program); // sockets of both families may have had one port number by chance
      expect(again).toEqual(expectedAgain);
    });
    await fc.assert(sameOnBoth, { numRuns: PROGRAMS, seed: SEED });
  },
);

test("each difference that is wanted is seen by its witness, which comes across no other", async (context) => {
  const onBoth = await bothRunners(context);
  const url = new URL("support/node-dgram/witnesses.jsonl", import.meta.url);
  const lines = readFileSync(url, "utf8").trimEnd().split("\n");
  const witnesses = lines.map((line) => JSON.parse(line) as { readonly reason: string; readonly program: ApiProgram });
  expect(witnesses.map(({ reason }) => reason)).toEqual(DIVERGENCES.map(({ reason }) => reason));
  for (const { reason, program } of witnesses) {
    expect(DIVERGENCES.filter(({ isMet }) => isMet(program)).map((row) => row.reason)).toEqual([reason]);
    const [seen, expected] = await onBoth(program);
    expect(isDeepStrictEqual(seen, expected), `node:dgram does the same now: remove the row "${reason}"`).toBe(false);
  }
});
