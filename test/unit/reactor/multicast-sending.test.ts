import { type SocketAddress, socketAddress } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import { expect, test } from "vitest";
import { ETH0, type FakeSocket, fakeInterface, LOOPBACK } from "../../support/fake-backend.js";
import { type Listening, Notes, Stage, turn } from "./stage.js";

const GROUP = { address: "239.255.0.1", port: 5000 };
const GROUP6 = { address: "ff15::1", port: 5000 };
const ETH1 = fakeInterface("eth1", 3);

/** Sends `text` to `to`, and returns what reached the socket. */
async function send({ port, socket }: Listening, to: { address: string; port: number } = GROUP, options?: object): Promise<unknown[]> {
  socket.sent.length = 0;
  expect(port.write("x", to, options)).toBe(true);
  await turn();
  return socket.sent.map(({ via }) => via?.interfaceIndex);
}

/** The sockets that only hold datagrams back. */
function guardsOf({ backend }: Stage, { socket }: Listening): FakeSocket[] {
  return backend.sockets.filter((other) => other !== socket);
}

test("setTTL() is told to the socket and by getTTL(), which is 1 at first", () => {
  const { port, socket } = new Stage().listen();
  expect(port.getTTL()).toBe(1);
  port.setTTL(2);
  expect(socket.option("multicastTtl")).toBe(2);
  expect(port.getTTL()).toBe(2);
});

test("setLoopbackMode() is told to the socket and by getLoopbackMode(), which is true at first", () => {
  const { port, socket } = new Stage().listen({ interface: "::" });
  expect(port.getLoopbackMode()).toBe(true);
  port.setLoopbackMode(false);
  expect(socket.option("multicastLoopback")).toBe(0);
  expect(port.getLoopbackMode()).toBe(false);
});

test.each([
  ["eth0", "eth0"],
  [2, "eth0"],
  ["192.0.2.2", "eth0"],
  ["::%eth0", "eth0"],
  [ETH0, "eth0"],
])("setOutgoingInterface(%o) is told to the socket, and getOutgoingInterface() says %s", (to, name) => {
  const { port, socket } = new Stage().listen();
  expect(port.getOutgoingInterface()).toBe("default");
  port.setOutgoingInterface(to);
  expect(socket.multicastInterface).toBe(name);
  expect(port.getOutgoingInterface()).toBe(name);
});

test.each(["default", "0.0.0.0", "::", ""])("setOutgoingInterface(%o) gives the choice back to the route", (to) => {
  const { port, socket } = new Stage().listen();
  port.setOutgoingInterface("eth0");
  port.setOutgoingInterface(to);
  expect(socket.multicastInterface).toBeUndefined();
  expect(port.getOutgoingInterface()).toBe("default");
});

test.each<[call: (port: Listening["port"]) => void, code: string, argument: string]>([
  [(port) => port.setTTL(-1), "ERR_ARGUMENT_RANGE", "ttl"],
  [(port) => port.setTTL(256), "ERR_ARGUMENT_RANGE", "ttl"],
  [(port) => port.setTTL(1.5), "ERR_ARGUMENT_RANGE", "ttl"],
  [(port) => port.setTTL("1" as never), "ERR_ARGUMENT_TYPE", "ttl"],
  [(port) => port.setLoopbackMode(1 as never), "ERR_ARGUMENT_TYPE", "on"],
  [(port) => port.setBroadcastAllowed(1 as never), "ERR_ARGUMENT_TYPE", "on"],
  [(port) => port.setOutgoingInterface("not a name"), "ERR_INTERFACE_UNKNOWN", "interface"],
  [(port) => port.setOutgoingInterface("all"), "ERR_INTERFACE_UNKNOWN", "interface"],
  [(port) => port.setOutgoingInterface(0), "ERR_ARGUMENT_RANGE", "interface"],
  [(port) => port.setOutgoingInterface(undefined as never), "ERR_ARGUMENT_TYPE", "interface"],
])("%s is refused with %s before any call of the backend, and changes nothing", (call, code, argument) => {
  const stage = new Stage();
  const { port } = stage.listen();
  stage.backend.calls.length = 0;
  expect(() => call(port)).toThrow(expect.objectContaining({ name: "InvalidArgumentError", code, argument }));
  expect(stage.backend.calls).toEqual([]);
  expect([port.getTTL(), port.getLoopbackMode(), port.getOutgoingInterface()]).toEqual([1, true, "default"]);
});

