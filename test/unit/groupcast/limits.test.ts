// What ports may cost: descriptors, handles, memory, and the time to load the package. Sizes are read from the kernel, not timed.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { BACKENDS, canLoad } from "../../support/backends.js";
import { skipUnless } from "../../support/probe.js";

const PROGRAM = fileURLToPath(new URL("../../support/programs/port-limits.mjs", import.meta.url));
const RESIDENT_LIMIT_BYTES = 16 * 1024;
// V8's compilers take some 16 MiB for a while when opening ports has made their code hot, which is no port's memory.
const V8_FLAGS = ["--expose-gc", "--no-opt", "--no-maglev", "--no-sparkplug"];

interface Report {
  readonly idlePortBytes: number;
  readonly descriptorsLeft: number;
  readonly handlesLeft: number;
}

function run(backend: string): Report {
  const { stdout, stderr, status } = spawnSync(process.execPath, [...V8_FLAGS, PROGRAM, backend], { encoding: "utf8" });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  return JSON.parse(stdout) as Report;
}

test.for(BACKENDS)(
  "1,000 idle ports on %s add less than 16 KiB of resident memory each, and 10,000 open/close cycles leave nothing",
  async (backend, context) => {
    await skipUnless(context, canLoad(backend));
    const report = run(backend);
    expect(report.idlePortBytes).toBeLessThan(RESIDENT_LIMIT_BYTES);
    expect(report).toMatchObject({ descriptorsLeft: 0, handlesLeft: 0 });
  },
);
