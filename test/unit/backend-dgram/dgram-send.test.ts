import { socketAddress } from "@groupcast/backend";
import { answered } from "@groupcast/backend-compliance";
import { ERRNO } from "@groupcast/base";
import { expect, test } from "vitest";
import { canMakeNamespaces, hasCommand, isRoot, skipUnless } from "../../support/probe.js";
import { accepted, batchTo, DgramSockets, localOf, sendOne } from "./dgram-sockets.js";
import { canRun, isolated, runIsolated } from "./run-program.js";

test("send() sends the datagrams of the range it is given, in order, and returns how many", async () => {
  using sockets = new DgramSockets();
  const receiver = sockets.listen();
  const sender = sockets.listen();
  expect(sender.socket.send(batchTo(["0", "1", "2", "3"], receiver.local), 1, 3)).toBe(2);
  sendOne(sender.socket, "fence", receiver.local);
  await receiver.seen.arrivals(3);
  expect(receiver.seen.texts).toEqual(["1", "2", "fence"]);
});

test("send() has copied the bytes when it returns", async () => {
  using sockets = new DgramSockets();
  const { socket, seen, local } = sockets.listen();
  const batch = batchTo(["unchanged"], local);
  accepted(socket.send(batch, 0, 1));
  batch.bytes.fill("!");
  await seen.arrivals(1);
  expect(seen.texts).toEqual(["unchanged"]);
});

test("send() binds to a free port when the socket is not bound", async () => {
  using sockets = new DgramSockets();
  const receiver = sockets.listen();
  const { socket } = sockets.open();
  expect(sendOne(socket, "hello", receiver.local)).toBe(1);
  await receiver.seen.arrivals(1);
  expect(receiver.seen.datagrams[0]?.from.port).toBe(localOf(socket).port);
});

test("sendFailed() tells of a datagram too long for UDP, and those around it are sent", async () => {
  using sockets = new DgramSockets();
  const { socket, seen, local } = sockets.listen();
  expect(socket.send(batchTo(["before", Buffer.alloc(65_508), "after"], local), 0, 3)).toBe(3);
  await seen.arrivals(2);
  await seen.until("a loss", () => seen.lost.length === 1);
  expect(seen.texts).toEqual(["before", "after"]);
  expect(seen.lost).toEqual([{ errno: ERRNO.EMSGSIZE, peer: local }]);
});

test("broadcast decides whether a broadcast is refused with EACCES", async () => {
  using sockets = new DgramSockets();
  const { socket, seen } = sockets.listen();
  const everybody = socketAddress("127.255.255.255", 9);
  sendOne(socket, "x", everybody);
  await seen.until("a loss", () => seen.lost.length === 1);
  expect(seen.lost).toEqual([{ errno: ERRNO.EACCES, peer: everybody }]);
  accepted(socket.setOption("broadcast", 1));
  sendOne(socket, "x", everybody);
  sendOne(socket, "fence", localOf(socket));
  await seen.arrivals(1);
  expect(seen.lost.filter(({ errno }) => errno === ERRNO.EACCES)).toHaveLength(1);
});

test("send() reaches a link-local address by its zone, and the sender's zone comes back", async ({ skip }) => {
  using sockets = new DgramSockets();
  const link = answered(sockets.backend.network.interfaces())
    .flatMap(({ name, addresses }) => addresses.map(({ address }) => `${address}%${name}`))
    .find((address) => address.startsWith("fe80:"));
  if (link === undefined) return skip("the host has no IPv6 link-local address");
  const receiver = sockets.listen(link);
  const sender = sockets.listen(link);
  expect(receiver.local.address).toBe(link);
  expect(sendOne(sender.socket, "over the link", receiver.local)).toBe(1);
  await receiver.seen.arrivals(1);
  expect(receiver.seen.datagrams[0]?.from).toEqual(sender.local);
  expect(sender.local.scope).toBe(link.split("%")[1]);
});

test("send() throws ERR_UNSUPPORTED_OPERATION when a datagram names where it leaves from, and sends nothing", async () => {
  using sockets = new DgramSockets();
  const { socket, seen, local } = sockets.listen();
  const batch = { ...batchTo(["1", "2"], local), via: [undefined, { interfaceIndex: 1, source: undefined }] };
  expect(() => socket.send(batch, 0, 2)).toThrow(expect.objectContaining({ code: "ERR_UNSUPPORTED_OPERATION", operation: "send" }));
  sendOne(socket, "fence", local);
  await seen.arrivals(1);
  expect(seen.texts).toEqual(["fence"]);
});

test("send() returns -EAGAIN while the kernel is full, writable() follows, and close() loses nothing of what was taken", async (context) => {
  await skipUnless(context, isRoot, hasCommand("tc", "iproute2"), canMakeNamespaces);
  // tc-tbf(8) slows the loopback interface of a namespace down, so that a small send buffer fills.
  const slow = "ip link set lo up && tc qdisc add dev lo root tbf rate 2mbit burst 4kb limit 200kb";
  await skipUnless(context, async () => ({
    isAvailable: await canRun("unshare", ...isolated(slow, "true")),
    reason: "this kernel has no tc-tbf(8)",
  }));
  const outcome = (await runIsolated("throttled-send.mjs", slow)) as Record<"sent" | "arrived" | "refused" | "writable" | "lost", number>;
  expect(outcome).toMatchObject({ refused: 3, writable: 2, lost: 0 }); // closed after the third refusal
  expect(outcome.arrived).toBe(outcome.sent);
});
