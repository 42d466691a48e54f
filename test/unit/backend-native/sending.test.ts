import { socketAddress } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import { describe, expect, test } from "vitest";
import { runInNamespace } from "../../support/backend-native-program.js";
import { accepted, batchOf, localOf, NativeSockets, needAddonAnd, sendTo } from "../../support/native-sockets.js";
import { canMakeNamespaces, hasCommand, hasIPv6, isRoot, skipUnless } from "../../support/probe.js";

/** Sizes around every rule of merging: equal runs, a shorter last one, empty ones between, too long together, more than 64. */
const ODD_SIZES = [
  ...[100, 100, 100, 40],
  ...[40, 40, 41, 41, 0, 41, 41, 0, 0],
  ...[30_000, 30_000, 30_000],
  ...[1_200, 1_199, 1_200],
  ...new Array<number>(130).fill(33),
  ...[1, 1, 65_507, 65_507, 1],
];

needAddonAnd();

describe.each(["127.0.0.1", "::1"])("on %s", (address) => {
  test.each([0, 1])("send() delivers runs of odd sizes exactly, with receiveOffload %d", async (receiveOffload) => {
    using sockets = new NativeSockets();
    const { socket, seen, local } = sockets.listen(address, { receiveOffload, receiveBufferBytes: 2_000_000 });
    const sent = ODD_SIZES.map((size, index) => Buffer.alloc(size, index + 1));
    expect(sendTo(socket, local, ...sent)).toBe(sent.length);
    await seen.arrivals(sent.length);
    expect(seen.datagrams.map(({ bytes }) => bytes.length)).toEqual(ODD_SIZES);
    expect(seen.datagrams.every(({ bytes }, index) => bytes.equals(sent[index] as Buffer))).toBe(true);
  });
});

test("send() sends the datagrams of its range, to several peers in turn", async () => {
  using sockets = new NativeSockets();
  const { socket } = sockets.open();
  const ends = [sockets.listen(), sockets.listen(), sockets.listen()];
  const datagrams = Array.from({ length: 300 }, (_, index) => ({ bytes: `${index}`, to: ends[index % 3]?.local ?? never() }));
  expect(socket.send(batchOf(datagrams), 1, 298)).toBe(297);
  await Promise.all(ends.map(({ seen }) => seen.arrivals(99)));
  for (const [which, { seen }] of ends.entries()) {
    const expected = datagrams.map(({ bytes }) => bytes).filter((_, index) => index % 3 === which && index > 0 && index < 298);
    expect(seen.texts).toEqual(expected);
  }
});

test("send() has copied the bytes when it returns", async () => {
  using sockets = new NativeSockets();
  const { socket, seen, local } = sockets.listen();
  const batch = batchOf([{ bytes: "unchanged", to: local }]);
  expect(socket.send(batch, 0, 1)).toBe(1);
  batch.bytes.fill("!");
  await seen.arrivals(1);
  expect(seen.texts).toEqual(["unchanged"]);
});

test("send() binds a socket that has no address to a free port", async () => {
  using sockets = new NativeSockets();
  const { seen, local } = sockets.listen();
  const { socket } = sockets.open();
  expect(sendTo(socket, local, "hello")).toBe(1);
  await seen.arrivals(1);
  expect(seen.datagrams[0]?.from.port).toBe(localOf(socket).port);
});

test("send() takes the datagrams before one that is too long, then names its errno, then takes the rest", async () => {
  using sockets = new NativeSockets();
  const { socket, seen, local } = sockets.listen();
  const sizes = [10, 10, 65_508, 10, 10, 10];
  const batch = batchOf(sizes.map((size) => ({ bytes: Buffer.alloc(size), to: local })));
  expect(socket.send(batch, 0, 6)).toBe(2);
  expect(socket.send(batch, 2, 6)).toBe(ERRNO.EMSGSIZE);
  expect(socket.send(batch, 3, 6)).toBe(3);
  await seen.arrivals(5);
  expect(seen.datagrams.map(({ bytes }) => bytes.length)).toEqual([10, 10, 10, 10, 10]);
  expect(seen.lost).toEqual([]);
});

test("send() tells EMSGSIZE by its return value only, when errors are queued as well", async () => {
  using sockets = new NativeSockets();
  const { socket, seen, local } = sockets.listen("127.0.0.1", { receiveErrors: 1 });
  expect(sendTo(socket, local, Buffer.alloc(65_508))).toBe(ERRNO.EMSGSIZE);
  sendTo(socket, local, "fence");
  await seen.arrivals(1);
  expect(seen.lost).toEqual([]);
  expect(seen.failures).toEqual([]);
});

test("send() refuses a broadcast with EACCES until broadcast is on", async () => {
  using sockets = new NativeSockets();
  const { socket } = sockets.listen();
  const everybody = socketAddress("127.255.255.255", 9);
  expect(sendTo(socket, everybody, "x")).toBe(ERRNO.EACCES);
  accepted(socket.setOption("broadcast", 1));
  expect(sendTo(socket, everybody, "x")).toBe(1);
});

