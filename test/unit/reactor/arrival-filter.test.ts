import { socketAddress } from "@groupcast/backend";
import { describe, expect, test, vi } from "vitest";
import { ArrivalFilter } from "../../../packages/reactor/src/receiving/arrival-filter.js";
import { FakeBatch, type FakeDatagram } from "../../support/fake-batch.js";
import { type Listening, Notes, Stage } from "./stage.js";

const GROUP = "ff15::1";
const ETH0_INDEX = 2;
const SENDER = socketAddress("fe80::9%eth0", 900);

/** A datagram to `destination` that came in on interface `interfaceIndex`; its text says what it is. */
function datagram(bytes: string, destination: string, interfaceIndex = ETH0_INDEX, from = SENDER): FakeDatagram {
  return { bytes, from, arrival: { destination, interfaceIndex } };
}

function listenOn6(): Listening & { readonly stage: Stage } {
  const stage = new Stage();
  return { stage, ...stage.listen({ interface: "::" }) };
}

test("drop() of a group that has no rule changes nothing", () => {
  const filter = new ArrivalFilter(() => true);
  filter.drop(GROUP, ETH0_INDEX, undefined);
  filter.add(GROUP, ETH0_INDEX, { isAnySource: false, sender: "fe80::9" });
  filter.drop("ff15::2", ETH0_INDEX, "fe80::9");
  filter.drop(GROUP, 1, "fe80::9");
  const batch = new FakeBatch([datagram("still let in", GROUP)], 100);
  expect(filter.select(batch)).toBe(batch);
});

test("a filter looks at no interface on which all was left, however many have come and gone", () => {
  const filter = new ArrivalFilter(() => true);
  for (let index = 10; index < 1010; index++) {
    filter.ruleFor(GROUP, index, true);
    filter.add("ff15::2", index, { isAnySource: false, sender: "fe80::9" });
    filter.drop(GROUP, index, undefined);
    filter.drop("ff15::2", index, "fe80::9");
  }
  filter.ruleFor(GROUP, ETH0_INDEX, true);
  const looked = vi.spyOn(Map.prototype, "has");
  expect(filter.hasRuleFor("ff15::3")).toBe(false);
  const looks = looked.mock.calls.filter(([group]) => group === "ff15::3");
  looked.mockRestore();
  expect(looks).toHaveLength(1); // eth0's
});

test("an IPv6 port asks for packet info from its first membership on, and not before", () => {
  const { port, socket } = listenOn6();
  expect(socket.option("receivePacketInfo")).toBeUndefined();
  port.joinGroup(GROUP, "eth0");
  expect(socket.option("receivePacketInfo")).toBe(1);
});

test("an IPv6 port gets its own group from the interface it joined on alone", () => {
  const { port, protocol, socket } = listenOn6();
  port.joinGroup(GROUP, "eth0");
  socket.deliver(
    datagram("own", GROUP),
    datagram("other interface", GROUP, 1),
    datagram("other group", "ff15::2"),
    datagram("own again", GROUP),
  );
  expect(protocol.texts).toEqual(["own", "own again"]);
  expect(port.statistics()).toMatchObject({ received: 2, foreign: 2 });
});

test("an IPv6 port gets unicast, and what carries no packet info because it was queued before that was asked for", () => {
  const { port, protocol, socket } = listenOn6();
  port.joinGroup(GROUP, "eth0");
  socket.deliver(datagram("unicast", "fe80::2"), "early");
  expect(protocol.texts).toEqual(["unicast", "early"]);
});

test("an IPv6 port gets nothing of a group that it has left", () => {
  const { port, protocol, socket } = listenOn6();
  port.joinGroup(GROUP, "eth0");
  port.joinGroup(GROUP, "lo");
  port.leaveGroup(GROUP, "eth0");
  socket.deliver(datagram("left", GROUP), datagram("still joined", GROUP, 1));
  expect(protocol.texts).toEqual(["still joined"]);
});