test.each<[operation: string, call: (stage: Stage, selector: string) => void]>([
  ["setOutgoingInterface", (stage, selector) => stage.listen().port.setOutgoingInterface(selector)],
  ["listenMulticast", (stage, selector) => stage.reactor.listenMulticast(0, new Notes(), { outgoingInterface: selector })],
])('%s("all") advises what takes "all"', (_, call) => {
  const remedy = 'name one interface, since only joinGroup and write take "all"';
  expect(() => call(new Stage(), "all")).toThrow(expect.objectContaining({ remedy, code: "ERR_INTERFACE_UNKNOWN" }));
});

test("write() by an interface that does not exist advises only what it can do about one", () => {
  const { port } = new Stage().listen();
  expect(() => port.write("x", GROUP, { interface: "wlan0" })).toThrow(
    expect.objectContaining({ remedy: 'expected one of "lo", "eth0"', code: "ERR_INTERFACE_UNKNOWN" }),
  );
});

test.each<[method: string, call: (port: Listening["port"]) => void]>([
  ["set multicastTtl", (port) => port.setTTL(5)],
  ["set multicastLoopback", (port) => port.setLoopbackMode(false)],
  ["set broadcast", (port) => port.setBroadcastAllowed(true)],
  ["setMulticastInterface", (port) => port.setOutgoingInterface("eth0")],
  ["setMulticastInterface", (port) => port.setTTL(0)],
])("a refusal of %s is thrown as ERR_SET_OPTION, and changes nothing", (method, call) => {
  const stage = new Stage();
  const { port } = stage.listen();
  stage.backend.refuse(method, "EPERM");
  expect(() => call(port)).toThrow(expect.objectContaining({ code: "ERR_SET_OPTION", errnoName: "EPERM" }));
  expect([port.getTTL(), port.getLoopbackMode(), port.getOutgoingInterface(), port.getBroadcastAllowed()]).toEqual([
    1,
    true,
    "default",
    false,
  ]);
});

test("listenMulticast() applies its options before startProtocol() runs", () => {
  const { port, socket } = new Stage().listenMulticast({ ttl: 3, loopback: false, outgoingInterface: "eth0" });
  expect([port.getTTL(), port.getLoopbackMode(), port.getOutgoingInterface()]).toEqual([3, false, "eth0"]);
  expect([socket.option("multicastTtl"), socket.option("multicastLoopback"), socket.multicastInterface]).toEqual([3, 0, "eth0"]);
});

test("a datagram to a group leaves as the kernel routes it, when the port is bound to all addresses", async () => {
  expect(await send(new Stage().listen())).toEqual([undefined]);
});

test("a datagram to a group leaves by the interface of the route, when the port is bound to one address", async () => {
  const stage = new Stage({ interfaces: [LOOPBACK, ETH0, ETH1] });
  stage.backend.network.routes.set(GROUP.address, "lo");
  const listening = stage.listen({ interface: "192.0.2.2" });
  expect(await send(listening)).toEqual([LOOPBACK.index]);
  expect(await send(listening, { address: "239.255.0.2", port: 1 })).toEqual([ETH0.index]);
  expect(await send(listening, { address: "192.0.2.9", port: 1 })).toEqual([undefined]);
});

test.each<[method: string, call: (port: Listening["port"]) => void]>([
  ["set multicastTtl", (port) => port.setTTL(5)],
  ["set multicastLoopback", (port) => port.setLoopbackMode(false)],
  ["setMulticastInterface", (port) => port.setOutgoingInterface("eth0")],
])("a datagram leaves before %s, when it was written before that", (method, call) => {
  const stage = new Stage();
  const { port, socket } = stage.listen();
  port.write("under the options until now", GROUP);
  stage.backend.calls.length = 0;
  call(port);
  expect(socket.texts).toEqual(["under the options until now"]);
  expect(stage.backend.calls).toEqual(["send", method]);
});

test("a datagram to a group follows its route within a second, when the port is bound to one address", async () => {
  const stage = new Stage({ interfaces: [LOOPBACK, ETH0, ETH1] });
  const listening = stage.listen({ interface: "192.0.2.2" });
  expect(await send(listening)).toEqual([ETH0.index]);
  stage.backend.network.routes.set("default", "eth1");
  await stage.clock.advance(999);
  expect(await send(listening)).toEqual([ETH0.index]);
  await stage.clock.advance(1);
  expect(await send(listening)).toEqual([ETH1.index]);
});

