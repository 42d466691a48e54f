// Routes of the types prohibit, blackhole and unreachable. Every errno here was measured on Linux 6.18, with `ip route add prohibit …`
// in a network namespace of two interfaces; IPv6 groups with `table local`, where the kernel has ff00::/8.
import { MemoryNetwork, type RouteOptions } from "@groupcast/backend-memory";
import { describe, expect, test } from "vitest";
import { at, named, ProbeOpener } from "./socket-probe.js";

const ERRNOS = [
  ["prohibit", "EACCES"],
  ["blackhole", "EINVAL"],
  ["unreachable", "EHOSTUNREACH"],
] as const;

/** Prefix that is refused, an address in it, and one of the host's own. */
const PLACES = [
  { prefix: "239.1.0.0/16", address: "239.1.2.3", own: "10.0.0.1", family: 4, isGroup: true },
  { prefix: "ff15::/16", address: "ff15::1:3", own: "fd00::1", family: 6, isGroup: true },
  { prefix: "192.0.2.0/24", address: "192.0.2.5", own: "10.0.0.1", family: 4, isGroup: false },
  { prefix: "2001:db8::/32", address: "2001:db8::5", own: "fd00::1", family: 6, isGroup: false },
] as const;

const CASES = ERRNOS.flatMap(([type, errno]) => PLACES.map((place) => ({ type, errno, ...place })));

/** Host a with eth0 (10.0.0.1, fd00::1), eth1 (10.0.1.1, fd01::1), default routes by eth0, and these routes. */
function routed(...routes: readonly RouteOptions[]): ProbeOpener {
  const opener = new ProbeOpener(new MemoryNetwork());
  opener.network.switch("other", { subnets: ["10.0.1.0/24", "fd01::/64"] });
  const host = opener.network.host("a");
  host.addInterface("eth1", { switch: "other" });
  host.addRoute({ destination: "0.0.0.0/0", gateway: "10.0.0.254" });
  host.addRoute({ destination: "::/0", gateway: "fd00::fe" });
  for (const route of routes) host.addRoute(route);
  return opener;
}

describe.each(CASES)("$type $prefix", ({ type, errno, prefix, address, own, family, isGroup }) => {
  const setting = (): ProbeOpener => routed({ destination: prefix, type });

  test("routeTo(), send() and connect() give the errno of the type", () => {
    const opener = setting();
    const { network } = opener.network.host("a");
    expect(named(network.routeTo(address, undefined))).toBe(errno);
    expect(named(opener.unbound("a", family).send("x", at(address)))).toBe(errno);
    expect(named(opener.unbound("a", family).socket.connect(at(address)))).toBe(errno);
  });

  test("removeRoute() lifts it", () => {
    const opener = setting();
    opener.network.host("a").removeRoute(prefix);
    expect(opener.unbound("a", family).send("x", at(address))).toBe(1);
  });

  test("bindToInterface sends all the same, where the interface has a route", () => {
    const opener = setting();
    const socket = opener.unbound("a", family, { bindToInterface: opener.interface("a").index });
    expect(socket.send("x", at(address))).toBe(1);
  });

  test("via an interface sends all the same; with a source, over IPv6 and to one host, it is only preferred", () => {
    const socket = setting().unbound("a", family);
    expect(socket.send("x", at(address), { interfaceIndex: 2, source: undefined })).toBe(1);
    const isHint = family === 6 && !isGroup;
    expect(named(socket.send("x", at(address), { interfaceIndex: 2, source: own }))).toBe(isHint ? errno : 1);
  });

  test("a source address lifts it for IPv4 groups only", () => {
    const opener = setting();
    const expected = family === 4 && isGroup ? 1 : errno;
    expect(named(opener.open("a", { family, address: own }).send("x", at(address)))).toBe(expected);
    expect(named(opener.unbound("a", family).send("x", at(address), { interfaceIndex: 0, source: own }))).toBe(expected);
  });

  test("IPv6 sockets that are bound to loopback meet it there, IPv4 ones send", () => {
    const socket = setting().unbound("a", family, { bindToInterface: 1 });
    expect(named(socket.send("x", at(address)))).toBe(family === 6 ? errno : 1);
  });
});

describe.each(CASES.filter(({ isGroup }) => isGroup))("$type $prefix and memberships", ({ type, prefix, address, family, own }) => {
  test("join() gives ENODEV without an interface, and joins on one", () => {
    const opener = routed({ destination: prefix, type });
    const { socket } = opener.unbound("a", family);
    expect(named(socket.join(address, undefined, undefined))).toBe("ENODEV");
    expect(named(socket.join(address, undefined, own))).toBe("ENODEV");
    expect(socket.join(address, opener.interface("a"), undefined)).toBe(0);
  });

  test("leave() without an interface gives ENODEV for IPv4, and leaves for IPv6", () => {
    const opener = routed({ destination: prefix, type });
    const { socket } = opener.unbound("a", family);
    expect(named(socket.leave(address, undefined, undefined))).toBe(family === 4 ? "ENODEV" : "EADDRNOTAVAIL");
    socket.join(address, opener.interface("a"), undefined);
    expect(named(socket.leave(address, undefined, undefined))).toBe(family === 4 ? "ENODEV" : 0);
  });

  test("setMulticastInterface() sends all the same", () => {
    const opener = routed({ destination: prefix, type });
    const sender = opener.unbound("a", family);
    sender.socket.setMulticastInterface(opener.interface("a", "eth1"));
    expect(sender.send("x", at(address))).toBe(1);
  });
});