test("an IPv6 port gets a group from the sources it joined for alone", () => {
  const { port, protocol, socket } = listenOn6();
  port.joinGroup(GROUP, "eth0", { source: "fe80::9" });
  port.joinGroup(GROUP, "eth0", { source: "2001:db8::9" });
  const others = socketAddress("fe80::8%eth0", 900);
  const global = socketAddress("2001:db8::9", 900);
  socket.deliver(datagram("first", GROUP), datagram("stranger", GROUP, ETH0_INDEX, others), datagram("second", GROUP, ETH0_INDEX, global));
  port.leaveGroup(GROUP, "eth0", { source: "fe80::9" });
  socket.deliver(datagram("left", GROUP), datagram("still joined", GROUP, ETH0_INDEX, global));
  expect(protocol.texts).toEqual(["first", "second", "still joined"]);
  expect(port.statistics().foreign).toBe(2);
});

test("an IPv6 port gets a group from everybody that it had joined for one source before, and left", () => {
  const { port, protocol, socket } = listenOn6();
  port.joinGroup(GROUP, "eth0", { source: "fe80::9" });
  port.leaveGroup(GROUP, "eth0", { source: "fe80::9" });
  socket.deliver(datagram("left", GROUP));
  port.joinGroup(GROUP, "eth0");
  socket.deliver(datagram("from the source", GROUP), datagram("from another", GROUP, ETH0_INDEX, socketAddress("fe80::8%eth0", 900)));
  expect(protocol.texts).toEqual(["from the source", "from another"]);
  expect(port.statistics()).toMatchObject({ received: 2, foreign: 1 });
});

test("an IPv6 port gets a group from one source that it had joined for everybody before, and left", () => {
  const { port, protocol, socket } = listenOn6();
  port.joinGroup(GROUP, "eth0");
  port.leaveGroup(GROUP, "eth0");
  port.joinGroup(GROUP, "eth0", { source: "fe80::9" });
  socket.deliver(datagram("from the source", GROUP), datagram("from another", GROUP, ETH0_INDEX, socketAddress("fe80::8%eth0", 900)));
  expect(protocol.texts).toEqual(["from the source"]);
  expect(port.statistics().foreign).toBe(1);
});

test("an IPv6 port gets nothing of a source that is blocked, until it is unblocked", () => {
  const { port, protocol, socket } = listenOn6();
  port.joinGroup(GROUP, "eth0");
  port.blockSource(GROUP, "fe80::9", "eth0");
  socket.deliver(datagram("blocked", GROUP), datagram("another", GROUP, ETH0_INDEX, socketAddress("fe80::8%eth0", 900)));
  port.unblockSource(GROUP, "fe80::9", "eth0");
  socket.deliver(datagram("unblocked", GROUP));
  expect(protocol.texts).toEqual(["another", "unblocked"]);
});

test("an IPv6 port gets a group that an adopted socket had joined and it joins too", () => {
  const { stage, port, protocol, socket } = listenOn6();
  stage.backend.refuse("join", "EADDRINUSE");
  port.joinGroup(GROUP, "eth0");
  socket.deliver(datagram("own", GROUP));
  expect(protocol.texts).toEqual(["own"]);
});

test("a batch of which nothing is ours is not delivered at all", () => {
  const { port, protocol, socket } = listenOn6();
  port.joinGroup(GROUP, "eth0");
  socket.deliver(datagram("foreign", "ff15::2"));
  expect(protocol.calls).toEqual(["startProtocol"]);
});

test("a batch that is filtered keeps order, senders and arrivals", () => {
  const stage = new Stage();
  const { port, protocol, socket } = stage.listen({ interface: "::", arrival: true });
  port.joinGroup(GROUP, "eth0");
  socket.deliver(datagram("foreign", "ff15::2"), datagram("1", GROUP), datagram("foreign", GROUP, 1), datagram("2", GROUP));
  expect(protocol.received).toMatchObject([
    { data: Buffer.from("1"), from: SENDER, arrival: { destination: GROUP, interfaceIndex: 2 } },
    { data: Buffer.from("2"), from: SENDER, arrival: { destination: GROUP, interfaceIndex: 2 } },
  ]);
});

