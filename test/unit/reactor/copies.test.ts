// write(…, { interface: "all" }): a copy by each interface that carries multicast, and each copy has a fate of its own.
import { ERRNO } from "@groupcast/base";
import { expect, test } from "vitest";
import { ETH0, fakeInterface, LOOPBACK } from "../../support/fake-backend.js";
import { type Listening, Stage, turn } from "./stage.js";

const TO_GROUP = { address: "239.255.0.1", port: 5000 };
const TO_GROUP6 = { address: "ff15::1", port: 5000 };
const ALL = { interface: "all" } as const;
const ETH1 = fakeInterface("eth1", 3);
const DOWN = { ...fakeInterface("down0", 4), flags: { ...ETH1.flags, up: false } };
const TUNNEL = { ...fakeInterface("tun0", 5), flags: { ...ETH1.flags, multicast: false } };
const BARE = { ...fakeInterface("bare0", 6), addresses: [] };

/** Names of the interfaces that copies left by, in order. */
function left({ socket }: Listening): (string | undefined)[] {
  const names = new Map([LOOPBACK, ETH0, ETH1, DOWN, TUNNEL, BARE].map(({ index, name }) => [index, name]));
  return socket.sent.map(({ via }) => via && names.get(via.interfaceIndex));
}

function stageOf(...more: (typeof ETH1)[]): Stage {
  return new Stage({ interfaces: [LOOPBACK, ETH0, ...more] });
}

test("a copy leaves by each interface that is up, carries multicast and has an address; on IPv4 by loopback, too", async () => {
  const listening = stageOf(DOWN, TUNNEL, BARE, ETH1).listen();
  expect(listening.port.write("x", TO_GROUP, ALL)).toBe(true);
  await turn();
  expect(left(listening)).toEqual(["lo", "eth0", "eth1"]);
  expect(listening.socket.sent).toMatchObject([{ to: TO_GROUP }, { to: TO_GROUP }, { to: TO_GROUP }]);
  expect(listening.port.statistics()).toMatchObject({ sent: 3, sentBytes: 3, sendFailed: 0, dropped: 0 });
});

test("on IPv6 no copy leaves by loopback, which carries no multicast there", async () => {
  const listening = stageOf(ETH1).listen({ interface: "::" });
  listening.port.write("x", TO_GROUP6, ALL);
  await turn();
  expect(left(listening)).toEqual(["eth0", "eth1"]);
});

test("each copy leaves from the source that is given", async () => {
  const { port, socket } = stageOf(ETH1).listen();
  port.write("x", TO_GROUP, { ...ALL, source: "192.0.2.2" });
  await turn();
  expect(socket.sent.map(({ via }) => via?.source)).toEqual(["192.0.2.2", "192.0.2.2", "192.0.2.2"]);
});

test("a copy that the network refuses is reported with its interface, and the others leave", async () => {
  const listening = stageOf(ETH1).listen();
  listening.socket.sendOutcomes.push(1, ERRNO.ENETDOWN);
  expect(listening.port.write("four", TO_GROUP, ALL)).toBe(true);
  await turn();
  expect(left(listening)).toEqual(["lo", "eth1"]);
  expect(listening.events).toMatchObject([
    ["sendFailed", { to: TO_GROUP, error: { code: "ERR_SEND", errnoName: "ENETDOWN", interface: "eth0" } }],
  ]);
  expect(listening.port.statistics()).toMatchObject({ sent: 2, sentBytes: 8, sendFailed: 1 });
});

test("a copy whose interface went away is reported with its index", async () => {
  const stage = stageOf(ETH1);
  const listening = stage.listen();
  listening.socket.sendOutcomes.push(2, ERRNO.ENODEV);
  listening.port.write("x", TO_GROUP, ALL);
  stage.backend.network.change([LOOPBACK, ETH0]);
  await turn();
  expect(listening.events).toMatchObject([["sendFailed", { error: { errnoName: "ENODEV", interface: "3" } }]]);
});

