import { answered } from "@groupcast/backend-compliance";
import { MemoryNetwork } from "@groupcast/backend-memory";
import { describe, expect, test } from "vitest";
import { at, named, ProbeOpener } from "./socket-probe.js";

/** Host a with eth0 (10.0.0.1, fd00::1) and eth1 (10.0.1.1). */
function multiHomed(): ProbeOpener {
  const opener = new ProbeOpener(new MemoryNetwork({ trace: true }));
  opener.network.switch("other", { subnets: ["10.0.1.0/24"] });
  opener.network.host("a").addInterface("eth1", { switch: "other" });
  return opener;
}

/** What sending to an address comes to; measured on Linux 6.18. */
test.each([
  ["8.8.8.8", "ENETUNREACH"],
  ["2001:db8::1", "ENETUNREACH"],
  ["0.0.0.0", 1],
  ["::", 1],
  ["fe80::77", 1],
  ["10.0.0.255", "EACCES"],
  ["255.255.255.255", "EACCES"],
] as const)("send() to %s gives %s", (address, outcome) => {
  const opener = multiHomed();
  const socket = opener.unbound("a", address.includes(":") ? 6 : 4);
  expect(named(socket.send("x", at(address)))).toBe(outcome);
});

test.each([
  ["127.0.0.1", "10.0.0.2", "EINVAL"],
  ["127.0.0.1", "10.0.0.1", 1],
  ["10.0.0.1", "127.0.0.1", 1],
  ["10.0.1.1", "10.0.0.2", 1],
  ["::1", "fd00::2", 1],
] as const)("send() bound to %s, to %s, gives %s", (address, to, outcome) => {
  const opener = multiHomed();
  opener.network.host("b");
  const socket = opener.open("a", { family: to.includes(":") ? 6 : 4, address });
  expect(named(socket.send("x", at(to)))).toBe(outcome);
});

test("send() to 0.0.0.0 and :: means this host", async () => {
  const opener = multiHomed();
  const four = opener.open("a");
  const six = opener.open("a", { family: 6, port: 5001 });
  four.send("x", at("0.0.0.0"));
  six.send("x", at("::", 5001));
  await opener.settle();
  expect([four.datagrams[0]?.from, six.datagrams[0]?.from]).toEqual(["127.0.0.1:5000", "[::1]:5001"]);
});

/** Interface index and source of single datagrams (IP_PKTINFO, IPV6_PKTINFO); measured on Linux 6.18. */
test.each([
  ["10.0.0.2", 99, undefined, "ENODEV"],
  ["10.0.0.2", 0, "10.0.0.9", "ENETUNREACH"],
  ["10.0.0.2", 0, "127.0.0.1", "EINVAL"],
  ["10.0.0.2", 0, "239.1.1.1", "EINVAL"],
  ["10.0.0.2", 3, undefined, 1],
  ["8.8.8.8", 2, undefined, 1],
  ["10.0.0.2", 0, "10.0.1.1", 1],
  ["239.1.1.1", 3, undefined, 1],
  ["fd00::2", 99, undefined, "ENODEV"],
  ["fd00::2", 0, "fd00::9", "EINVAL"],
  ["2001:db8::1", 2, undefined, "ENETUNREACH"],
  ["::1", 2, undefined, "ENETUNREACH"],
  ["fd00::1", 1, undefined, "ENETUNREACH"],
] as const)("send() to %s via interface %s and source %s gives %s", (address, interfaceIndex, source, outcome) => {
  const opener = multiHomed();
  const socket = opener.open("a", { family: address.includes(":") ? 6 : 4 });
  expect(named(socket.send("x", at(address), { interfaceIndex, source }))).toBe(outcome);
});

test("via chooses interface and source of one datagram, and of no other", async () => {
  const opener = multiHomed();
  opener.network.host("b").addInterface("eth1", { switch: "other" });
  const member = opener.member("b", "239.1.1.1", { options: { receivePacketInfo: 1 } });
  member.socket.join("239.1.1.1", opener.interface("b", "eth1"), undefined);
  const sender = opener.open("a");
  sender.send("by eth1", at("239.1.1.1"), { interfaceIndex: 3, source: undefined });
  sender.send("with a source", at("239.1.1.1"), { interfaceIndex: 2, source: "10.0.1.1" });
  sender.send("as routed", at("239.1.1.1"));
  await opener.settle();
  const seen = member.datagrams.map(({ text, from, arrival }) => [text, from, arrival.interface]);
  expect(seen).toEqual([
    ["by eth1", "10.0.1.1:5000", "eth1"],
    ["with a source", "10.0.1.1:5000", "eth0"],
    ["as routed", "10.0.0.1:5000", "eth0"],
  ]);
});