test("an IPv4 port leaves isolation to the kernel: it asks for no packet info, and IP_MULTICAST_ALL is off", () => {
  const { port, protocol, socket } = new Stage().listen();
  port.joinGroup("239.255.0.1", "eth0");
  expect(socket.option("multicastAll")).toBe(0);
  expect(socket.option("receivePacketInfo")).toBeUndefined();
  socket.deliver(datagram("as the kernel says", "239.255.0.1"));
  expect(protocol.texts).toEqual(["as the kernel says"]);
});

test("an IPv4 port filters where the kernel cannot be told", () => {
  const { port, protocol, socket } = new Stage({ without: ["set multicastAll"] }).listen();
  port.joinGroup("239.255.0.1", "eth0");
  socket.deliver(datagram("own", "239.255.0.1"), datagram("foreign", "239.255.0.2"));
  expect(protocol.texts).toEqual(["own"]);
  expect(port.isolation).toBe("filtered");
});

test("a port without packet info delivers what comes", () => {
  const { port, protocol, socket } = new Stage({ without: ["packetInfo", "set receivePacketInfo"] }).listen({ interface: "::" });
  port.joinGroup(GROUP, "eth0");
  socket.deliver("whatever");
  expect(protocol.texts).toEqual(["whatever"]);
});

test.each([
  ["0.0.0.0", "239.255.0."],
  ["::", "ff15::"],
])("isolated: false on %s leaves the kernel's rule, filters nothing, and keeps to one socket", (address, groups) => {
  const stage = new Stage();
  const { port, protocol, socket } = stage.listenMulticast({ interface: address, isolated: false });
  const joinTwenty = (): void => {
    for (let i = 1; i <= 21; i++) port.joinGroup(`${groups}${i}`, "eth0");
  };
  expect(joinTwenty).toThrow(expect.objectContaining({ errnoName: "ENOBUFS" }));
  expect(stage.backend.sockets).toHaveLength(1);
  expect(port.isolation).toBe("none");
  expect(socket.option("multicastAll")).toBe(1);
  expect(socket.option("receivePacketInfo")).toBeUndefined();
  socket.deliver(datagram("of another group", `${groups}99`));
  expect(protocol.texts).toEqual(["of another group"]);
});

test("multicastOnly isolates in any case: isolated: false sets nothing, and limits no memberships", () => {
  const stage = new Stage();
  const { port, protocol, socket } = stage.listenMulticast({ isolated: false, multicastOnly: true });
  for (let i = 1; i <= 21; i++) port.joinGroup(`239.255.0.${i}`, "eth0");
  expect(port.memberships.filter(({ state }) => state === "joined")).toHaveLength(21);
  expect(stage.backend.sockets.map((each) => each.option("multicastAll"))).toEqual([0, 0]);
  socket.deliver(datagram("of another group", "239.255.0.99"), datagram("own", "239.255.0.1"));
  expect(protocol.texts).toEqual(["own"]);
});

test.each([
  ["kernel", [], {}],
  ["filtered", [], { interface: "::" }],
  ["filtered", ["set multicastAll"], {}],
  ["none", ["set multicastAll", "packetInfo"], {}],
  ["none", ["set multicastAll", "packetInfo"], { interface: "::" }],
  ["none", ["set multicastAll", "packetInfo"], { group: "239.255.0.1" }],
  ["bound", ["set multicastAll", "packetInfo"], { group: "239.255.0.1", multicastOnly: true }],
  ["bound", ["set multicastAll", "packetInfo"], { group: "ff15::1%eth0", multicastOnly: true }],
  ["kernel", [], { group: "239.255.0.1", multicastOnly: true }],
  ["none", ["set multicastAll", "packetInfo"], { group: "239.255.0.1", interface: "0.0.0.0" }],
  ["bound", ["set multicastAll", "packetInfo"], { interface: "239.255.0.1" }],
  ["kernel", [], { multicastOnly: true, isolated: false }],
  ["filtered", [], { interface: "::", multicastOnly: true, isolated: false }],
  ["bound", ["set multicastAll", "packetInfo"], { group: "239.255.0.1", multicastOnly: true, isolated: false }],
] as const)("isolation is %s without %o, with options %o", (isolation, without, options) => {
  const { port } = new Stage({ without }).listenMulticast(options);
  expect(port.isolation).toBe(isolation);
});

