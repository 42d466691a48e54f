// The contracts for a process without capabilities, as an ordinary user's is: other tests run as root, of the machine or of a namespace.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { canLoad } from "../support/backends.js";
import { compileProgram } from "../support/lab/compile-program.js";
import { hasCommand, skipUnless } from "../support/probe.js";
import { unprivileged } from "../support/unprivileged.js";

const PROGRAM = fileURLToPath(new URL("./support/programs/loopback-contracts.ts", import.meta.url));

interface Outcome {
  readonly id: string;
  readonly state: "kept" | "diverges" | "skipped" | "broken";
  readonly reason: string;
}

test("native keeps each contract that asks nothing of its host, in a process without capabilities", async (context) => {
  await skipUnless(context, canLoad("native"), hasCommand("setpriv", "util-linux"));
  const [command, ...args] = unprivileged([process.execPath, compileProgram(PROGRAM)]);
  const outcomes = JSON.parse(execFileSync(command!, args, { encoding: "utf8" })) as readonly Outcome[];
  expect(outcomes.filter(({ state }) => state === "broken" || state === "skipped")).toEqual([]);
  expect(outcomes.filter(({ id }) => id === "OPT-bindToInterface-2").map(({ state }) => state)).toEqual(["kept", "kept"]);
});
