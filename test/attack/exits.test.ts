import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { BACKENDS, canLoad } from "../support/backends.js";
import { ChildProgram, type Ending } from "../support/child-program.js";
import { skipUnless } from "../support/probe.js";

const PROGRAM = fileURLToPath(new URL("programs/exits.mjs", import.meta.url));

const PLACES = ["burst", "microtask", "datagramReceived", "stopProtocol", "closed", "timer"] as const;

/** Way out → how the process ends: as Node says, never by a crash of ours. */
const WAYS: Readonly<Record<string, Pick<Ending, "exitCode" | "signal">>> = {
  exit: { exitCode: 7, signal: null },
  reallyExit: { exitCode: 7, signal: null },
  sigterm: { exitCode: null, signal: "SIGTERM" },
  sigkill: { exitCode: null, signal: "SIGKILL" },
  uncaught: { exitCode: 1, signal: null },
  rejection: { exitCode: 1, signal: null },
  stop: { exitCode: 0, signal: null },
};

describe.for(BACKENDS)("%s", (backend) => {
  test.for(PLACES)("a process that ends inside %s ends as it meant to, with datagrams on their way", async (place, context) => {
    await skipUnless(context, canLoad(backend));
    for (const [way, { exitCode, signal }] of Object.entries(WAYS)) {
      await using program = new ChildProgram(process.execPath, [PROGRAM, backend, place, way]);
      const ending = await program.ended;
      expect({ way, exitCode: ending.exitCode, signal: ending.signal }, ending.stderr).toEqual({ way, exitCode, signal });
    }
  });
});