test("via without a source takes that of an IPv4 socket away, and then the one for groups counts", () => {
  const bound = multiHomed().open("a", { address: "10.0.1.1" });
  expect(bound.send("x", at("239.1.1.1"), { interfaceIndex: 2, source: undefined })).toBe(1);
  bound.socket.setMulticastInterface(multiHomed().interface("a", "lo"));
  expect(named(bound.send("x", at("239.1.1.1"), { interfaceIndex: 2, source: undefined }))).toBe("EINVAL");
});

test("via with a source only prefers the interface, over IPv6 and to one host", async () => {
  const opener = multiHomed();
  opener.network.host("b");
  const receiver = opener.open("b", { family: 6 });
  const sender = opener.open("a", { family: 6 });
  expect(named(sender.send("x", at("fd00::2"), { interfaceIndex: 3, source: undefined }))).toBe("ENETUNREACH");
  expect(sender.send("x", at("fd00::2"), { interfaceIndex: 3, source: "fd00::1" })).toBe(1);
  await opener.settle();
  expect(receiver.texts).toEqual(["x"]);
});

test("an interface forced on a datagram takes every address to be on its link; loopback delivers it here", async () => {
  const opener = multiHomed();
  const receiver = opener.open("a", { options: { receivePacketInfo: 1 } });
  const via = { interfaceIndex: 1, source: undefined };
  for (const address of ["8.8.8.8", "10.0.1.1", "127.0.0.1"]) receiver.send(address, at(address), via);
  await opener.settle();
  const seen = receiver.datagrams.map(({ from, arrival }) => [from, arrival.destination, arrival.interface]);
  expect(seen).toEqual([
    ["10.0.0.1:5000", "8.8.8.8", "lo"],
    ["10.0.0.1:5000", "10.0.1.1", "lo"],
    ["127.0.0.1:5000", "127.0.0.1", "lo"],
  ]);
});

test("a datagram to an address of its own comes in on the interface that owns it", async () => {
  const opener = multiHomed();
  const socket = opener.open("a", { options: { receivePacketInfo: 1 } });
  for (const address of ["10.0.0.1", "10.0.1.1", "127.0.0.1"]) socket.send("x", at(address));
  await opener.settle();
  expect(socket.datagrams.map(({ arrival }) => arrival.interface)).toEqual(["eth0", "eth1", "lo"]);
});

test("bindToInterface of an interface that is not there is taken, and ENODEV to send", () => {
  const socket = multiHomed().open("a", { options: { bindToInterface: 99 } });
  expect(named(socket.send("x", at("10.0.0.2")))).toBe("ENODEV");
  expect(socket.socket.getOption("bindToInterface")).toBe(99);
});

describe("broadcast", () => {
  test.each(["10.0.0.255", "255.255.255.255"])("to %s reaches all sockets of all hosts on the link, its own host's too", async (to) => {
    const opener = multiHomed();
    const own = opener.open("a", { port: 5000 });
    const other = opener.open("b");
    const onAddress = opener.open("c", { address: "10.0.0.3", options: { reuseAddress: 1 } });
    const onBroadcast = opener.open("c", { address: to, options: { reuseAddress: 1, receivePacketInfo: 1 } });
    expect(opener.open("a", { port: 4000, options: { broadcast: 1 } }).send("x", at(to))).toBe(1);
    await opener.settle();
    expect([own, other, onAddress, onBroadcast].map(({ texts }) => texts)).toEqual([["x"], ["x"], [], ["x"]]);
    expect(onBroadcast.datagrams[0]?.arrival.destination).toBe(to);
  });

  test("without the option it is EACCES, to send and to connect", () => {
    const socket = multiHomed().open("a");
    expect(named(socket.send("x", at("10.0.0.255")))).toBe("EACCES");
    expect(named(socket.socket.connect(at("10.0.0.255")))).toBe("EACCES");
    socket.socket.setOption("broadcast", 1);
    expect(socket.send("x", at("10.0.0.255"))).toBe(1);
  });

  test("255.255.255.255 without a route is ENETUNREACH, and goes by the interface of a bound address", async () => {
    const opener = multiHomed();
    opener.network.host("a").removeRoute("255.255.255.255/32");
    const listener = opener.network.host("b", { switch: "other" });
    const receiver = opener.open(listener);
    const options = { broadcast: 1 };
    expect(named(opener.open("a", { options }).send("x", at("255.255.255.255")))).toBe("ENETUNREACH");
    expect(opener.open("a", { address: "10.0.1.1", port: 4000, options }).send("x", at("255.255.255.255"))).toBe(1);
    await opener.settle();
    expect(receiver.texts).toEqual(["x"]);
  });
});

