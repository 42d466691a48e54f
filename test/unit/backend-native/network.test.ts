import { execFileSync } from "node:child_process";
import type { NetworkInterface, Route } from "@groupcast/backend";
import { answered } from "@groupcast/backend-compliance";
import { ERRNO } from "@groupcast/base";
import { expect, test } from "vitest";
import { runInNamespace, runProgram } from "../../support/backend-native-program.js";
import { NativeSockets, needAddonAnd } from "../../support/native-sockets.js";
import { canMakeNamespaces, hasCommand, hasTunnels, isRoot, skipUnless } from "../../support/probe.js";

const hasIp = hasCommand("ip", "iproute2");

/** What `ip -j addr` tells of one interface. */
interface Listed {
  readonly ifname: string;
  readonly ifindex: number;
  readonly mtu: number;
  readonly flags: readonly string[];
  readonly link_type: string;
  readonly address?: string;
  readonly addr_info: readonly {
    readonly local: string;
    readonly family: string;
    readonly prefixlen: number;
    readonly broadcast?: string;
  }[];
}

needAddonAnd();

test("interfaces() agrees with ip(8), also on those that are down or have no address", async (context) => {
  await skipUnless(context, hasIp);
  using sockets = new NativeSockets();
  const listed = JSON.parse(execFileSync("ip", ["-j", "addr"], { encoding: "utf8" })) as Listed[];
  expect(answered(sockets.backend.network.interfaces())).toEqual(listed.map(asInterface));
});

test("interfaces() describes what a namespace has: down, without address, with a peer, without MAC", async (context) => {
  await skipUnless(context, isRoot, canMakeNamespaces, hasIp, hasTunnels);
  const interfaces = (await runInNamespace("listed-interfaces.mjs", [
    "link add dev one index 77 address 02:00:00:00:00:77 mtu 1400 type veth peer name far index 78",
    "link set dev one addrgenmode none",
    "address add 10.77.0.1/20 broadcast 10.77.15.255 dev one",
    "address add fd00::1/64 dev one nodad",
    "link set dev one up",
    "link set dev far up",
    "tuntap add dev tube mode tun",
    "address add 10.78.0.1 peer 10.78.0.2/32 dev tube",
  ])) as NetworkInterface[];
  const flags = { up: true, running: true, loopback: false, multicast: true, broadcast: true, pointToPoint: false };
  expect(interfaces.find(({ name }) => name === "one")).toEqual({
    name: "one",
    index: 77,
    addresses: [
      { address: "10.77.0.1", family: 4, prefixLength: 20, broadcast: "10.77.15.255" },
      { address: "fd00::1", family: 6, prefixLength: 64 },
    ],
    mac: "02:00:00:00:00:77",
    mtu: 1_400,
    flags,
  });
  const tube = interfaces.find(({ name }) => name === "tube");
  expect(tube?.mac).toBeUndefined();
  expect(tube?.addresses).toEqual([{ address: "10.78.0.1", family: 4, prefixLength: 32 }]);
  expect(tube?.flags).toMatchObject({ up: false, running: false, pointToPoint: true });
});

test("routeTo() of loopback is loopback, from the address asked for", () => {
  using sockets = new NativeSockets();
  const { network } = sockets.backend;
  expect(network.routeTo("127.0.0.1", undefined)).toEqual({ interface: sockets.interface("lo"), source: "127.0.0.1" });
  expect(network.routeTo("::1", undefined)).toEqual({ interface: sockets.interface("lo"), source: "::1" });
  expect(network.routeTo("127.0.0.2", "127.0.0.9")).toEqual({ interface: sockets.interface("lo"), source: "127.0.0.9" });
  expect(network.routeTo("fe80::1%no-such", undefined)).toBe(ERRNO.ENODEV);
});

