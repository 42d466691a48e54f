import { type NetworkInterface, type SocketAddress, socketAddress } from "@groupcast/backend";
import { answered } from "@groupcast/backend-compliance";
import { ERRNO } from "@groupcast/base";
import { expect, test } from "vitest";
import { accepted, DgramSockets, type End, localOf, sendOne, WIDE } from "./dgram-sockets.js";

const GROUP = "239.255.71.1";
const OTHER_GROUP = "239.255.71.2";
const HOST_ONLY_GROUP = "ff11::7101"; // interface-local scope: never leaves the host (RFC 4291, 2.7)

const NO_FLAGS = { up: true, running: true, loopback: false, multicast: true, broadcast: true, pointToPoint: false };
const GONE: NetworkInterface = { name: "nosuch0", index: 9999, addresses: [], flags: NO_FLAGS };

function loopbackOf(sockets: DgramSockets): NetworkInterface {
  const found = answered(sockets.backend.network.interfaces()).find(({ flags }) => flags.loopback);
  if (found === undefined) throw new Error("the host has no loopback interface");
  return found;
}

/** A socket on any address that reads. */
function member(sockets: DgramSockets): End & { readonly port: number } {
  const end = sockets.open();
  accepted(end.socket.bind(socketAddress("0.0.0.0", 0)));
  accepted(end.socket.startReading(WIDE));
  return { ...end, port: localOf(end.socket).port };
}

/** A socket whose multicast leaves by loopback. */
function sender(sockets: DgramSockets): End & { readonly local: SocketAddress } {
  const end = sockets.listen();
  accepted(end.socket.setMulticastInterface(loopbackOf(sockets)));
  return end;
}

test("join() delivers the group until leave()", async () => {
  using sockets = new DgramSockets();
  const lo = loopbackOf(sockets);
  const { socket, seen, port } = member(sockets);
  const from = sender(sockets);
  expect(socket.join(GROUP, lo, undefined)).toBe(0);
  sendOne(from.socket, "joined", socketAddress(GROUP, port));
  await seen.arrivals(1);
  expect(socket.leave(GROUP, lo, undefined)).toBe(0);
  sendOne(from.socket, "left", socketAddress(GROUP, port));
  sendOne(from.socket, "fence", socketAddress("127.0.0.1", port));
  await seen.arrivals(2);
  expect(seen.texts).toEqual(["joined", "fence"]);
});

test("join() with a source delivers what that source sends, and not what others do", async () => {
  using sockets = new DgramSockets();
  const lo = loopbackOf(sockets);
  const { socket, seen, port } = member(sockets);
  const from = sender(sockets);
  expect(socket.join(GROUP, lo, "127.0.0.1")).toBe(0);
  expect(socket.join(OTHER_GROUP, lo, "127.0.0.99")).toBe(0);
  sendOne(from.socket, "from another source", socketAddress(OTHER_GROUP, port));
  sendOne(from.socket, "from the source", socketAddress(GROUP, port));
  await seen.arrivals(1);
  expect(seen.texts).toEqual(["from the source"]);
  expect(socket.leave(GROUP, lo, "127.0.0.1")).toBe(0);
  expect(socket.leave(OTHER_GROUP, lo, "127.0.0.99")).toBe(0);
  expect(socket.leave(GROUP, lo, "127.0.0.1")).toBeLessThan(0);
});

test("join() returns -EADDRINUSE when the group is joined there, leave() -EADDRNOTAVAIL when it is not", () => {
  using sockets = new DgramSockets();
  const lo = loopbackOf(sockets);
  const { socket } = member(sockets);
  expect(socket.leave(GROUP, lo, undefined)).toBe(ERRNO.EADDRNOTAVAIL);
  accepted(socket.join(GROUP, lo, undefined));
  expect(socket.join(GROUP, lo, undefined)).toBe(ERRNO.EADDRINUSE);
});

test("join() returns -EINVAL when the group is none", () => {
  using sockets = new DgramSockets();
  expect(member(sockets).socket.join("127.0.0.1", loopbackOf(sockets), undefined)).toBe(ERRNO.EINVAL);
});

test("join() returns -EBADF before bind(), and does not bind in secret", () => {
  using sockets = new DgramSockets();
  const { socket } = sockets.open();
  expect(socket.join(GROUP, loopbackOf(sockets), undefined)).toBe(ERRNO.EBADF);
  expect(socket.bind(socketAddress("127.0.0.1", 0))).toBe(0);
});