test("a copy that the full queue refuses is reported with its interface, and write() returns false", async () => {
  const listening = stageOf(ETH1).listen();
  const { port, socket, events } = listening;
  socket.sendOutcomes.push(ERRNO.EAGAIN);
  for (let n = 0; n < 1023; n++) port.write("waits", TO_GROUP);
  await turn();
  expect(port.statistics().queued).toBe(1023);
  expect(port.write("x", TO_GROUP, ALL)).toBe(false);
  await turn();
  const dropped = (name: string): unknown => ["dropped", { to: expect.objectContaining(TO_GROUP), lengthBytes: 1, interface: name }];
  expect(events).toEqual([dropped("eth0"), dropped("eth1")]);
  expect(port.statistics()).toMatchObject({ queued: 1024, dropped: 2 });
  socket.becomeWritable();
  expect(left(listening).slice(1023)).toEqual(["lo"]);
});

test("copies that wait for the network keep their interfaces, and bursts that alternate between peers, too", async () => {
  const listening = stageOf(ETH1).listen();
  const { port, socket } = listening;
  socket.sendOutcomes.push(2, ERRNO.EAGAIN);
  for (const text of ["a", "b"]) {
    port.write(text, TO_GROUP, ALL);
    port.write(text.toUpperCase(), { address: "192.0.2.9", port: 9 });
  }
  await turn();
  socket.becomeWritable();
  const seen = socket.sent.map(({ text, to, via }) => `${text} ${to?.address} ${via?.interfaceIndex}`);
  const toGroup = seen.filter((line) => line.includes(TO_GROUP.address));
  const copies = (text: string): string[] => [LOOPBACK, ETH0, ETH1].map(({ index }) => `${text} ${TO_GROUP.address} ${index}`);
  expect(toGroup).toEqual([...copies("a"), ...copies("b")]);
  expect(seen.filter((line) => !toGroup.includes(line))).toEqual(["A 192.0.2.9 undefined", "B 192.0.2.9 undefined"]);
});

test("send() settles when the network has taken each copy", async () => {
  const listening = stageOf(ETH1).listen();
  listening.socket.sendOutcomes.push(2, ERRNO.EAGAIN);
  let isSettled = false;
  const sent = listening.port.send("x", TO_GROUP, ALL).then(() => {
    isSettled = true;
  });
  await turn();
  expect([left(listening), isSettled]).toEqual([["lo", "eth0"], false]);
  listening.socket.becomeWritable();
  await sent;
  expect(left(listening)).toEqual(["lo", "eth0", "eth1"]);
});

test("send() rejects with the error of a copy that the network refuses, which names its interface; the others leave", async () => {
  const listening = stageOf(ETH1).listen();
  listening.socket.sendOutcomes.push(1, ERRNO.ENETDOWN);
  const sent = listening.port.send("x", TO_GROUP, ALL);
  await expect(sent).rejects.toMatchObject({ code: "ERR_SEND", errnoName: "ENETDOWN", interface: "eth0" });
  expect(left(listening)).toEqual(["lo", "eth1"]);
  expect(listening.events).toEqual([]);
  expect(listening.port.statistics()).toMatchObject({ sent: 2, sendFailed: 1 });
});

test("send() rejects while the outgoing interface is waited for, and names it", async () => {
  const { port, socket } = stageOf(ETH1).listenMulticast({ outgoingInterface: "wlan0" });
  await expect(port.send("x", TO_GROUP)).rejects.toMatchObject({ code: "ERR_SEND", errnoName: "ENODEV", interface: "wlan0" });
  expect([socket.sent, port.statistics().sendFailed]).toEqual([[], 1]);
});

