import { Socket } from "node:dgram";
import { socketAddress } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import { expect, onTestFinished, test, vi } from "vitest";
import { accepted, batchTo, DgramSockets, localOf, sendOne, settle } from "./dgram-sockets.js";

const BROADCAST = socketAddress("127.255.255.255", 9);

/** A port of the loopback interface that nobody listens on. */
function deadPort(sockets: DgramSockets): ReturnType<typeof socketAddress> {
  const { socket, local } = sockets.listen();
  socket.close();
  return local;
}

test("connect() has connected when it returns: send() needs no destination, peerAddress() tells it", async () => {
  using sockets = new DgramSockets();
  const server = sockets.listen();
  const client = sockets.listen();
  expect(client.socket.peerAddress()).toBeUndefined();
  expect(client.socket.connect(server.local)).toBe(0);
  expect(client.socket.peerAddress()).toEqual(server.local);
  expect(sendOne(client.socket, "hello")).toBe(1);
  await server.seen.arrivals(1);
  expect(server.seen.datagrams[0]?.from).toEqual(client.local);
});

test("connect() binds to a free port when the socket is not bound", () => {
  using sockets = new DgramSockets();
  const server = sockets.listen();
  const { socket } = sockets.open();
  expect(socket.connect(server.local)).toBe(0);
  expect(localOf(socket).address).toBe("127.0.0.1");
  expect(localOf(socket).port).toBeGreaterThan(0);
});

test("connect() keeps out whoever is not the peer, from the moment it returns", async () => {
  using sockets = new DgramSockets();
  const peer = sockets.listen();
  const stranger = sockets.listen();
  const client = sockets.listen();
  accepted(client.socket.connect(peer.local));
  sendOne(stranger.socket, "let me in", client.local);
  sendOne(peer.socket, "fence", client.local);
  await client.seen.arrivals(1);
  expect(client.seen.texts).toEqual(["fence"]);
});

test("connect() returns -EISCONN when the socket is connected, and the peer stays", () => {
  using sockets = new DgramSockets();
  const server = sockets.listen();
  const client = sockets.listen();
  accepted(client.socket.connect(server.local));
  expect(client.socket.connect(client.local)).toBe(ERRNO.EISCONN);
  expect(client.socket.peerAddress()).toEqual(server.local);
});

test("connect() is refused by the kernel without leaving the socket half connected", async () => {
  using sockets = new DgramSockets();
  const server = sockets.listen();
  const client = sockets.listen();
  const outcome = client.socket.connect(BROADCAST);
  expect(client.socket.peerAddress()).toBeUndefined();
  expect(sendOne(client.socket, "addressed", server.local)).toBe(1);
  await server.seen.arrivals(1);
  // Node 24.19, 26.4 and later tell the errno at once, the others a turn later.
  const told = outcome === ERRNO.UNKNOWN ? client.seen.failures : [{ errno: outcome, operation: "connect" }];
  expect(told).toEqual([{ errno: ERRNO.EACCES, operation: "connect" }]);
});

test("disconnect() keeps the port, hears everybody again, and connect() may follow", async () => {
  using sockets = new DgramSockets();
  const peer = sockets.listen();
  const stranger = sockets.listen();
  const client = sockets.listen();
  accepted(client.socket.connect(peer.local));
  expect(client.socket.disconnect()).toBe(0);
  expect(client.socket.peerAddress()).toBeUndefined();
  expect(client.socket.localAddress()).toEqual(client.local); // Linux alone would forget a port it chose itself
  sendOne(stranger.socket, "let me in", client.local);
  await client.seen.arrivals(1);
  expect(client.socket.connect(stranger.local)).toBe(0);
  expect(client.socket.peerAddress()).toEqual(stranger.local);
});

test("disconnect() returns -ENOTCONN when the socket is not connected", () => {
  using sockets = new DgramSockets();
  expect(sockets.listen().socket.disconnect()).toBe(ERRNO.ENOTCONN);
});

test("sendFailed() tells of a refused peer, again and again, and the socket stays open", async () => {
  using sockets = new DgramSockets();
  const dead = deadPort(sockets);
  const client = sockets.listen();
  accepted(client.socket.connect(dead));
  for (const count of [1, 2]) {
    expect(sendOne(client.socket, "anybody there?")).toBe(1);
    await client.seen.until("a refusal", () => client.seen.lost.length === count);
  }
  expect(client.seen.lost[0]).toEqual({ errno: ERRNO.ECONNREFUSED, peer: dead });
  expect(client.seen.failures).toEqual([]);
  accepted(client.socket.disconnect());
  await settle(client);
});

test("close() silences a refusal that comes later", async () => {
  using sockets = new DgramSockets();
  const dead = deadPort(sockets);
  const client = sockets.listen();
  accepted(client.socket.connect(dead));
  sendOne(client.socket, "anybody there?");
  client.socket.close();
  await settle(sockets.listen());
  expect(client.seen.lost).toEqual([]);
});

test("send() takes the connected peer as a destination, and returns -EISCONN for another", () => {
  using sockets = new DgramSockets();
  const server = sockets.listen();
  const client = sockets.listen();
  accepted(client.socket.connect(server.local));
  expect(sendOne(client.socket, "x", { ...server.local })).toBe(1);
  expect(sendOne(client.socket, "x", client.local)).toBe(ERRNO.EISCONN);
});

test("send() takes what comes before a datagram it refuses, and says why when that one is the first", () => {
  using sockets = new DgramSockets();
  const { socket, local } = sockets.listen();
  const batch = { ...batchTo(["1", "2", "3"]), to: [local, local, undefined] };
  expect(socket.send(batch, 0, 3)).toBe(2);
  expect(socket.send(batch, 2, 3)).toBe(ERRNO.EDESTADDRREQ);
});

test("disconnect() returns the errno of the OS when that refuses, and the peer stays", () => {
  using sockets = new DgramSockets();
  const { socket, local } = sockets.listen();
  accepted(socket.connect(local));
  vi.spyOn(Socket.prototype, "disconnect").mockImplementation(() => {
    throw Object.assign(new Error("disconnect ENOBUFS"), { code: "ENOBUFS", errno: ERRNO.ENOBUFS, syscall: "disconnect" });
  });
  onTestFinished(() => void vi.restoreAllMocks());
  expect(socket.disconnect()).toBe(ERRNO.ENOBUFS);
  expect(socket.peerAddress()).toEqual(local);
  vi.restoreAllMocks();
  expect(socket.disconnect()).toBe(0);
});
