import { readFileSync } from "node:fs";
import { type Outcome, socketAddress } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import { describe, expect, test } from "vitest";
import { runInNamespace } from "../../support/backend-native-program.js";
import { accepted, batchOf, localOf, NativeSockets, needAddonAnd, sendTo } from "../../support/native-sockets.js";
import { canMakeNamespaces, hasCommand, hasMulticastLoopback, isRoot, skipUnless } from "../../support/probe.js";

const [IN_USE, NOT_AVAILABLE, NO_DEVICE] = [ERRNO.EADDRINUSE, ERRNO.EADDRNOTAVAIL, ERRNO.ENODEV];

interface Case {
  readonly any: string;
  readonly group: string;
  readonly source: string;
}

const CASES: readonly Case[] = [
  { any: "0.0.0.0", group: "239.255.42.1", source: "127.0.0.1" },
  { any: "::", group: "ff12::42:1", source: "::1" },
];

needAddonAnd();

test("join() and leave() take a group with a zone, and name a zone that there is not", () => {
  using sockets = new NativeSockets();
  const { socket } = sockets.listen("::");
  const loopback = sockets.interface("lo");
  const group = "ff12::42:9";
  for (let round = 0; round < 2; round++) {
    expect(socket.join(`${group}%lo`, loopback, undefined)).toBe(0);
    expect(socket.join(group, loopback, undefined)).toBe(IN_USE);
    expect(socket.leave(`${group}%1`, loopback, undefined)).toBe(0);
    expect(socket.join(`${group}%nowhere0`, loopback, undefined)).toBe(NO_DEVICE);
    expect(socket.join(`${group}%`, loopback, undefined)).toBe(NO_DEVICE);
  }
});

describe.each(CASES)("on $any", ({ any, group, source }) => {
  test("join() and leave() name what is wrong", () => {
    using sockets = new NativeSockets();
    const { socket } = sockets.listen(any);
    const loopback = sockets.interface("lo");
    const nowhere = { ...loopback, index: 2_000_000_000 };
    expect(socket.leave(group, loopback, undefined)).toBe(NOT_AVAILABLE);
    expect(socket.join(group, nowhere, undefined)).toBe(NO_DEVICE);
    expect(socket.join(group, loopback, undefined)).toBe(0);
    expect(socket.join(group, loopback, undefined)).toBe(IN_USE);
    expect(socket.leave(group, loopback, undefined)).toBe(0);
    expect(socket.leave(group, loopback, undefined)).toBe(NOT_AVAILABLE);
    expect(socket.join(source, loopback, undefined)).toBe(ERRNO.EINVAL);
  });

  test("join() and leave() of one source name what is wrong", () => {
    using sockets = new NativeSockets();
    const { socket } = sockets.listen(any);
    const loopback = sockets.interface("lo");
    expect(socket.leave(group, loopback, source)).toBeLessThan(0);
    expect(socket.join(group, loopback, source)).toBe(0);
    expect(socket.join(group, loopback, source)).toBe(NOT_AVAILABLE);
    expect(socket.leave(group, loopback, source)).toBe(0);
    expect(socket.leave(group, loopback, source)).toBeLessThan(0);
  });

  test("blockSource() and unblockSource() name what is wrong", () => {
    using sockets = new NativeSockets();
    const { socket } = sockets.listen(any);
    const loopback = sockets.interface("lo");
    expect(socket.blockSource(group, loopback, source)).toBeLessThan(0);
    expect(socket.join(group, loopback, undefined)).toBe(0);
    expect(socket.unblockSource(group, loopback, source)).toBe(NOT_AVAILABLE);
    expect(socket.blockSource(group, loopback, source)).toBe(0);
    expect(socket.blockSource(group, loopback, source)).toBe(NOT_AVAILABLE);
    expect(socket.unblockSource(group, loopback, source)).toBe(0);
  });
});

test("join() lets a group in on loopback, leave() shuts it out again", async (context) => {
  await skipUnless(context, hasMulticastLoopback);
  using sockets = new NativeSockets();
  const { socket, seen, local } = sockets.listen("0.0.0.0", { multicastAll: 0 });
  const loopback = sockets.interface("lo");
  const group = socketAddress("239.255.42.2", local.port);
  const home = socketAddress("127.0.0.1", local.port);
  accepted(socket.setMulticastInterface(loopback));
  const sendAndFence = (): Outcome =>
    socket.send(
      batchOf([
        { bytes: "group", to: group },
        { bytes: "fence", to: home },
      ]),
      0,
      2,
    );
  accepted(socket.join(group.address, loopback, undefined));
  sendAndFence();
  await seen.arrivals(2);
  expect(seen.datagrams[0]?.from.address).toBe("127.0.0.1");
  accepted(socket.leave(group.address, loopback, undefined));
  sendAndFence();
  await seen.arrivals(3);
  expect(seen.texts).toEqual(["group", "fence", "fence"]);
});

