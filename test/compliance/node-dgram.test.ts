// Random programs on node:dgram and on @groupcast/dgram: each must see the same.
//
// GROUPCAST_PROGRAMS=50000 runs more of them; GROUPCAST_SEED repeats a run, whose seed is in its failure.
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
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

let lab: Lab | undefined;

afterAll(() => lab?.[Symbol.asyncDispose]());

test(
  `random programs on @groupcast/dgram see what they see on node:dgram (${PROGRAMS} programs, seed ${SEED})`,
  async (context) => {
    await skipUnless(context, canLoad("native"), canIsolate);
    lab = await Lab.create("node-dgram");
    const plain = await ApiRunner.start(lab, "plain", "node:dgram");
    const ours = await ApiRunner.start(lab, "ours", "@groupcast/dgram");
    const onBoth = (program: ApiProgram): Promise<[Observation, Observation]> => Promise.all([ours.run(program), plain.run(program)]);
    const sameOnBoth = fc.asyncProperty(arbitraryApiProgram, async (program) => {
      fc.pre(!DIVERGENCES.some(({ isMet }) => isMet(program)));
      const [seen, expected] = await onBoth(program);
      if (isDeepStrictEqual(seen, expected)) return;
      const [again, expectedAgain] = await onBoth(program); // sockets of both families may have had one port number by chance
      expect(again).toEqual(expectedAgain);
    });
    await fc.assert(sameOnBoth, { numRuns: PROGRAMS, seed: SEED });
  },
  TIMEOUT_MS,
);