describe("routeTo() and defaultRoute()", () => {
  test.each([
    ["10.0.0.2", "eth0", "10.0.0.1"],
    ["10.0.1.7", "eth1", "10.0.1.1"],
    ["10.0.0.1", "lo", "10.0.0.1"],
    ["127.0.0.1", "lo", "127.0.0.1"],
    ["239.1.1.1", "eth0", "10.0.0.1"],
    ["fd00::2", "eth0", "fd00::1"],
    ["ff02::1%eth0", "eth0", "fe80::1"],
    ["::1", "lo", "::1"],
  ])("to %s: by %s, from %s", (address, name, source) => {
    const { network } = multiHomed().network.host("a");
    const route = network.routeTo(address, undefined);
    expect(route).toEqual({ interface: answered(network.interfaces()).find((each) => each.name === name), source });
  });

  test("with a source, the interface that owns it for a group", () => {
    expect(multiHomed().network.host("a").network.routeTo("239.1.1.1", "10.0.1.1")).toMatchObject({ interface: { name: "eth1" } });
  });

  test("ENETUNREACH where nothing leads, and no default route without a router", () => {
    const { network } = multiHomed().network.host("a");
    expect(named(network.routeTo("8.8.8.8", undefined))).toBe("ENETUNREACH");
    expect(named(network.routeTo("fe80::1%eth9", undefined))).toBe("ENETUNREACH");
    expect([answered(network.defaultRoute(4)), answered(network.defaultRoute(6))]).toEqual([undefined, undefined]);
  });

  test("a route set by hand shows its gateway, until it is removed", () => {
    const host = multiHomed().network.host("a");
    host.addRoute({ destination: "0.0.0.0/0", gateway: "10.0.1.254" });
    expect(host.network.routeTo("8.8.8.8", undefined)).toMatchObject({
      interface: { name: "eth1" },
      source: "10.0.1.1",
      gateway: "10.0.1.254",
    });
    expect(answered(host.network.defaultRoute(4))).toMatchObject({
      interface: { name: "eth1" },
      source: "10.0.1.1",
      gateway: "10.0.1.254",
    });
    host.removeRoute("0.0.0.0/0");
    expect(answered(host.network.defaultRoute(4))).toBeUndefined();
  });

  test("a default route does not lead IPv6 groups away from the interface that was up first", () => {
    const opener = multiHomed();
    opener.network.switch("six", { subnets: ["fd02::/64"] });
    const host = opener.network.host("a");
    host.addInterface("eth2", { switch: "six" });
    host.addRoute({ destination: "::/0", gateway: "fd02::fe" });
    expect(host.network.routeTo("2001:db8::1", undefined)).toMatchObject({ interface: { name: "eth2" } });
    expect(host.network.routeTo("ff15::1", undefined)).toMatchObject({ interface: { name: "eth0" } });
    host.addRoute({ destination: "ff15::/16", interface: "eth2" });
    expect(host.network.routeTo("ff15::1", undefined)).toMatchObject({ interface: { name: "eth2" } });
  });

  test("a router on the switch is the default gateway of both IP versions", () => {
    const opener = multiHomed();
    const { network } = opener.network.host("a");
    opener.network.router("r", { switches: ["lan"] });
    expect(answered(network.defaultRoute(4))).toMatchObject({ interface: { name: "eth0" }, source: "10.0.0.1", gateway: "10.0.0.254" });
    expect(answered(network.defaultRoute(6))).toMatchObject({ interface: { name: "eth0" }, source: "fd00::1", gateway: "fe80::ffff:2" });
  });
});

test.each([
  [{ destination: "10.0.0.0", interface: "eth0" }, "ERR_ADDRESS_NOT_IP"],
  [{ destination: "10.0.0.0/33", interface: "eth0" }, "ERR_ADDRESS_NOT_IP"],
  [{ destination: "10.0.0.0/8" }, "ERR_ARGUMENT_RANGE"],
  [{ destination: "10.0.0.0/8", interface: "eth9" }, "ERR_INTERFACE_UNKNOWN"],
  [{ destination: "10.0.0.0/8", gateway: "example.com" }, "ERR_ARGUMENT_RANGE"],
])("addRoute() refuses %o with %s", (route, code) => {
  expect(() => multiHomed().network.host("a").addRoute(route)).toThrow(expect.objectContaining({ code }));
});

test("removeRoute() refuses a destination without a route", () => {
  expect(() => multiHomed().network.host("a").removeRoute("10.9.0.0/16")).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT_RANGE" }));
});