test("routeTo() and defaultRoute() answer as the kernel routes", async (context) => {
  await skipUnless(context, isRoot, canMakeNamespaces, hasIp);
  const routes = (await runInNamespace("routes.mjs", [
    ...["one", "two"].flatMap((name, index) => [
      `link add dev ${name} type veth peer name far-${name}`,
      `link set dev ${name} addrgenmode none`,
      `address add 10.77.${index + 1}.1/24 dev ${name}`,
      `address add fd00:${index + 1}::1/64 dev ${name} nodad`,
      `address add fe80::${index + 1}/64 dev ${name} nodad`,
      `link set dev ${name} up`,
      `link set dev far-${name} up`,
    ]),
    "route add default via 10.77.1.254 metric 200",
    "route add default via 10.77.2.254 metric 100",
    "-6 route add default via fe80::99 dev one metric 10",
    "route add 239.1.0.0/16 dev one",
    "route add unreachable 10.99.0.0/16",
  ])) as Record<string, Route | number>;
  expect(summaryOf(routes)).toEqual({
    byGateway: "two, from 10.77.2.1, via 10.77.2.254",
    onLink: "one, from 10.77.1.1",
    fromOther: "two, from 10.77.1.1, via 10.77.2.254",
    multicast: "one, from 10.77.1.1",
    zone: "two, from fe80::2",
    byGateway6: "one, from fd00:1::1, via fe80::99",
    unreachable: ERRNO.EHOSTUNREACH,
    default4: "two, from 10.77.2.1, via 10.77.2.254",
    default6: "one, from fd00:1::1, via fe80::99",
  });
});

test("routeTo() and defaultRoute() of a host without routes", async (context) => {
  await skipUnless(context, isRoot, canMakeNamespaces, hasIp);
  const routes = (await runInNamespace("routes.mjs")) as Record<string, Route | number>;
  expect(routes).toMatchObject({ byGateway: ERRNO.ENETUNREACH, multicast: ERRNO.ENETUNREACH, zone: ERRNO.ENODEV });
  expect(routes).not.toHaveProperty("default4");
  expect(routes).not.toHaveProperty("default6");
});

test("watch() tells once of changes that come together, until it is ended, and does not keep the process alive", async (context) => {
  await skipUnless(context, isRoot, canMakeNamespaces, hasIp);
  expect(await runInNamespace("watched-network.mjs")).toEqual({
    added: ["one", "two"],
    callsForBoth: 1,
    removed: [],
    afterOverflow: true,
    callsAfterEnd: 0,
  });
});

test("watch() calls every listener, whatever another one throws or rejects with, and nothing reaches the event loop", async (context) => {
  await skipUnless(context, isRoot, canMakeNamespaces, hasIp);
  expect(await runInNamespace("throwing-listener.mjs")).toEqual({ heard: 2, uncaught: [] });
});

test.each(["EINTR", "ENOBUFS"])("interfaces() and routeTo() answer -%s when the kernel does", async (errno) => {
  expect(await runProgram("refused-interfaces.mjs", { args: [errno] })).toEqual([errno, errno]);
});

test("zones and names follow an interface that is renamed, or comes back with another number", async (context) => {
  await skipUnless(context, isRoot, canMakeNamespaces, hasIp);
  expect(await runInNamespace("renamed-interface.mjs")).toEqual({
    before: { from: "fe80::1%one", interface: "one" },
    renamed: { from: "fe80::1%other", interface: "other" },
    oldName: "ENODEV",
    recreated: { from: "fe80::1%other", interface: "other" },
    hasOtherIndex: true,
  });
});

function asInterface({ ifname, ifindex, mtu, flags, link_type, address, addr_info }: Listed): NetworkInterface {
  const has = (flag: string): boolean => flags.includes(flag);
  return {
    name: ifname,
    index: ifindex,
    addresses: addr_info.map(({ local, family, prefixlen, broadcast }) => ({
      address: local,
      family: family === "inet" ? 4 : 6,
      prefixLength: prefixlen,
      ...(broadcast !== undefined && { broadcast }),
    })),
    ...(link_type === "ether" && address !== undefined && { mac: address }),
    mtu,
    flags: {
      up: has("UP"),
      running: has("LOWER_UP") && has("UP"),
      loopback: has("LOOPBACK"),
      multicast: has("MULTICAST"),
      broadcast: has("BROADCAST"),
      pointToPoint: has("POINTOPOINT"),
    },
  };
}

function summaryOf(routes: Record<string, Route | number>): Record<string, string | number> {
  const summary = (route: Route | number): string | number => {
    if (typeof route === "number") return route;
    const gateway = route.gateway === undefined ? "" : `, via ${route.gateway}`;
    return `${route.interface.name}, from ${route.source}${gateway}`;
  };
  return Object.fromEntries(Object.entries(routes).map(([name, route]) => [name, summary(route)]));
}