test("join() returns -ENODEV for an interface without an IPv4 address, or one that is gone, and joins no other", () => {
  using sockets = new DgramSockets();
  const four = sockets.listen().socket;
  const six = sockets.listen("::1").socket;
  for (const socket of [four, six]) {
    const group = socket === four ? GROUP : HOST_ONLY_GROUP;
    expect(socket.join(group, GONE, undefined)).toBe(ERRNO.ENODEV);
    expect(socket.leave(group, GONE, undefined)).toBe(ERRNO.ENODEV);
    expect(socket.setMulticastInterface(GONE)).toBe(ERRNO.ENODEV);
    expect(socket.leave(group, loopbackOf(sockets), undefined)).toBe(ERRNO.EADDRNOTAVAIL);
  }
});

test("setMulticastInterface() before bind() chooses the way all the same", async () => {
  using sockets = new DgramSockets();
  const lo = loopbackOf(sockets);
  const { socket, seen, port } = member(sockets);
  accepted(socket.join(GROUP, lo, undefined));
  const from = sockets.open().socket;
  expect(from.setMulticastInterface(lo)).toBe(0);
  expect(from.setMulticastInterface(GONE)).toBe(ERRNO.ENODEV);
  accepted(from.bind(socketAddress("0.0.0.0", 0)));
  sendOne(from, "by loopback", socketAddress(GROUP, port));
  await seen.arrivals(1);
  expect(seen.datagrams[0]?.from.address).toBe("127.0.0.1");
});

test.each(["127.0.0.1", "::1"])("setMulticastInterface() without an interface undoes the choice, bound to %s", (address) => {
  using sockets = new DgramSockets();
  const { socket } = sockets.listen(address);
  expect(socket.setMulticastInterface(loopbackOf(sockets))).toBe(0);
  expect(socket.setMulticastInterface(undefined)).toBe(0);
});

test("multicastLoopback 0 keeps a datagram from the members on this host", async ({ skip }) => {
  using sockets = new DgramSockets();
  // Linux loops datagrams on the loopback interface back in any case.
  const link = answered(sockets.backend.network.interfaces()).find(({ flags, addresses }) => flags.multicast && addresses[0]?.family === 4);
  if (link === undefined) return skip("the host has no IPv4 interface besides loopback");
  const { socket, seen, port } = member(sockets);
  accepted(socket.join(GROUP, link, undefined));
  const from = sockets.listen("0.0.0.0");
  accepted(from.socket.setMulticastInterface(link));
  accepted(from.socket.setOption("multicastTtl", 0)); // nothing leaves the host while the group is joined there
  accepted(from.socket.setOption("multicastLoopback", 0));
  sendOne(from.socket, "not looped", socketAddress(GROUP, port));
  accepted(from.socket.setOption("multicastLoopback", 1));
  sendOne(from.socket, "fence", socketAddress(GROUP, port));
  await seen.arrivals(1);
  expect(seen.texts).toEqual(["fence"]);
});

test("join() takes an IPv6 interface by its name, with and without a source, and send() its zone", async ({ skip }) => {
  using sockets = new DgramSockets();
  const link = answered(sockets.backend.network.interfaces()).find((each) =>
    each.addresses.some(({ address }) => address.startsWith("fe80:")),
  );
  if (link === undefined) return skip("the host has no IPv6 interface besides loopback");
  const { socket, seen } = sockets.open(6);
  accepted(socket.bind(socketAddress("::", 0)));
  accepted(socket.startReading(WIDE));
  expect(socket.join(HOST_ONLY_GROUP, link, undefined)).toBe(0);
  expect(socket.join(HOST_ONLY_GROUP, link, undefined)).toBe(ERRNO.EADDRINUSE);
  accepted(socket.setOption("multicastTtl", 0));
  sendOne(socket, "by zone", socketAddress(`${HOST_ONLY_GROUP}%${link.name}`, localOf(socket).port));
  expect(socket.setMulticastInterface(link)).toBe(0);
  sendOne(socket, "by interface", socketAddress(HOST_ONLY_GROUP, localOf(socket).port));
  await seen.arrivals(2);
  expect(seen.texts).toEqual(["by zone", "by interface"]);
  expect(socket.leave(HOST_ONLY_GROUP, link, undefined)).toBe(0);
  expect(socket.join(HOST_ONLY_GROUP, link, "fd00::99")).toBe(0);
  expect(socket.leave(HOST_ONLY_GROUP, link, "fd00::99")).toBe(0);
});
