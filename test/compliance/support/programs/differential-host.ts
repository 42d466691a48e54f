// Runs random programs on the native backend of the namespace that this process is in: programs in, observations out, as JSON lines.
import { createInterface } from "node:readline";
import { runProgram } from "../differential/run-program.js";
import type { RandomProgram } from "../differential/step.js";
import { openNamespaceSite } from "../host-site.js";

const { interfaces, farSide } = JSON.parse(process.argv[2] ?? "{}") as { interfaces: readonly string[]; farSide: string };
const site = openNamespaceSite("native", { interfaces, farSide, foreignSockets: [] });

for await (const line of createInterface({ input: process.stdin })) {
  const { number, program } = JSON.parse(line) as { number: number; program: RandomProgram };
  const observation = await runProgram(site, program).catch((error: Error) => [[`failed: ${error.stack}`]]);
  process.stdout.write(`${JSON.stringify({ number, observation })}\n`);
}