test("a datagram to a group without a route leaves by no interface that is down, without multicast or without an address of the family", async () => {
  const down = fakeInterface("down", 5, { flags: { ...ETH0.flags, up: false } });
  const plain = fakeInterface("plain", 6, { flags: { ...ETH0.flags, multicast: false } });
  const six = fakeInterface("six", 7, { addresses: ETH0.addresses.filter(({ family }) => family === 6) });
  const stage = new Stage({ interfaces: [LOOPBACK, down, plain, six, ETH1] });
  stage.backend.network.routes.clear();
  expect(await send(stage.listen())).toEqual([ETH1.index]);
  const alone = new Stage({ interfaces: [LOOPBACK, down, plain, six] });
  alone.backend.network.routes.clear();
  expect(await send(alone.listen())).toEqual([LOOPBACK.index]);
});

test("a datagram to a group leaves as the kernel routes it, when an IPv6 port is bound to one address", async () => {
  expect(await send(new Stage().listen({ interface: "fe80::2%eth0" }), GROUP6)).toEqual([undefined]);
});

test("a datagram to a group leaves by the chosen interface, when there is one, also from one address", async () => {
  const listening = new Stage({ interfaces: [LOOPBACK, ETH0, ETH1] }).listenMulticast({
    interface: "192.0.2.2",
    outgoingInterface: "eth1",
  });
  expect(await send(listening)).toEqual([undefined]);
  expect(listening.socket.multicastInterface).toBe("eth1");
});

test("a datagram to a group without a route leaves by the first interface that carries multicast, else by loopback", async () => {
  const stage = new Stage();
  stage.backend.network.routes.clear();
  expect(await send(stage.listen())).toEqual([ETH0.index]);
  const alone = new Stage({ interfaces: [LOOPBACK] });
  expect(await send(alone.listen())).toEqual([LOOPBACK.index]);
});

test.each(["routes", "sendPacketInfo"] as const)(
  "a datagram to a group is left to the kernel where the backend lacks %s",
  async (lacking) => {
    const stage = new Stage({ without: [lacking] });
    stage.backend.network.routes.clear();
    expect(await send(stage.listen({ interface: "192.0.2.2" }))).toEqual([undefined]);
  },
);

test("a route is looked up once for each group, until the interfaces change", async () => {
  const stage = new Stage();
  const listening = stage.listen();
  stage.reactor.network.on("change", () => {});
  let lookups = 0;
  const { routeTo } = stage.backend.network;
  stage.backend.network.routeTo = (address, source) => {
    lookups++;
    return routeTo.call(stage.backend.network, address, source);
  };
  for (let i = 0; i < 10; i++) await send(listening);
  expect(lookups).toBe(1);
  stage.backend.network.change([LOOPBACK, ETH0, ETH1]);
  await send(listening);
  expect(lookups).toBe(2);
});

test("write() with an interface leaves by that one, whatever was chosen, and with a source from that", async () => {
  const listening = new Stage({ interfaces: [LOOPBACK, ETH0, ETH1] }).listenMulticast({ outgoingInterface: "eth0" });
  expect(await send(listening, GROUP, { interface: "eth1" })).toEqual([ETH1.index]);
  expect(await send(listening, GROUP, { source: "192.0.2.2" })).toEqual([0]);
  expect(listening.socket.sent[0]?.via?.source).toBe("192.0.2.2");
});

test("write() with a source keeps the interface that the group was settled on", async () => {
  const stage = new Stage();
  stage.backend.network.routes.clear();
  expect(await send(stage.listen(), GROUP, { source: "192.0.2.2" })).toEqual([ETH0.index]);
});

test("a group's zone is the interface its datagrams leave by, for wide scopes too, which Linux would route", async () => {
  const listening = new Stage({ interfaces: [LOOPBACK, ETH0, ETH1] }).listen({ interface: "::" });
  expect(await send(listening, { address: "ff02::1%eth1", port: 1 })).toEqual([ETH1.index]);
  expect(await send(listening, { address: "ff15::1%eth1", port: 1 })).toEqual([ETH1.index]);
  expect(await send(listening, { address: "ff15::1%eth1", port: 1 }, { interface: "eth0" })).toEqual([ETH0.index]);
});

test("a group's zone is left to the backend that cannot choose for each datagram", async () => {
  const listening = new Stage({ without: ["sendPacketInfo"] }).listen({ interface: "::" });
  expect(await send(listening, { address: "ff02::1%eth0", port: 1 })).toEqual([undefined]);
  expect(listening.socket.sent[0]?.to?.address).toBe("ff02::1%eth0");
});

