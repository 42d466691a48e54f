// What ports publish on channels of node:diagnostics_channel, and the lines of NODE_DEBUG=groupcast.
import diagnostics from "node:diagnostics_channel";
import { fileURLToPath } from "node:url";
import { ERRNO } from "@groupcast/base";
import type { DiagnosticMessages } from "@groupcast/reactor";
import { afterEach, expect, test } from "vitest";
import { ChildProgram } from "../../support/child-program.js";
import { ETH0, fakeInterface, LOOPBACK } from "../../support/fake-backend.js";
import { Stage, turn } from "./stage.js";

const PROGRAM = fileURLToPath(new URL("programs/observed.mjs", import.meta.url));
const GROUP = "239.255.0.1";
const TO_GROUP = { address: GROUP, port: 5000 };
const NAMES: readonly (keyof DiagnosticMessages)[] = [
  "groupcast:port:listening",
  "groupcast:port:closed",
  "groupcast:port:error",
  "groupcast:membership:change",
  "groupcast:send:failed",
  "groupcast:receive:drops",
];

let subscriptions: (() => void)[] = [];

afterEach(() => {
  for (const stop of subscriptions) stop();
  subscriptions = [];
});

/** Every message from now on. */
function subscribe(names: readonly string[] = NAMES): [name: string, message: unknown][] {
  const messages: [string, unknown][] = [];
  for (const name of names) {
    const listen = (message: unknown): number => messages.push([name, message]);
    diagnostics.subscribe(name, listen);
    subscriptions.push(() => diagnostics.unsubscribe(name, listen));
  }
  return messages;
}

test("the life of a port is published from its start to its end, in messages that are frozen", async () => {
  const messages = subscribe();
  const stage = new Stage();
  const { port, socket, protocol } = stage.listen();
  expect(messages).toEqual([]);
  await turn();
  port.joinGroup(GROUP, "eth0");
  await turn();
  socket.sendOutcomes.push(ERRNO.ENETDOWN);
  port.write("x", TO_GROUP);
  await turn();
  protocol.onReceived = () => {
    throw new Error("of the protocol");
  };
  socket.deliver("bad");
  await port.stopListening();
  expect(messages).toEqual([
    ["groupcast:port:listening", { port, operation: "listenUDP" }],
    ["groupcast:membership:change", { port, membership: { group: GROUP, interface: "eth0", state: "joined" } }],
    ["groupcast:send:failed", { port, error: expect.objectContaining({ errnoName: "ENETDOWN" }), to: expect.objectContaining(TO_GROUP) }],
    ["groupcast:port:error", { port, error: expect.objectContaining({ message: "of the protocol" }) }],
    ["groupcast:port:closed", { port, statistics: port.statistics() }],
  ]);
  expect(messages.every(([, message]) => Object.isFrozen(message))).toBe(true);
});

test("a refusal of the OS comes with the change of the membership", async () => {
  const stage = new Stage();
  const { port } = stage.listen();
  port.joinGroup(GROUP, "wlan0");
  await turn();
  const messages = subscribe(["groupcast:membership:change"]);
  stage.backend.refuse("join", "EPERM");
  stage.backend.network.change([LOOPBACK, ETH0, fakeInterface("wlan0", 7)]);
  await turn();
  expect(messages).toMatchObject([["groupcast:membership:change", { membership: { state: "waiting" }, error: { errnoName: "EPERM" } }]]);
});

test("a subscriber that is added later sees what happens later, and none after it unsubscribed", async () => {
  const { port } = new Stage().listen();
  await turn();
  const messages = subscribe();
  port.joinGroup(GROUP, "eth0");
  await turn();
  for (const stop of subscriptions.splice(0)) stop();
  await port.stopListening();
  expect(messages.map(([name]) => name)).toEqual(["groupcast:membership:change"]);
});

test("drops are published at the wake-up that finds them, as the number since the message before", async () => {
  const messages = subscribe(["groupcast:receive:drops"]);
  const { port, socket } = new Stage().listen();
  const deliver = (kernelDrops: number, unreadDrops: number): void => {
    socket.setOption("kernelDrops", kernelDrops);
    socket.setOption("unreadDrops", unreadDrops);
    socket.deliver("x");
  };
  deliver(0, 0);
  deliver(3, 0);
  deliver(3, 0);
  deliver(5, 1);
  socket.setOption("kernelDrops", 6);
  expect(port.statistics()).toMatchObject({ kernelDrops: 6, unreadDrops: 1 });
  socket.setOption("kernelDrops", 10);
  await port.stopListening();
  expect(messages.map(([, message]) => message)).toEqual([
    { port, kernelDrops: 3, unreadDrops: 0 },
    { port, kernelDrops: 2, unreadDrops: 1 },
    { port, kernelDrops: 1, unreadDrops: 0 },
    { port, kernelDrops: 4, unreadDrops: 0 },
  ]);
  expect(port.statistics()).toMatchObject({ kernelDrops: 10, unreadDrops: 1 });
});

test("drops are not asked for at a wake-up while nobody subscribes", () => {
  const { socket } = new Stage().listen();
  const { getOption } = socket;
  const asked: string[] = [];
  socket.getOption = (name) => {
    asked.push(name);
    return getOption.call(socket, name);
  };
  socket.deliver("x");
  expect(asked).toEqual([]);
  subscribe(["groupcast:receive:drops"]);
  socket.deliver("y");
  expect(asked).toContain("kernelDrops");
});

test("a port whose protocol refuses to start publishes nothing", async () => {
  const messages = subscribe();
  const stage = new Stage();
  const start = (): unknown =>
    stage.reactor.listenUDP(0, {
      startProtocol() {
        throw new Error("not today");
      },
      datagramReceived() {},
    });
  expect(start).toThrow("not today");
  await turn();
  expect(messages).toEqual([]);
});

test("subscribers that throw, write and change messages neither stop the port nor keep others from being called", async () => {
  await using program = new ChildProgram(process.execPath, [PROGRAM, "hostile"]);
  const { exitCode, stdout, stderr } = await program.ended;
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  const lines = stdout.trim().split("\n");
  expect(lines[0]).toBe("delivered");
  for (const name of ["port:listening", "membership:change", "send:failed", "port:error", "port:closed"]) expect(lines[1]).toContain(name);
  expect(lines[2]).toMatch(/^\d+ bites$/);
});

test("NODE_DEBUG=groupcast logs the life of a port to stderr, and without it nothing is logged", async () => {
  await using logged = new ChildProgram(process.execPath, [PROGRAM], { env: { NODE_DEBUG: "groupcast" } });
  await using silent = new ChildProgram(process.execPath, [PROGRAM], { env: { NODE_DEBUG: "" } });
  const { stderr } = await logged.ended;
  for (const line of [
    /^GROUPCAST \d+: Protocol on 5000: listenMulticast on 0\.0\.0\.0:5000 with \{ .* \}$/m,
    /^GROUPCAST \d+: Protocol on 5000: port:listening \{ operation: 'listenMulticast' \}/m,
    /: membership:change \{ membership: \{ .*, state: 'waiting' \} \}$/m,
    /: outgoing interface \{ .* \}$/m,
    /: send:failed \{/,
    /: port:error \{/,
    /: port:closed \{ statistics: \{ received: 1, .* \} \}$/m,
  ]) {
    expect(stderr).toMatch(line);
  }
  expect((await silent.ended).stderr).toBe("");
});
