// Where the stack of an error begins: where the user's program made the wrong call.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Reactor } from "groupcast";
import { rolldown } from "rolldown";
import { expect, test } from "vitest";
import { ETH0, fakeInterface, LOOPBACK } from "../../support/fake-backend.js";
import { Notes, Stage, turn } from "./stage.js";

type Call = (stage: Stage) => unknown;

const WRONG_CALLS: readonly (readonly [title: string, call: Call])[] = [
  ["listenUDP", ({ reactor }) => reactor.listenUDP(70_000, new Notes())],
  ["connectUDP", ({ reactor }) => reactor.connectUDP("localhost", 5000, new Notes())],
  ["callLater", ({ reactor }) => reactor.callLater(Number.NaN, () => {})],
  ["write", (stage) => stage.listen().port.write("hello", { address: "192.0.2.1", port: 0 })],
  ["joinGroup", (stage) => stage.listen().port.joinGroup("192.0.2.1")],
  ["leaveGroup, out of order", (stage) => stage.listen().port.leaveGroup("239.255.1.1", "eth0")],
  ["on of the network", ({ reactor }) => reactor.network.on("changed" as "change", () => {})],
  ["setTTL", (stage) => stage.listen().port.setTTL(256)],
];

test.each(WRONG_CALLS)("the error of a wrong %s() begins where it was called", (_title, call) => {
  const [message, first] = linesOf(stackOf(() => call(new Stage())));
  expect(message).toMatch(/^(InvalidArgument|State)Error: [a-zA-Z ]+\(\)/);
  expect(first).toContain("error-stacks.test.ts");
});

test("the error of a wrong option of groupcast's Reactor begins where it was made", () => {
  const stack = stackOf(() => new Reactor({ backened: "native" } as object));
  expect(linesOf(stack)[1]).toContain("error-stacks.test.ts");
});

test("a method of the user's may have the name of what it calls", () => {
  const { port } = new Stage().listen();
  const sender = { write: (): boolean => port.write("hello", { address: "192.0.2.1", port: 0 }) };
  expect(linesOf(stackOf(() => sender.write()))[1]).toMatch(/write .*error-stacks\.test\.ts/);
});

test("a program may have stacks made as it likes", () => {
  const { port } = new Stage().listen();
  const before = Error.prepareStackTrace;
  Error.prepareStackTrace = (_error, frames) => frames;
  try {
    expect(() => port.setTTL(256)).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT_RANGE" }));
  } finally {
    Error.prepareStackTrace = before;
  }
});

test("the error of a port number in use begins at the call, however few frames a stack has, and the limit stays", () => {
  const stage = new Stage();
  stage.backend.refuse("bind", "EADDRINUSE");
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 2;
  try {
    const frames = linesOf(stackOf(() => stage.listen())).slice(1);
    expect(frames).toHaveLength(2);
    expect(frames[0]).toContain("stage.ts");
    expect(frames[1]).toContain("error-stacks.test.ts");
    expect(Error.stackTraceLimit).toBe(2);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
});

test("an error that a protocol's hook causes begins in the hook", () => {
  const joins = { startProtocol: (): void => new Stage().listen().port.joinGroup("192.0.2.1") };
  expect(linesOf(stackOf(() => new Stage().reactor.listenUDP(0, joins)))[1]).toMatch(/startProtocol .*error-stacks\.test\.ts/);
});

test("a program whose stack traces cannot be limited gets its error all the same", () => {
  const { port } = new Stage().listen();
  const limit = Object.getOwnPropertyDescriptor(Error, "stackTraceLimit")!;
  Object.defineProperty(Error, "stackTraceLimit", { ...limit, writable: false });
  try {
    expect(linesOf(stackOf(() => port.setTTL(256)))[1]).toContain("error-stacks.test.ts");
  } finally {
    Object.defineProperty(Error, "stackTraceLimit", limit);
  }
});

test("the error of a membership that is refused later begins at the joinGroup() it belongs to", async () => {
  const stage = new Stage();
  const { port, events } = stage.listen();
  function joinsEarly(): void {
    port.joinGroup("239.255.1.1", "wlan0");
  }
  joinsEarly();
  stage.backend.refuse("join", "EPERM");
  stage.backend.network.change([LOOPBACK, ETH0, fakeInterface("wlan0", 3)]);
  await turn();
  const [, refused] = events.map(([, change]) => (change as { error?: Error }).error);
  expect(refused).toMatchObject({ code: "ERR_JOIN", errnoName: "EPERM" });
  expect(linesOf(refused?.stack ?? "")[1]).toMatch(/joinsEarly .*error-stacks\.test\.ts/);
});

test("in a bundle, where all frames are of one file, stacks begin at the call too", async () => {
  const folder = mkdtempSync(join(tmpdir(), "groupcast-"));
  try {
    const input = fileURLToPath(new URL("programs/wrong-call.mjs", import.meta.url));
    const file = join(folder, "app.mjs");
    await (await rolldown({ input, platform: "node", logLevel: "silent" })).write({ file, format: "esm" });
    const frames = JSON.parse(execFileSync(process.execPath, [file], { encoding: "utf8" })) as string[];
    expect(frames.map((frame) => frame.trim().split(" ")[1])).toEqual(["callsSetTTL", "callsListen", "makesReactor"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

function stackOf(wrong: () => unknown): string {
  try {
    wrong();
  } catch (error) {
    return (error as Error).stack ?? "";
  }
  throw new Error("it was allowed");
}

/** The message, then the frames. */
function linesOf(stack: string): string[] {
  return stack.split("\n").filter((line) => line !== "");
}