test("TTL 0 without a chosen interface selects loopback before the TTL is set, and gives it back afterwards", async () => {
  const stage = new Stage();
  const listening = stage.listen();
  stage.backend.calls.length = 0;
  listening.port.setTTL(0);
  expect(stage.backend.calls).toEqual(["setMulticastInterface", "set multicastTtl"]);
  expect(listening.socket.multicastInterface).toBe("lo");
  expect(await send(listening)).toEqual([undefined]);
  expect(guardsOf(stage, listening)).toEqual([]);
  expect(listening.port.getOutgoingInterface()).toBe("default");
  listening.port.setTTL(1);
  expect(listening.socket.multicastInterface).toBeUndefined();
});

test("TTL 0 with a chosen interface joins each group there before its first datagram, with a socket that is never read", async () => {
  const stage = new Stage();
  const listening = stage.listenMulticast({ ttl: 0, outgoingInterface: "eth0" });
  expect(guardsOf(stage, listening)).toEqual([]);
  listening.port.write("x", GROUP);
  const [guard] = guardsOf(stage, listening);
  expect(guard?.memberships).toEqual([`${GROUP.address} eth0 -`]);
  expect(listening.socket.sent).toEqual([]);
  await turn();
  await send(listening);
  await send(listening, { address: "239.255.0.2", port: 1 });
  expect(guardsOf(stage, listening)).toEqual([guard]);
  expect(guard).toMatchObject({
    readLimits: undefined,
    isReferenced: false,
    memberships: [`${GROUP.address} eth0 -`, "239.255.0.2 eth0 -"],
  });
  expect(listening.socket.memberships).toEqual([]);
  expect(listening.port.memberships).toEqual([]);
  await listening.port.stopListening();
  expect(stage.backend.openSockets).toEqual([]);
});

test("TTL 0 with an interface for one datagram, or a zone, joins there first", async () => {
  const stage = new Stage({ interfaces: [LOOPBACK, ETH0, ETH1] });
  const listening = stage.listen({ interface: "::" });
  listening.port.setTTL(0);
  expect(await send(listening, GROUP6, { interface: "eth0" })).toEqual([ETH0.index]);
  expect(await send(listening, { address: "ff02::1%eth1", port: 1 })).toEqual([ETH1.index]);
  expect(await send(listening, GROUP6, { interface: "lo" })).toEqual([LOOPBACK.index]);
  expect(guardsOf(stage, listening).flatMap(({ memberships }) => memberships)).toEqual(["ff15::1 eth0 -", "ff02::1 eth1 -"]);
});

test("TTL 0 that cannot be guarded sends nothing, tells sendFailed, and tries again the next time", async () => {
  const stage = new Stage();
  const listening = stage.listenMulticast({ ttl: 0, outgoingInterface: "eth0" });
  stage.backend.refuse("join", "ENODEV");
  expect(await send(listening)).toEqual([]);
  expect(listening.events).toMatchObject([["sendFailed", { error: { code: "ERR_SEND", errnoName: "ENODEV" }, to: GROUP }]]);
  expect(listening.port.statistics()).toMatchObject({ sendFailed: 1, sent: 0 });
  expect(await send(listening)).toEqual([undefined]);
});

test("TTL 0 on a host without loopback leaves by the guarded interface of the route, said for each datagram", async () => {
  const stage = new Stage({ interfaces: [ETH0] });
  const listening = stage.listenMulticast({ ttl: 0 });
  expect(await send(listening)).toEqual([ETH0.index]);
  expect(guardsOf(stage, listening).flatMap(({ memberships }) => memberships)).toEqual([`${GROUP.address} eth0 -`]);
});

test("TTL 0 over IPv6, which has no multicast on loopback, leaves by the guarded interface of the route to each group", async () => {
  const stage = new Stage({ interfaces: [LOOPBACK, ETH0, ETH1] });
  stage.backend.network.routes.set("ff15::2", "eth1");
  const listening = stage.listenMulticast({ interface: "::", ttl: 0 });
  expect(await send(listening, GROUP6)).toEqual([ETH0.index]);
  expect(await send(listening, { address: "ff15::2", port: 1 })).toEqual([ETH1.index]);
  expect(guardsOf(stage, listening).flatMap(({ memberships }) => memberships)).toEqual(["ff15::1 eth0 -", "ff15::2 eth1 -"]);
});

test("TTL 0 over IPv6 selects one guarded interface for all groups where the backend cannot choose for each datagram", async () => {
  const stage = new Stage({ without: ["sendPacketInfo"] });
  const listening = stage.listenMulticast({ interface: "::", ttl: 0 });
  expect(listening.socket.multicastInterface).toBe("eth0");
  expect(await send(listening, GROUP6)).toEqual([undefined]);
  expect(guardsOf(stage, listening).flatMap(({ memberships }) => memberships)).toEqual(["ff15::1 eth0 -"]);
});

