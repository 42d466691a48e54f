import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { answered } from "@groupcast/backend-compliance";
import { DgramBackend } from "@groupcast/backend-dgram";
import { ERRNO } from "@groupcast/base";
import { expect, test } from "vitest";
import { canMakeNamespaces, hasCommand, isRoot, skipUnless } from "../../support/probe.js";
import { runIsolated } from "./run-program.js";

const LOOPBACK_UP = "ip link set lo up";
const hasIp = hasCommand("ip", "iproute2");
const { network } = new DgramBackend();

test("interfaces() lists what Node lists, with prefix lengths, and leaves out what Node does not tell", () => {
  const listed = networkInterfaces();
  const interfaces = answered(network.interfaces());
  expect(interfaces.map(({ name }) => name)).toEqual(Object.keys(listed));
  for (const { name, addresses, mtu } of interfaces) {
    const prefixes = listed[name]?.map(({ cidr }) => cidr);
    expect(addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`)).toEqual(prefixes);
    expect(mtu).toBeUndefined();
  }
});

test("interfaces() tells loopback from the rest, and claims multicast and broadcast only of links like Ethernet", () => {
  for (const { flags, mac, addresses } of answered(network.interfaces())) {
    const isLikeEthernet = mac !== undefined;
    expect(flags).toMatchObject({ up: true, running: true, multicast: isLikeEthernet, broadcast: isLikeEthernet });
    const hasBroadcast = addresses.some(({ broadcast }) => broadcast !== undefined);
    expect(hasBroadcast).toBe(isLikeEthernet && addresses.some(({ family, prefixLength }) => family === 4 && prefixLength < 31));
  }
  const loopback = answered(network.interfaces()).find(({ flags }) => flags.loopback);
  expect(loopback?.addresses[0]).toEqual({ address: "127.0.0.1", family: 4, prefixLength: 8 });
});

test("interfaces() knows every index, as the kernel has it", () => {
  for (const { name, index } of answered(network.interfaces()))
    expect(index).toBe(Number(readFileSync(`/sys/class/net/${name}/ifindex`, "utf8")));
});

test("interfaces() computes broadcast address and index as the kernel has them", async (context) => {
  await skipUnless(context, isRoot, hasIp, canMakeNamespaces);
  expect(await runIsolated("listed-interface.mjs", LOOPBACK_UP)).toEqual({
    name: "one",
    index: 77,
    mac: "02:00:00:00:00:77",
    addresses: [
      { address: "10.1.130.1", family: 4, prefixLength: 20, broadcast: "10.1.143.255" },
      { address: "10.9.0.0", family: 4, prefixLength: 31 },
      { address: "fe80::77", family: 6, prefixLength: 64 },
    ],
    flags: { up: true, running: true, loopback: false, multicast: true, broadcast: true, pointToPoint: false },
  });
});

test.each(["routeTo", "defaultRoute"] as const)("%s() throws ERR_UNSUPPORTED_OPERATION", (operation) => {
  const ask = { routeTo: () => network.routeTo("127.0.0.1", undefined), defaultRoute: () => answered(network.defaultRoute(4)) };
  expect(ask[operation]).toThrow(expect.objectContaining({ code: "ERR_UNSUPPORTED_OPERATION", operation, backend: "dgram" }));
});

test("watch() tells everybody of a change once, until they end it, and does not keep the process alive", async (context) => {
  await skipUnless(context, isRoot, hasIp, canMakeNamespaces);
  expect(await runIsolated("watched-interfaces.mjs", LOOPBACK_UP)).toEqual({
    before: ["127.0.0.1", "::1"],
    after: ["127.0.0.1", "127.0.0.9", "::1"],
    first: 1,
    second: 2,
  });
});

test("watch() tells of an interface that interfaces() has listed, and that is gone again before the next look", async (context) => {
  await skipUnless(context, isRoot, hasIp, canMakeNamespaces);
  expect(await runIsolated("passing-interface.mjs", LOOPBACK_UP)).toEqual({
    listed: ["lo 1", "passing-through 77"],
    told: ["lo 1"],
  });
});

test("watch() goes on where descriptors run out and listeners throw, and reports the change once it can", async (context) => {
  await skipUnless(context, isRoot, hasIp, canMakeNamespaces);
  expect(await runIsolated("blind-watch.mjs", `${LOOPBACK_UP} && ulimit -n 64`)).toEqual({
    heardBlind: 0,
    heardBlindAgain: 1,
    heard: 2,
    hasAddress: true,
    uncaught: [],
  });
});

test("leave() finds the membership again when the interface has another address, and spares others when it is gone", async (context) => {
  await skipUnless(context, isRoot, hasIp, canMakeNamespaces);
  expect(await runIsolated("moved-address.mjs", LOOPBACK_UP)).toEqual({
    join: 0,
    leave: 0,
    isLeft: false,
    joinSix: 0,
    joinLoopback: 0,
    leaveSix: ERRNO.ENODEV,
    leaveLoopback: 0,
  });
});
