import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { BACKENDS, type BackendName, canLoad } from "../support/backends.js";
import { ChildProgram, type Ending } from "../support/child-program.js";
import { skipUnless } from "../support/probe.js";

const STORM = fileURLToPath(new URL("programs/worker-storm.mjs", import.meta.url));
const TERMINATIONS = 40; // dgram on Node 20 has died within the first 24 each time

/**
 * Backend → how Node itself may end a process that terminates a worker in the middle of receiving, and the first major version that does
 * not. Node 20 makes JavaScript objects in `UDPWrap::OnRecv` while the worker's JavaScript is being ended, and aborts when that fails.
 */
const MAY_ABORT: Partial<Record<BackendName, { readonly where: RegExp; readonly until: number }>> = {
  dgram: { where: /v8::FromJust Maybe value is Nothing(.|\n)*node::UDPWrap::OnRecv/, until: 22 },
};

test.for(BACKENDS)("workers on %s that are terminated while they receive leave nothing, and spoil nothing", async (backend, context) => {
  await skipUnless(context, canLoad(backend));
  await using program = new ChildProgram(process.execPath, [STORM, backend, String(TERMINATIONS)]);
  const ending = await program.ended;
  if (isAbortOfNode(backend, ending)) return void (await context.annotate(`Node ${process.version} aborted inside UDPWrap::OnRecv`));
  expect(ending, ending.stderr).toMatchObject({ exitCode: 0, signal: null });
  const { received, ...outcome } = JSON.parse(ending.stdout) as { received: number };
  expect(outcome).toEqual({ terminated: TERMINATIONS, spoiled: 0, left: 0, hasAnswered: true, stray: [] });
  expect(received).toBeGreaterThan(TERMINATIONS);
});

function isAbortOfNode(backend: BackendName, { signal, stderr }: Ending): boolean {
  const abort = MAY_ABORT[backend];
  if (abort === undefined || Number.parseInt(process.versions.node, 10) >= abort.until) return false;
  return signal === "SIGABRT" && abort.where.test(stderr);
}