test("TTL 0 on a host without any interface sends nothing, and tells ENODEV", async () => {
  const stage = new Stage({ interfaces: [] });
  const listening = stage.listenMulticast({ ttl: 0 });
  expect(await send(listening)).toEqual([]);
  expect(listening.events).toMatchObject([["sendFailed", { error: { errnoName: "ENODEV" } }]]);
});

test("TTL 0 to more groups than one socket may join opens further guards", async () => {
  const stage = new Stage();
  stage.backend.maxMemberships = 2;
  const listening = stage.listenMulticast({ ttl: 0, outgoingInterface: "eth0" });
  for (let index = 1; index <= 5; index++) await send(listening, { address: `239.255.0.${index}`, port: 1 });
  expect(guardsOf(stage, listening).map(({ memberships }) => memberships.length)).toEqual([2, 2, 1]);
});

test("TTL 0 with loopback mode off may reach nobody: it is suppressed and counted", async () => {
  const listening = new Stage().listenMulticast({ ttl: 0, loopback: false, outgoingInterface: "eth0" });
  expect(await send(listening)).toEqual([]);
  expect(listening.port.statistics()).toMatchObject({ suppressed: 1, sent: 0, sendFailed: 0 });
  listening.port.setLoopbackMode(true);
  expect(await send(listening)).toEqual([undefined]);
});

test("a unicast datagram is neither guarded nor suppressed with TTL 0", async () => {
  const stage = new Stage();
  const listening = stage.listenMulticast({ ttl: 0, loopback: false, outgoingInterface: "eth0" });
  expect(await send(listening, { address: "192.0.2.9", port: 1 })).toEqual([undefined]);
  expect(guardsOf(stage, listening)).toEqual([]);
});

test("a guard is left where its interface is gone, and made again with it, before the next datagram", async () => {
  const stage = new Stage();
  const listening = stage.listenMulticast({ ttl: 0, outgoingInterface: "eth0" });
  await send(listening);
  const [guard] = guardsOf(stage, listening);
  stage.backend.network.change([LOOPBACK]);
  expect(guard?.memberships).toEqual([]);
  expect(await send(listening)).toEqual([]);
  stage.backend.network.change([LOOPBACK, fakeInterface("eth0", 9)]);
  expect(await send(listening)).toEqual([undefined]);
  expect(guard?.memberships).toEqual([`${GROUP.address} eth0 -`]);
});

test("a guard stays while interfaces change that it is not on, so that what still waits is held back", async () => {
  const stage = new Stage();
  const listening = stage.listenMulticast({ ttl: 0, outgoingInterface: "eth0" });
  listening.socket.sendOutcomes.push(ERRNO.EAGAIN);
  listening.port.write("waits", GROUP);
  await turn();
  stage.backend.network.change([LOOPBACK, ETH0, ETH1]);
  expect(guardsOf(stage, listening).flatMap(({ memberships }) => memberships)).toEqual([`${GROUP.address} eth0 -`]);
  listening.socket.becomeWritable();
  expect(listening.socket.texts).toEqual(["waits"]);
});

test("the outgoing interface is told again when the interfaces change: the kernel forgets one that was deleted", () => {
  const stage = new Stage();
  const { port, socket } = stage.listen();
  port.setOutgoingInterface("eth0");
  stage.backend.network.change([LOOPBACK]);
  expect(port.getOutgoingInterface()).toBe("eth0");
  socket.multicastInterface = undefined;
  stage.backend.network.change([LOOPBACK, fakeInterface("eth0", 9)]);
  expect(socket.multicastInterface).toBe("eth0");
});

test("an adopted socket with TTL 0 leaves by loopback from the start", () => {
  const stage = new Stage();
  const local: SocketAddress = socketAddress("0.0.0.0", 4242);
  stage.backend.descriptors.set(3, { local, options: { multicastTtl: 0 } });
  stage.reactor.adoptDatagramPort(3, new Notes());
  expect(stage.backend.last.multicastInterface).toBe("lo");
});

test("a port connected to a group obeys the same rules", async () => {
  const stage = new Stage();
  const listening = stage.listenMulticast({ ttl: 0, outgoingInterface: "eth0" });
  listening.port.connect(GROUP.address, GROUP.port);
  listening.port.write("x");
  await turn();
  expect(guardsOf(stage, listening)).toHaveLength(1);
  expect(listening.socket.sent).toMatchObject([{ to: GROUP }]);
});
