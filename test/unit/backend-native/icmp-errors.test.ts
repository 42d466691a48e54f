import { ERRNO } from "@groupcast/base";
import { describe, expect, test } from "vitest";
import { accepted, batchOf, deadPeer, type End, localOf, NativeSockets, needAddonAnd, sendTo, WIDE } from "../../support/native-sockets.js";

const REFUSED = ERRNO.ECONNREFUSED;

needAddonAnd();

describe.each(["127.0.0.1", "::1"])("on %s", (address) => {
  test("sendFailed() names the peer that refused, on a socket that is not connected", async () => {
    using sockets = new NativeSockets();
    const [dead, alsoDead] = [deadPeer(sockets, address), deadPeer(sockets, address)];
    const { socket, seen } = sockets.listen(address, { receiveErrors: 1 });
    expect(sendTo(socket, dead, "lost")).toBe(1);
    await seen.losses(1);
    expect(sendTo(socket, alsoDead, "lost")).toBe(1);
    await seen.losses(2);
    expect(seen.lost).toEqual([
      { errno: REFUSED, peer: dead },
      { errno: REFUSED, peer: alsoDead },
    ]);
    expect(seen.failures).toEqual([]);
  });

  test("send() neither loses nor blames what follows a refused datagram, in one call or in several", async () => {
    using sockets = new NativeSockets();
    const dead = deadPeer(sockets, address);
    const alive = sockets.listen(address);
    const { socket, seen } = sockets.listen(address, { receiveErrors: 1 });
    const datagrams = [dead, alive.local, dead, alive.local, alive.local].map((to, index) => ({ bytes: `${index}`, to }));
    expect(socket.send(batchOf(datagrams), 0, datagrams.length)).toBe(datagrams.length);
    expect(sendTo(socket, dead, "5")).toBe(1);
    expect(sendTo(socket, alive.local, "6")).toBe(1);
    await Promise.all([alive.seen.arrivals(4), seen.losses(3)]);
    await fence(alive);
    expect(alive.seen.texts).toEqual(["1", "3", "4", "6", "fence"]);
    expect(seen.lost).toEqual(new Array(3).fill({ errno: REFUSED, peer: dead }));
  });

  test("sendFailed() tells of a refused connected peer, and the datagram after it is sent", async () => {
    using sockets = new NativeSockets();
    const dead = deadPeer(sockets, address);
    const { socket, seen } = sockets.open(address === "::1" ? 6 : 4);
    accepted(socket.connect(dead));
    expect(sendTo(socket, undefined, "first")).toBe(1);
    expect(sendTo(socket, undefined, "second")).toBe(1);
    await seen.losses(2);
    expect(seen.lost).toEqual(new Array(2).fill({ errno: REFUSED, peer: dead }));
    expect(seen.failures).toEqual([]);
  });

  test("sendFailed() tells of a refusal that only the next send() has met, when nothing else makes the socket ready", async () => {
    using sockets = new NativeSockets();
    const peer = deadPeer(sockets, address);
    const { socket, seen } = sockets.open(address === "::1" ? 6 : 4);
    accepted(socket.connect(peer));
    expect(sendTo(socket, undefined, "refused")).toBe(1);
    const late = sockets.open(peer.family);
    accepted(late.socket.bind(peer));
    expect(sendTo(socket, undefined, "taken")).toBe(1);
    await seen.losses(1);
    expect(seen.lost).toEqual([{ errno: REFUSED, peer }]);
    expect(late.socket.startReading(WIDE)).toBe(0);
    await late.seen.arrivals(1);
    expect(late.seen.texts).toEqual(["taken"]);
  });

  test("sendFailed() tells once of each refusal when a connected socket queues errors too", async () => {
    using sockets = new NativeSockets();
    const dead = deadPeer(sockets, address);
    const { socket, seen } = sockets.listen(address, { receiveErrors: 1 });
    accepted(socket.connect(dead));
    sendTo(socket, undefined, "first", "", "third"); // the empty one keeps them apart
    await seen.losses(3);
    await fence(sockets.listen(address));
    expect(seen.lost).toEqual(new Array(3).fill({ errno: REFUSED, peer: dead }));
  });
});

test("sendFailed() is not called inside send()", async () => {
  using sockets = new NativeSockets();
  const dead = deadPeer(sockets);
  const { socket, seen } = sockets.listen("127.0.0.1", { receiveErrors: 1 });
  let isSending = true;
  let calledInside = false;
  seen.onSendFailed = () => {
    calledInside ||= isSending;
  };
  for (let i = 0; i < 20; i++) sendTo(socket, dead, "lost");
  isSending = false;
  await seen.losses(20);
  expect(calledInside).toBe(false);
});

test("sendFailed() is called on a socket that does not read", async () => {
  using sockets = new NativeSockets();
  const dead = deadPeer(sockets);
  const { socket, seen } = sockets.listen("127.0.0.1", { receiveErrors: 1 });
  socket.stopReading();
  sendTo(socket, dead, "lost");
  await seen.losses(1);
  expect(seen.lost[0]?.peer).toEqual(dead);
});

test("received() delivers what came between errors", async () => {
  using sockets = new NativeSockets();
  const dead = deadPeer(sockets);
  const { socket, seen, local } = sockets.listen("127.0.0.1", { receiveErrors: 1 });
  const other = sockets.listen();
  for (let i = 0; i < 10; i++) {
    sendTo(socket, dead, "lost");
    sendTo(other.socket, local, `${i}`);
  }
  await Promise.all([seen.arrivals(10), seen.losses(10)]);
  expect(seen.texts).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
});

test("close() inside sendFailed() ends everything", async () => {
  using sockets = new NativeSockets();
  const dead = deadPeer(sockets);
  const { socket, seen, local } = sockets.listen("127.0.0.1", { receiveErrors: 1 });
  const other = sockets.listen();
  sendTo(other.socket, local, "too late");
  sendTo(socket, dead, "lost", "", "lost");
  seen.onSendFailed = () => socket.close();
  await seen.losses(1);
  await fence(other);
  expect(seen.lost).toHaveLength(1);
  expect(seen.texts).toEqual([]);
});

test("send() on a socket that is not connected hears of no refusal while receiveErrors is off", async () => {
  using sockets = new NativeSockets();
  const dead = deadPeer(sockets);
  const { socket, seen } = sockets.listen();
  expect(sendTo(socket, dead, "lost")).toBe(1);
  expect(sendTo(socket, localOf(socket), "fence")).toBe(1);
  await seen.arrivals(1);
  expect(seen.lost).toEqual([]);
});

/** Something that arrives after whatever was on its way, and after the turn of the loop that would have told of it. */
async function fence(end: End): Promise<void> {
  const count = end.seen.datagrams.length + 1;
  sendTo(end.socket, localOf(end.socket), "fence");
  await end.seen.arrivals(count);
}
