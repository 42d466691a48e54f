// Programs of their own: uncaught exceptions, exits and the environment cannot be tested inside a test.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fstatSync, readdirSync } from "node:fs";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { canLoad } from "../../support/backends.js";
import { ChildProgram } from "../../support/child-program.js";
import { type Probe, skipUnless } from "../../support/probe.js";
import { bindLoopback, MODULES } from "./modules.js";

const NAMES = ["node:dgram", "@groupcast/dgram"] as const;

function start(program: string, args: readonly unknown[], env: Readonly<Record<string, string>> = {}): ChildProgram {
  return new ChildProgram(process.execPath, [fileURLToPath(new URL(`programs/${program}`, import.meta.url)), ...args.map(String)], { env });
}

/** Descriptors of this process that are sockets. */
function openSockets(): number[] {
  const numbers = readdirSync("/proc/self/fd").map(Number);
  return numbers.filter((fd) => {
    try {
      return fstatSync(fd).isSocket();
    } catch {
      return false; // the one that the folder was read with
    }
  });
}

const isLinux: Probe = async () => ({ isAvailable: process.platform === "linux", reason: "descriptors are found in /proc" });

/** Lines of what was thrown and received, without those of the callback: when it is called among the messages is up to the network. */
async function outcomeOf(name: string): Promise<readonly string[]> {
  await using program = start("throwing.mjs", [name]);
  const { exitCode, stdout, stderr } = await program.ended;
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  const log = JSON.parse(stdout) as string[];
  expect(log).toContain("uncaught callback");
  return log.filter((line) => line !== "uncaught callback");
}

test("what listeners, ticks and callbacks throw is uncaught, and the messages behind it come", async () => {
  expect(await outcomeOf("@groupcast/dgram")).toEqual(await outcomeOf("node:dgram"));
  expect(await outcomeOf("@groupcast/dgram")).toEqual([
    ...["message 1", "uncaught listener of 1"],
    ...["message 2", "uncaught tick of 2"],
    ...["message 3", "uncaught listener of 3"],
    "message 4",
  ]);
});

test.each(NAMES)("%s: a socket that is closed when a listener throws gets no message more", async (name) => {
  await using program = start("throwing.mjs", [name, "close"]);
  const { exitCode, stdout, stderr } = await program.ended;
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  const log = (JSON.parse(stdout) as string[]).filter((line) => line !== "uncaught callback");
  expect(log).toEqual(["message 1", "uncaught listener of 1", "closed"]);
});

test("a backend that cannot be loaded is said by the first bind()", async () => {
  await using program = start("modes.mjs", [], { GROUPCAST_BACKEND: "native", GROUPCAST_ADDON: "/nowhere.node" });
  const { exitCode, stderr } = await program.ended;
  expect(exitCode).toBe(1);
  expect(stderr).toContain("ERR_BACKEND_LOAD");
});

test.for(NAMES)("%s: bind({ fd }) takes a bound socket, keeps its number, and closes the descriptor in the end", async (name, context) => {
  await skipUnless(context, isLinux);
  const before = new Set(openSockets());
  const given = MODULES[0][1].createSocket("udp4");
  const port = await bindLoopback(given);
  const fd = openSockets().find((candidate) => !before.has(candidate))!;
  const path = fileURLToPath(new URL("programs/given-descriptor.mjs", import.meta.url));
  const child = spawn(process.execPath, [path, name], { stdio: ["ignore", "pipe", "inherit", fd] });
  given.close();
  const [printed] = await Promise.all([text(child.stdout!), once(child, "exit")]);
  expect(JSON.parse(printed)).toEqual({ port, text: "to itself", isOpen: "EBADF" });
});

test.each(NAMES)("%s: a socket that was unref'ed before it was bound does not keep the process", async (name) => {
  await using program = start("unreferenced.mjs", [name]);
  const { exitCode, stdout } = await program.ended;
  expect({ exitCode, printed: JSON.parse(stdout) }).toEqual({ exitCode: 0, printed: { isBound: true } });
});

test.each(NAMES)("%s: what was sent to a peer before process.exit() arrives", async (name) => {
  const receiver = MODULES[0][1].createSocket("udp4");
  const port = await bindLoopback(receiver);
  const received = once(receiver, "message");
  await using program = start("exiting.mjs", [name, port]);
  const [{ exitCode, stderr }, [message]] = await Promise.all([program.ended, received]);
  expect({ exitCode, stderr, message: String(message) }).toEqual({ exitCode: 0, stderr: "", message: "last words" });
  receiver.close();
});

test.for([
  ["", { isolation: "kernel", sent: 0 }],
  ["compatible", { isolation: "none", sent: 1 }],
] as const)("GROUPCAST_DGRAM=%s: a socket hears others or not, and sends in bursts or at once", async ([mode, expected], context) => {
  await skipUnless(context, canLoad("native"));
  await using program = start("modes.mjs", [], { GROUPCAST_DGRAM: mode, GROUPCAST_BACKEND: "native" });
  const { exitCode, stdout, stderr } = await program.ended;
  expect({ exitCode, stderr, printed: JSON.parse(stdout) }).toEqual({ exitCode: 0, stderr: "", printed: expected });
});