test("with TTL 0 each copy is confined to the host first", async () => {
  const stage = stageOf(ETH1);
  const listening = stage.listenMulticast({ ttl: 0 });
  listening.port.write("x", TO_GROUP, ALL);
  await turn();
  expect(left(listening)).toEqual(["lo", "eth0", "eth1"]);
  const guards = stage.backend.sockets.filter((socket) => socket !== listening.socket).flatMap(({ memberships }) => memberships);
  expect(guards).toEqual([`${TO_GROUP.address} eth0 -`, `${TO_GROUP.address} eth1 -`]);
});

test("with TTL 0 a copy that cannot be confined fails alone", async () => {
  const stage = stageOf(ETH1);
  const listening = stage.listenMulticast({ ttl: 0 });
  stage.backend.refuse("join", "EPERM");
  listening.port.write("x", TO_GROUP, ALL);
  await turn();
  expect(left(listening)).toEqual(["lo", "eth1"]);
  expect(listening.events).toMatchObject([["sendFailed", { error: { errnoName: "EPERM", interface: "eth0" } }]]);
});

test("with TTL 0 and loopback mode off each copy is suppressed, and counted", async () => {
  const { port, socket } = stageOf(ETH1).listenMulticast({ ttl: 0, loopback: false });
  expect(port.write("x", TO_GROUP, ALL)).toBe(true);
  await turn();
  expect(socket.sent).toEqual([]);
  expect(port.statistics().suppressed).toBe(3);
});

test("without an interface that carries multicast the datagram fails with ENODEV, once", async () => {
  const stage = new Stage({ interfaces: [TUNNEL] });
  const { port, socket, events } = stage.listen();
  expect(port.write("x", TO_GROUP, ALL)).toBe(true);
  await turn();
  expect(socket.sent).toEqual([]);
  expect(events).toMatchObject([["sendFailed", { error: { errnoName: "ENODEV" }, to: TO_GROUP }]]);
});

test("a port connected to a group sends copies to it, whether its outgoing interface exists or not", async () => {
  const listening = stageOf(ETH1).listenMulticast({ outgoingInterface: "wlan0" });
  listening.port.connect(TO_GROUP.address, TO_GROUP.port);
  listening.port.write("x", undefined, ALL);
  await turn();
  expect(left(listening)).toEqual(["lo", "eth0", "eth1"]);
  expect(listening.socket.sent).toMatchObject([{ to: TO_GROUP }, { to: TO_GROUP }, { to: TO_GROUP }]);
});

test.each<[what: string, to: { address: string; port: number } | undefined, expected: string]>([
  ["a unicast peer", { address: "192.0.2.9", port: 9 }, 'a single interface: only datagrams to a group take "all"'],
  ["the broadcast address", { address: "<broadcast>", port: 9 }, 'a single interface: only datagrams to a group take "all"'],
  ["a group with a zone", { address: "ff12::1%eth0", port: 9 }, "nothing, since the group's zone names the interface"],
])('"all" is refused for %s before any call of the backend', (_, to, expected) => {
  const stage = stageOf(ETH1);
  const { port } = stage.listen({ interface: to?.address.includes(":") === true ? "::" : "0.0.0.0" });
  stage.backend.calls.length = 0;
  expect(() => port.write("x", to, ALL)).toThrow(
    expect.objectContaining({ code: "ERR_ARGUMENT_RANGE", argument: "interface", value: "all", remedy: expect.stringContaining(expected) }),
  );
  expect(stage.backend.calls).toEqual([]);
});

test('"all" is refused on a port that is connected to one peer', () => {
  const { port } = stageOf(ETH1).listen();
  port.connect("192.0.2.9", 9);
  expect(() => port.write("x", undefined, ALL)).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT_RANGE", argument: "interface" }));
});

test('"all" is unsupported where the backend cannot choose the interface of a datagram', () => {
  const { port } = new Stage({ without: ["sendPacketInfo"] }).listen();
  expect(() => port.write("x", TO_GROUP, ALL)).toThrow(expect.objectContaining({ code: "ERR_UNSUPPORTED_OPERATION" }));
});
