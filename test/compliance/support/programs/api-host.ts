// Runs random programs on an implementation of node:dgram's API, which the argument names: programs in, observations out, as JSON lines.
import type * as Dgram from "node:dgram";
import { createInterface } from "node:readline";
import { runApiProgram } from "../node-dgram/run-api-program.js";
import { makeSilence } from "../node-dgram/silence.js";
import type { ApiProgram } from "../node-dgram/step.js";

const { default: api } = (await import(process.argv[2] ?? "node:dgram")) as { default: typeof Dgram };
const silence = await makeSilence();

for await (const line of createInterface({ input: process.stdin })) {
  const { number, program } = JSON.parse(line) as { number: number; program: ApiProgram };
  const observation = await runApiProgram(api, program, silence);
  process.stdout.write(`${JSON.stringify({ number, observation })}\n`);
}