test.each([
  [["packetInfo"], true, "239.255.0.1"],
  [["packetInfo"], false, "0.0.0.0"],
  [[], true, "0.0.0.0"],
] as const)("listenMulticast() of a group without %o, multicastOnly %s, binds to %s", (without, multicastOnly, address) => {
  const { port, socket } = new Stage({ without }).listenMulticast({ group: "239.255.0.1", multicastOnly });
  expect(socket.boundTo).toEqual(socketAddress(address, 9999));
  expect(port.memberships).toMatchObject([{ group: "239.255.0.1", state: "joined" }]);
});

test.each([
  { group: "239.255.0.1", multicastOnly: true },
  { interface: "239.255.0.1", group: "239.255.0.1" },
])("joinGroup() of another group than the one that the port is bound to throws, with %o", (options) => {
  const { port } = new Stage({ without: ["packetInfo"] }).listenMulticast(options);
  const error = expect.objectContaining({ code: "ERR_GROUP_FIXED", operation: "joinGroup", argument: "group", value: "239.255.0.2" });
  expect(() => port.joinGroup("239.255.0.2")).toThrow(error);
  expect(port.memberships).toMatchObject([{ group: "239.255.0.1" }]);
  port.joinGroup("239.255.0.1", "lo");
  expect(port.memberships).toHaveLength(2);
});

test.each([{}, { group: "ff02::fb%eth0" }, { group: "239.255.0.1", interface: "0.0.0.0" }, { interface: "192.0.2.7" }])(
  "multicastOnly with %o throws where the backend sees no destinations, before any call of it",
  (options) => {
    for (const operation of ["listenMulticast", "connectUDP"] as const) {
      const { backend, reactor } = new Stage({ without: ["packetInfo"] });
      const asked = { ...options, multicastOnly: true };
      const peer = JSON.stringify(options).includes("ff02") ? "2001:db8::1" : "192.0.2.1";
      const open = (): unknown =>
        operation === "connectUDP" ? reactor.connectUDP(peer, 9, new Notes(), asked) : reactor.listenMulticast(0, new Notes(), asked);
      expect(open).toThrow(
        expect.objectContaining({ code: "ERR_MULTICAST_ONLY", name: "UnsupportedError", operation, option: "multicastOnly" }),
      );
      expect(backend.calls).toEqual([]);
    }
  },
);

describe.each([
  { family: 4, options: {}, group: "239.255.0.1", own: "192.0.2.7", broadcast: "192.0.2.255" },
  { family: 6, options: { interface: "::" }, group: "ff15::1", own: "2001:db8::7", broadcast: "::ffff:192.0.2.255" },
])("multicastOnly of an IPv$family port", ({ options, group, own, broadcast }) => {
  test("delivers what was sent to its groups, and counts the rest as foreign", () => {
    const { port, protocol, socket } = new Stage().listenMulticast({ ...options, multicastOnly: true });
    const arrive = (text: string, destination: string): void => socket.deliver(datagram(text, destination));
    arrive("before", own);
    port.joinGroup(group, "eth0");
    arrive("own", group);
    arrive("unicast", own);
    arrive("broadcast", broadcast);
    arrive("unknown", "");
    arrive("other group", group.replace("1", "2"));
    arrive("last", group);
    expect(protocol.texts).toEqual(["own", "last"]);
    expect(port.statistics()).toMatchObject({ received: 2, foreign: 5 });
  });

  test("holds for the sockets opened beside the first", () => {
    const stage = new Stage();
    stage.backend.maxMemberships = 1;
    const { port, protocol } = stage.listenMulticast({ ...options, multicastOnly: true });
    port.joinGroup(group, "eth0");
    const further = group.replace("1", "2");
    port.joinGroup(further, "eth0");
    stage.backend.last.deliver(datagram("unicast", own));
    stage.backend.last.deliver(datagram("own", further));
    expect([stage.backend.openSockets.length, protocol.texts, port.statistics().foreign]).toEqual([2, ["own"], 1]);
  });

  test("is off unless asked for", () => {
    const { protocol, socket } = new Stage().listenMulticast({ ...options, group, multicastOnly: false });
    socket.deliver(datagram("unicast", own));
    expect(protocol.texts).toEqual(["unicast"]);
  });
});