test("blockSource() shuts out one sender of a group, unblockSource() lets it in again", async (context) => {
  await skipUnless(context, hasMulticastLoopback);
  using sockets = new NativeSockets();
  const { socket, seen, local } = sockets.listen("0.0.0.0");
  const loopback = sockets.interface("lo");
  const group = socketAddress("239.255.42.3", local.port);
  accepted(socket.join(group.address, loopback, undefined));
  const senders = ["127.0.0.2", "127.0.0.3"].map((address) => sockets.listen(address).socket);
  for (const sender of senders) accepted(sender.setMulticastInterface({ ...loopback, addresses: [] }));
  const speak = (): void => {
    for (const sender of senders) accepted(sendTo(sender, group, localOf(sender).address));
  };
  accepted(socket.blockSource(group.address, loopback, "127.0.0.2"));
  speak();
  await seen.arrivals(1);
  accepted(socket.unblockSource(group.address, loopback, "127.0.0.2"));
  speak();
  await seen.arrivals(3);
  expect(seen.texts).toEqual(["127.0.0.3", "127.0.0.2", "127.0.0.3"]);
});

test("join() of one source lets in no other", async (context) => {
  await skipUnless(context, hasMulticastLoopback);
  using sockets = new NativeSockets();
  const { socket, seen, local } = sockets.listen("0.0.0.0", { multicastAll: 0 });
  const loopback = sockets.interface("lo");
  const group = socketAddress("232.255.42.4", local.port);
  accepted(socket.join(group.address, loopback, "127.0.0.3"));
  for (const address of ["127.0.0.2", "127.0.0.3"]) {
    const sender = sockets.listen(address).socket;
    accepted(sender.setMulticastInterface({ ...loopback, addresses: [] }));
    accepted(sendTo(sender, group, address));
  }
  await seen.arrivals(1);
  expect(seen.texts).toEqual(["127.0.0.3"]);
});

test("join() counts in the kernel's list, and close() takes it out", () => {
  using sockets = new NativeSockets();
  const { socket } = sockets.listen("0.0.0.0");
  const isListed = (): boolean => readFileSync("/proc/net/igmp", "utf8").includes("052AFFEF"); // 239.255.42.5, little-endian
  accepted(socket.join("239.255.42.5", sockets.interface("lo"), undefined));
  const whileJoined = isListed();
  socket.close();
  expect([whileJoined, isListed()]).toEqual([true, false]);
});

test("join(), leave() and setMulticastInterface() of no interface follow the route to the group", async (context) => {
  await skipUnless(context, isRoot, canMakeNamespaces, hasCommand("ip", "iproute2"));
  expect(await runInNamespace("as-routed.mjs", [...TWO_CABLES, "route add 239.255.0.0/16 dev two"])).toEqual({
    join: 0,
    interface: "two",
    leave: 0,
    withoutRoute: "ENODEV",
  });
});

test("setMulticastInterface() sends where it says, from that interface's address", async (context) => {
  await skipUnless(context, isRoot, canMakeNamespaces, hasCommand("ip", "iproute2"));
  expect(await runInNamespace("multicast-interface.mjs", TWO_CABLES)).toEqual({
    ipv4: [
      { interface: "one", from: "10.77.1.1" },
      { interface: "two", from: "10.77.2.1" },
      { interface: "lo", from: "127.0.0.1" },
    ],
    ipv6: [
      { interface: "one", from: "fe80::1%one" },
      { interface: "two", from: "fe80::2%two" },
    ],
    answered: "fe80::2%two",
  });
});

const TWO_CABLES = ["one", "two"].flatMap((name, index) => [
  `link add dev ${name} type veth peer name far-${name}`,
  `link set dev ${name} addrgenmode none`,
  `address add 10.77.${index + 1}.1/24 dev ${name}`,
  `address add fe80::${index + 1}/64 dev ${name} nodad`,
  `link set dev ${name} up`,
  `link set dev far-${name} up`,
]);
