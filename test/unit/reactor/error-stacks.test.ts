// Where the stack of an error begins: where the user's program made the wrong call.
import { Reactor } from "groupcast";
import { expect, test } from "vitest";
import { Notes, Stage } from "./stage.js";

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
  expect(message).toMatch(/^(InvalidArgument|State)Error: Cannot /);
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
