// Random programs on the network in memory and on native sockets in a namespace: every socket must have seen the same.
//
// GROUPCAST_PROGRAMS=50000 runs more of them; GROUPCAST_SEED repeats a run, whose seed is in its failure.
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { canLoad } from "../support/backends.js";
import { skipUnless } from "../support/probe.js";
import { arbitraryProgram } from "./support/differential/arbitrary-program.js";
import { NativeRunner } from "./support/differential/native-runner.js";
import { runProgram } from "./support/differential/run-program.js";
import { openMemorySite } from "./support/memory-site.js";
import { canIsolate } from "./support/namespace-lab.js";

const PROGRAMS = Number(process.env.GROUPCAST_PROGRAMS ?? 1_000);
const SEED = Number(process.env.GROUPCAST_SEED ?? Date.now() & 0x7fff_ffff);
const TIMEOUT_MS = 60_000 + 50 * PROGRAMS; // shrinking included

let native: NativeRunner | undefined;

afterAll(() => native?.[Symbol.asyncDispose]());

test(
  `random programs are seen by every socket in memory as on native sockets (${PROGRAMS} programs, seed ${SEED})`,
  async (context) => {
    await skipUnless(context, canLoad("native"), canIsolate);
    native = await NativeRunner.start();
    const runner = native;
    const sameOnBoth = fc.asyncProperty(arbitraryProgram, async (program) => {
      expect(await runProgram(openMemorySite(), program)).toEqual(await runner.run(program));
    });
    await fc.assert(sameOnBoth, { numRuns: PROGRAMS, seed: SEED });
  },
  TIMEOUT_MS,
);
