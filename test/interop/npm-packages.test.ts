// Packages of npm on Groupcast and on node:dgram: what each row of docs/npm-packages.md says.
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { EXCHANGES } from "../../packages/drop-in/src/exchanges.js";
import { canLoad } from "../support/backends.js";
import { ChildProgram } from "../support/child-program.js";
import { canMakeNamespaces, hasCommand, isRoot, skipUnless } from "../support/probe.js";

const SCRIPT = fileURLToPath(new URL("../../scripts/drop-in.mjs", import.meta.url));
const LIMIT_MS = 180_000; // four pairings of two processes each take ten seconds; nodes of Matter half a minute

test.for(EXCHANGES)("$name exchanges the same on Groupcast as on node:dgram", { timeout: LIMIT_MS }, async ({ name, foreign }, context) => {
  await skipUnless(context, canLoad("native"), isRoot, hasCommand("ip", "iproute2"), canMakeNamespaces);
  if (foreign !== undefined) await skipUnless(context, hasCommand(foreign.command, foreign.debianPackage));
  await using script = new ChildProgram(process.execPath, [SCRIPT, "--check", name], { lifetimeLimitMs: LIMIT_MS });
  const { exitCode, stdout, stderr } = await script.ended;
  expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: expect.stringMatching(/^same .* groupcast/m), stderr: "" });
});