test("send() refuses a zone that names no interface with ENODEV, after what came before it", async () => {
  using sockets = new NativeSockets();
  const { socket, seen, local } = sockets.listen("::1");
  const batch = batchOf([
    { bytes: "before", to: local },
    { bytes: "lost", to: socketAddress("fe80::1%no-such", 9) },
  ]);
  expect(socket.send(batch, 0, 2)).toBe(1);
  expect(socket.send(batch, 1, 2)).toBe(ERRNO.ENODEV);
  await seen.arrivals(1);
  expect(seen.texts).toEqual(["before"]);
});

test("send() leaves from the source and the interface of each datagram's origin", async () => {
  using sockets = new NativeSockets();
  const { seen, local } = sockets.listen("127.0.0.1", { receivePacketInfo: 1 });
  const { socket } = sockets.listen("0.0.0.0");
  const sources = ["127.0.0.5", "127.0.0.5", "127.0.0.6", undefined];
  const batch = batchOf(sources.map((source) => ({ bytes: "x", to: local, via: { interfaceIndex: 1, source } })));
  expect(socket.send(batch, 0, 4)).toBe(4);
  await seen.arrivals(4);
  expect(seen.datagrams.map(({ from }) => from.address)).toEqual(["127.0.0.5", "127.0.0.5", "127.0.0.6", "127.0.0.1"]);
});

test("send() leaves from an IPv6 origin", async (context) => {
  await skipUnless(context, hasIPv6);
  using sockets = new NativeSockets();
  const { seen, local } = sockets.listen("::1");
  const { socket } = sockets.listen("::");
  const batch = batchOf([{ bytes: "x", to: local, via: { interfaceIndex: sockets.interface("lo").index, source: "::1" } }]);
  expect(socket.send(batch, 0, 1)).toBe(1);
  await seen.arrivals(1);
  expect(seen.datagrams[0]?.from).toEqual(localOf(socket).port === 0 ? undefined : socketAddress("::1", localOf(socket).port));
});

test("send() refuses an origin whose source is not ours", () => {
  using sockets = new NativeSockets();
  const { socket, local } = sockets.listen();
  const batch = batchOf([{ bytes: "x", to: local, via: { interfaceIndex: 0, source: "192.0.2.77" } }]);
  expect(socket.send(batch, 0, 1)).toBeLessThan(0); // ENETUNREACH or EINVAL, as the kernel's version has it
});

test("send() of a merged run reaches every member of a multicast group", async () => {
  using sockets = new NativeSockets();
  const loopback = sockets.interface("lo");
  const members = [0, 1].map((receiveOffload) => sockets.listen("0.0.0.0", { receiveOffload }));
  for (const { socket } of members) accepted(socket.join("239.255.41.7", loopback, undefined));
  const { socket } = sockets.open();
  accepted(socket.setMulticastInterface(loopback));
  const sent = Array.from({ length: 70 }, (_, index) => `datagram ${100 + index}`);
  for (const { local, seen } of members) {
    expect(sendTo(socket, socketAddress("239.255.41.7", local.port), ...sent)).toBe(sent.length);
    await seen.arrivals(sent.length);
    expect(seen.texts).toEqual(sent);
    expect(seen.datagrams[0]?.from.address).toBe("127.0.0.1");
  }
});

test("send() that returned EAGAIN is followed by one writable(), and sending goes on", async (context) => {
  await skipUnless(context, isRoot, canMakeNamespaces, hasCommand("ip", "iproute2"));
  expect(await runInNamespace("full-send-buffer.mjs", CABLE)).toEqual({
    refusal: "EAGAIN",
    writableCount: 1,
    writableInsideSend: false,
    takenAfterwards: true,
  });
});

test("send() falls back to single datagrams where a run does not fit the path", async (context) => {
  await skipUnless(context, isRoot, canMakeNamespaces, hasCommand("ip", "iproute2"));
  expect(await runInNamespace("narrow-path.mjs", [...CABLE, "link set dev one mtu 1280"])).toEqual({
    taken: [20, 20, 20],
    arrived: [...new Array(20).fill(2_000), ...new Array(20).fill(1_500), ...new Array(20).fill(900)],
  });
});

test("send() gives a refused run up in one call, and submits no datagram twice", async (context) => {
  await skipUnless(
    context,
    isRoot,
    canMakeNamespaces,
    hasCommand("ip", "iproute2"),
    hasCommand("tc", "iproute2"),
    hasCommand("nft", "nftables"),
  );
  expect(await runInNamespace("failing-runs.mjs", CABLE)).toEqual({
    filtered: { EPERM: 64 },
    packets: 1,
    queued: [{ taken: 64 }, { taken: 64 }, { ENOBUFS: 64 }],
    reachedQueue: 3 * 64,
  });
});

test("send() goes on merging for other peers after one whose path is narrow", async (context) => {
  await skipUnless(context, isRoot, canMakeNamespaces, hasCommand("ip", "iproute2"), hasCommand("nft", "nftables"));
  expect(await runInNamespace("narrow-peer.mjs", [...CABLE, "link set dev one mtu 1280"])).toEqual({ narrow: [20, 20], wide: 1 });
});

const CABLE = [
  "link add dev one type veth peer name two",
  "address add 10.77.0.1/24 dev one",
  "link set dev one up",
  "link set dev two up",
];

function never(): never {
  throw new Error("an end is missing");
}
