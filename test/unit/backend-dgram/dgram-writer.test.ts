import type { Socket } from "node:dgram";
import { socketAddress } from "@groupcast/backend";
import { ERRNO, UnsupportedError } from "@groupcast/base";
import { expect, test } from "vitest";
import { DgramWriter } from "../../../packages/backend-dgram/src/dgram-writer.js";
import { batchTo, Recorder } from "./dgram-sockets.js";

const PEER = socketAddress("192.0.2.7", 700);
const OTHER = socketAddress("192.0.2.8", 700);

type Sent = (error: Error | null) => void;

/** A socket of dgram whose kernel takes as much as the test says, and whose libuv queues the rest. */
class FakeSocket {
  readonly taken: string[] = [];
  readonly queued: Sent[] = [];
  room = Number.POSITIVE_INFINITY;
  isClosed = false;

  send(bytes: Buffer, ...rest: readonly unknown[]): void {
    this.taken.push(bytes.toString());
    if (this.room-- <= 0) this.queued.push(rest.at(-1) as Sent);
  }

  getSendQueueCount(): number {
    return this.queued.length;
  }

  close(): void {
    if (this.isClosed) throw new Error("dgram throws here");
    this.isClosed = true;
  }

  /** The datagram that libuv has queued leaves, or fails. */
  leave(error: Error | null = null): void {
    this.queued.shift()!(error);
  }
}

function open() {
  const socket = new FakeSocket();
  const seen = new Recorder();
  return { socket, seen, writer: new DgramWriter(socket as unknown as Socket, seen) };
}

test("send() hands over nothing more once libuv has queued a datagram, and returns how many it took, that one included", () => {
  const { socket, writer } = open();
  socket.room = 2;
  expect(writer.send(batchTo(["1", "2", "3", "4", "5"], PEER), 0, 5)).toBe(3);
  expect(socket.taken).toEqual(["1", "2", "3"]);
  expect(writer.send(batchTo(["4", "5"], PEER), 0, 2)).toBe(ERRNO.EAGAIN);
  expect(socket.taken).toEqual(["1", "2", "3"]);
});

test("send() counts from the datagram it begins with when libuv queues one behind it", () => {
  const { socket, writer } = open();
  socket.room = 1;
  expect(writer.send(batchTo(["1", "2", "3", "4", "5"], PEER), 2, 5)).toBe(2);
  expect(socket.taken).toEqual(["3", "4"]);
});

test("send() refuses an origin of the datagrams it is given, and looks at no others", () => {
  const { socket, writer } = open();
  const via = [undefined, undefined, { source: "127.0.0.1", interfaceIndex: 0 }];
  const batch = { ...batchTo(["1", "2", "3"], PEER), via };
  expect(writer.send(batch, 0, 2)).toBe(2);
  expect(() => writer.send(batch, 1, 3)).toThrow(UnsupportedError);
  expect(socket.taken).toEqual(["1", "2"]);
});

test("writable() follows -EAGAIN once, when the queue is empty, and only if somebody was told -EAGAIN", () => {
  const { socket, seen, writer } = open();
  socket.room = 0;
  writer.send(batchTo(["1"], PEER), 0, 1);
  socket.leave();
  expect(seen.writableCount).toBe(0);
  writer.send(batchTo(["2"], PEER), 0, 1);
  expect(writer.send(batchTo(["3"], PEER), 0, 1)).toBe(ERRNO.EAGAIN);
  expect(seen.writableCount).toBe(0);
  socket.leave();
  expect(seen.writableCount).toBe(1);
  expect(writer.send(batchTo(["3"], PEER), 0, 1)).toBe(1);
  socket.leave();
  expect(seen.writableCount).toBe(1);
});

test("writable() waits until all that libuv has queued has left", () => {
  const { socket, seen, writer } = open();
  socket.room = 0;
  writer.send(batchTo(["1"], PEER), 0, 1);
  socket.queued.push(() => {}); // of somebody else
  writer.send(batchTo(["2"], PEER), 0, 1);
  socket.leave();
  expect(seen.writableCount).toBe(0);
});

test("sendFailed() reports a queued datagram that fails, with the peer that the error names, or the connected one", () => {
  const { socket, seen, writer } = open();
  socket.room = 0;
  writer.send(batchTo(["1"], PEER), 0, 1);
  socket.leave(Object.assign(new Error("send"), { code: "EPERM", errno: ERRNO.EPERM, address: PEER.address, port: PEER.port }));
  writer.peer = OTHER;
  writer.send(batchTo(["2"]), 0, 1);
  socket.leave(Object.assign(new Error("send"), { code: "EPERM", errno: ERRNO.EPERM }));
  expect(seen.lost).toEqual([
    { errno: ERRNO.EPERM, peer: PEER },
    { errno: ERRNO.EPERM, peer: OTHER },
  ]);
});

test("close() waits for the datagram that libuv has queued, closes once, and reports nothing of it", () => {
  const { socket, seen, writer } = open();
  socket.room = 0;
  writer.send(batchTo(["1"], PEER), 0, 1);
  expect(writer.send(batchTo(["2"], PEER), 0, 1)).toBe(ERRNO.EAGAIN);
  socket.queued.push((error) => (socket.queued.length === 0 ? undefined : expect(error).toBeNull()));
  writer.close();
  const [first] = socket.queued;
  socket.leave(new Error("too late"));
  expect(socket.isClosed).toBe(false); // another waits still
  socket.queued.length = 0;
  first!(null);
  expect(socket.isClosed).toBe(true);
  first!(null);
  expect([seen.writableCount, seen.lost]).toEqual([0, []]);
});

test("close() closes at once when nothing is queued", () => {
  const { socket, writer } = open();
  writer.send(batchTo(["1"], PEER), 0, 1);
  writer.close();
  expect(socket.isClosed).toBe(true);
});

test("send() refuses a datagram without a peer, and one to another than the connected peer, after those before it", () => {
  const { socket, writer } = open();
  expect(writer.send(batchTo(["1"]), 0, 1)).toBe(ERRNO.EDESTADDRREQ);
  writer.peer = PEER;
  const samePort = socketAddress("192.0.2.8", 700);
  const sameAddress = socketAddress("192.0.2.7", 701);
  for (const to of [samePort, sameAddress]) {
    expect(writer.send(batchTo(["2"], to), 0, 1)).toBe(ERRNO.EISCONN);
    const batch = { ...batchTo(["3", "4", "5"]), to: [PEER, undefined, to] };
    expect(writer.send(batch, 0, 3)).toBe(2);
    expect(writer.send(batch, 1, 3)).toBe(1);
  }
  expect(socket.taken).toEqual(["3", "4", "4", "3", "4", "4"]);
});