test.each(["239.1.2.3", "192.0.2.5"])("a dual-stack socket meets the refusal of ::ffff:%s", (address) => {
  const opener = routed({ destination: `${address}/32`, type: "prohibit" });
  const socket = opener.unbound("a", 6, { ipv6Only: 0 });
  expect(named(socket.send("x", at(`::ffff:${address}`)))).toBe("EACCES");
  expect(named(socket.socket.connect(at(`::ffff:${address}`)))).toBe("EACCES");
});

describe("the longest prefix wins:", () => {
  test.each([
    ["10.0.0.128/25", "10.0.0.200", "EACCES"],
    ["10.0.0.0/24", "10.0.0.200", 1],
    ["10.0.0.0/8", "10.0.0.200", 1],
    ["fd00::8000/120", "fd00::8001", "EACCES"],
    ["fd00::/64", "fd00::8001", 1],
    ["ff00::/8", "ff15::1", 1],
    ["::/0", "ff15::1", 1],
  ] as const)("prohibit %s, send() to %s gives %s", (destination, address, outcome) => {
    const opener = routed({ destination, type: "prohibit" });
    expect(named(opener.unbound("a", address.includes(":") ? 6 : 4).send("x", at(address)))).toBe(outcome);
  });

  test("a route within a refused prefix leads on", () => {
    const opener = routed({ destination: "239.0.0.0/8", type: "unreachable" }, { destination: "239.1.0.0/16", interface: "eth1" });
    expect(opener.network.host("a").network.routeTo("239.1.2.3", undefined)).toMatchObject({ interface: { name: "eth1" } });
    expect(named(opener.network.host("a").network.routeTo("239.2.2.3", undefined))).toBe("EHOSTUNREACH");
  });

  test("of two refusals, the longer one counts", () => {
    const opener = routed({ destination: "239.0.0.0/8", type: "unreachable" }, { destination: "239.1.0.0/16", type: "prohibit" });
    expect(named(opener.network.host("a").network.routeTo("239.1.2.3", undefined))).toBe("EACCES");
  });
});

test.each(["10.0.0.1", "fd00::1", "127.0.0.1", "::1"])("an own address, %s, is reached although it is refused", async (address) => {
  const family = address.includes(":") ? 6 : 4;
  const opener = routed({ destination: `${address}/${family === 4 ? 32 : 128}`, type: "prohibit" });
  const receiver = opener.open("a", { family });
  expect(opener.unbound("a", family).send("x", at(address))).toBe(1);
  await opener.settle();
  expect(receiver.texts).toEqual(["x"]);
});

test.each([
  [4, "0.0.0.0/0", "8.8.8.8"],
  [6, "::/0", "2001:db8::5"],
] as const)("a refused default route of IPv%s hides the routers on the link", (family, destination, address) => {
  const opener = new ProbeOpener(new MemoryNetwork());
  const host = opener.network.host("a");
  opener.network.router("r", { switches: ["lan"] });
  expect(host.network.defaultRoute(family)).toBeDefined();
  expect(opener.unbound("a", family).send("x", at(address))).toBe(1);
  host.addRoute({ destination, type: "prohibit" });
  expect(named(opener.unbound("a", family).send("x", at(address)))).toBe("EACCES");
});

test.each([
  [4, "0.0.0.0/0"],
  [6, "::/0"],
] as const)("defaultRoute() of IPv%s knows none that refuses", (family, destination) => {
  const host = new MemoryNetwork().host("a");
  host.addRoute({ destination, type: "unreachable" });
  expect(host.network.defaultRoute(family)).toBeUndefined();
});

test("IPv6 groups of a host without an interface for them meet a refusal of ff00::/8", () => {
  const opener = new ProbeOpener(new MemoryNetwork());
  const host = opener.network.host("a", { switch: null });
  expect(named(opener.unbound(host, 6).send("x", at("ff15::1")))).toBe("ENETUNREACH");
  host.addRoute({ destination: "ff00::/8", type: "prohibit" });
  expect(named(opener.unbound(host, 6).send("x", at("ff15::1")))).toBe("EACCES");
});

test("addRoute() of a refusal reaches sockets that have sent before", () => {
  const opener = routed();
  const sender = opener.unbound("a");
  expect(sender.send("x", at("239.1.2.3"))).toBe(1);
  opener.network.host("a").addRoute({ destination: "239.1.0.0/16", type: "blackhole" });
  expect(named(sender.send("x", at("239.1.2.3")))).toBe("EINVAL");
});

test.each([
  [{ destination: "239.1.0.0/16", type: "throw" }, "type"],
  [{ destination: "239.1.0.0/16", type: "toString" }, "type"],
  [{ destination: "239.1.0.0/16", type: null }, "type"],
  [{ destination: "239.1.0.0/16", type: "prohibit", gateway: "10.0.0.254" }, "gateway"],
  [{ destination: "239.1.0.0/16", type: "blackhole", interface: "eth0" }, "interface"],
])("addRoute() refuses %o because of its %s", (route, argument) => {
  const host = routed().network.host("a");
  expect(() => host.addRoute(route as RouteOptions)).toThrow(expect.objectContaining({ name: "InvalidArgumentError", argument }));
});
