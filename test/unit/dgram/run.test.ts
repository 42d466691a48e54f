import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { canLoad } from "../../support/backends.js";
import { ChildProgram } from "../../support/child-program.js";
import { skipUnless } from "../../support/probe.js";
import { runNode } from "./hooked-program.js";

const RUN = fileURLToPath(new URL("../../../packages/dgram/dist/run.js", import.meta.url));

test("groupcast-dgram runs a program on Groupcast, and its threads", async (context) => {
  await skipUnless(context, canLoad("native"));
  for (const program of ["every-way.mjs", "every-way.cjs", "worker.mjs"]) {
    const { exitCode, printed, stderr } = runNode([RUN, program]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(new Set(Object.values(printed as object))).toEqual(new Set(["datagram by groupcast"]));
  }
});

test("groupcast-dgram passes arguments on, and returns the exit code", () => {
  const code = "console.log(JSON.stringify(process.argv.slice(1))); process.exitCode = 7";
  expect(runNode([RUN, "--eval", code, "one", "two words"])).toEqual({ exitCode: 7, printed: ["one", "two words"], stderr: "" });
});

test.each(["SIGTERM", "SIGHUP"] as const)("groupcast-dgram passes %s on, and waits for the program's end", async (signal) => {
  const code = `process.on("${signal}", () => { console.log("bye"); process.exit(3); }); setInterval(() => {}, 1000); console.log("ready")`;
  await using program = new ChildProgram(process.execPath, [RUN, "--eval", code]);
  await program.line(/ready/);
  expect(await program.stop(signal)).toMatchObject({ exitCode: 3, signal: null, stdout: "ready\nbye\n" });
});

test("groupcast-dgram ends by the signal that ended the program", async () => {
  await using program = new ChildProgram(process.execPath, [RUN, "--eval", 'setInterval(() => {}, 1000); console.log("ready")']);
  await program.line(/ready/);
  expect(await program.stop("SIGTERM")).toMatchObject({ exitCode: null, signal: "SIGTERM" });
});
