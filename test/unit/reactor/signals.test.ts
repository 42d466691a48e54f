import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { ChildProgram } from "../../support/child-program.js";

const PROGRAM = fileURLToPath(new URL("programs/until-signal.mjs", import.meta.url));

function start(...args: readonly string[]): ChildProgram {
  return new ChildProgram(process.execPath, [PROGRAM, ...args]);
}

test.each(["SIGINT", "SIGTERM"] as const)("run() ends on %s, stops the ports, and puts the handlers back", async (signal) => {
  await using program = start("1");
  await program.line(/^running$/);
  const { exitCode, stdout, stderr } = await program.stop(signal);
  expect(stdout.replace(/\d{4,}/g, "<port>").split("\n")).toEqual([
    "Quiet starting on <port>",
    "running",
    `Received ${signal}, shutting down.`,
    "(UDP Port <port> Closed)",
    "stopProtocol",
    "listeners 0,0 then 0,0",
    "",
  ]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
});

test("run() puts the handlers back when stop() ends it", async () => {
  await using program = start("1", "later");
  const { exitCode, stdout } = await program.ended;
  expect(stdout).toContain("listeners 0,0 then 0,0");
  expect(exitCode).toBe(0);
});

test("run() leaves SIGINT to a program that listens to it, and takes SIGTERM", async () => {
  await using program = start("1", "own");
  await program.line(/^running$/);
  void program.stop("SIGINT"); // it does not end yet
  await program.line(/^own listener$/);
  const { exitCode, stdout } = await program.stop("SIGTERM");
  expect(stdout).toContain("Received SIGTERM, shutting down.\n");
  expect(stdout).not.toContain("Received SIGINT");
  expect(stdout).toContain("listeners 1,0 then 1,0");
  expect(exitCode).toBe(0);
});

test("run() with installSignalHandlers: false leaves signals to do what they did", async () => {
  await using program = start("1", "quiet");
  await program.line(/^running$/);
  const { exitCode, signal, stdout } = await program.stop("SIGINT");
  expect({ exitCode, signal }).toEqual({ exitCode: null, signal: "SIGINT" });
  expect(stdout).not.toContain("Received");
});

test("a second SIGINT ends a program whose shutdown hangs", async () => {
  await using program = start("1", "hang");
  await program.line(/^running$/);
  void program.stop("SIGINT"); // it does not end yet
  await program.line(/^Received SIGINT/);
  const { exitCode, signal } = await program.stop("SIGINT");
  expect({ exitCode, signal }).toEqual({ exitCode: null, signal: "SIGINT" });
});

test("one SIGINT stops every reactor of a program", async () => {
  await using program = start("2");
  await program.line(/^running$/);
  const { exitCode, stdout } = await program.stop("SIGINT");
  expect(stdout.match(/^stopProtocol$/gm)).toHaveLength(2);
  expect(stdout).toContain("listeners 0,0 then 0,0");
  expect(exitCode).toBe(0);
});
