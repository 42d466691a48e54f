import { setImmediate as nextTurn } from "node:timers/promises";
import { type DatagramBatch, socketAddress } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import { expect, onTestFinished, test, vi } from "vitest";
import { accepted, batchTo, DgramSockets, localOf, sendOne, settle, WIDE } from "./dgram-sockets.js";

test("received() is called after send() has returned", async () => {
  using sockets = new DgramSockets();
  const { socket, seen, local } = sockets.listen();
  sendOne(socket, "later", local);
  expect(seen.datagrams).toEqual([]);
  await seen.arrivals(1);
});

test("received() gets bytes, sender and length as they were sent, also of an empty datagram", async () => {
  using sockets = new DgramSockets();
  const receiver = sockets.listen();
  const sender = sockets.listen();
  const bytes = Buffer.from(Array.from({ length: 65_507 }, (_, index) => index * 7));
  accepted(sender.socket.send(batchTo([bytes, ""], receiver.local), 0, 2));
  receiver.seen.onReceived = (batch) => expect(batch.lengthBytes(0)).toBe(batch.view(0).length);
  await receiver.seen.arrivals(2);
  const [full, empty] = receiver.seen.datagrams;
  expect(full?.bytes.equals(bytes)).toBe(true);
  expect(empty?.bytes.length).toBe(0);
  expect(full?.from).toEqual(sender.local);
  expect(empty?.from).toBe(full?.from); // one object stands for every datagram of a peer
});

test("received() says what is not known of a datagram by leaving it out", async () => {
  using sockets = new DgramSockets();
  const { socket, seen, local } = sockets.listen();
  seen.onReceived = (batch) => {
    expect(batch.arrival(0)).toEqual({ truncated: false });
    expect([batch.destination(0), batch.interfaceIndex(0)]).toEqual(["", 0]);
    expect(batch.copy(0)).toBe(batch.view(0)); // Node made it for this datagram; nothing is copied
  };
  sendOne(socket, "plain", local);
  await seen.arrivals(1);
});

test("maxPacketBytes cuts a longer datagram and flags it, and leaves one of that length whole", async () => {
  using sockets = new DgramSockets();
  const { socket, seen, local } = sockets.listen();
  accepted(socket.startReading({ ...WIDE, maxPacketBytes: 4 }));
  socket.send(batchTo(["12345", "1234"], local), 0, 2);
  await seen.arrivals(2);
  expect(seen.texts).toEqual(["1234", "1234"]);
  expect(seen.datagrams.map(({ truncated }) => truncated)).toEqual([true, false]);
});

test("startReading() delivers what arrived since bind(), in order, after it has returned", async () => {
  using sockets = new DgramSockets();
  const sender = sockets.listen();
  const { socket, seen } = sockets.open();
  accepted(socket.bind(socketAddress("127.0.0.1", 0)));
  sender.socket.send(batchTo(["first", "second"], localOf(socket)), 0, 2);
  await settle(sender);
  expect(seen.datagrams).toEqual([]);
  expect(socket.startReading(WIDE)).toBe(0);
  expect(seen.datagrams).toEqual([]);
  sendOne(sender.socket, "third", localOf(socket));
  await seen.arrivals(3);
  expect(seen.texts).toEqual(["first", "second", "third"]);
});

test("received() has a batch that keeps no datagram's memory afterwards", async () => {
  using sockets = new DgramSockets();
  const { socket, seen, local } = sockets.listen();
  const kept: DatagramBatch[] = [];
  seen.onReceived = (batch) => kept.push(batch);
  sendOne(socket, "over soon", local);
  await seen.arrivals(1);
  expect(kept.map(({ length }) => length)).toEqual([0]);
  expect(() => kept[0]?.view(0)).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT_RANGE" }));
});

test("stopReading() inside received() of what was held leaves no turn behind: a paused socket costs no time", async () => {
  using sockets = new DgramSockets();
  const sender = sockets.listen();
  const { socket, seen, local } = sockets.listen();
  socket.stopReading();
  sender.socket.send(batchTo(["1", "2"], local), 0, 2);
  await settle(sender);
  seen.onReceived = () => socket.stopReading();
  accepted(socket.startReading(WIDE));
  await seen.arrivals(1);
  const turns = vi.spyOn(globalThis, "setImmediate");
  onTestFinished(() => void turns.mockRestore());
  await settle(sender);
  expect(turns).not.toHaveBeenCalled();
  expect(seen.texts).toEqual(["1"]);
});

test("stopReading() ends delivery until startReading(), and nothing is lost in between", async () => {
  using sockets = new DgramSockets();
  const sender = sockets.listen();
  const { socket, seen, local } = sockets.listen();
  sendOne(sender.socket, "before", local);
  await seen.arrivals(1);
  socket.stopReading();
  sendOne(sender.socket, "meanwhile", local);
  await settle(sender);
  expect(seen.texts).toEqual(["before"]);
  accepted(socket.startReading(WIDE));
  await seen.arrivals(2);
  expect(seen.texts).toEqual(["before", "meanwhile"]);
});

test("stopReading() inside received() makes that datagram the last for now", async () => {
  using sockets = new DgramSockets();
  const sender = sockets.listen();
  const { socket, seen, local } = sockets.listen();
  seen.onReceived = () => socket.stopReading();
  sender.socket.send(batchTo(["first", "second", "third"], local), 0, 3);
  await seen.arrivals(1);
  await settle(sender);
  accepted(socket.startReading(WIDE));
  await seen.arrivals(2);
  expect(seen.texts).toEqual(["first", "second"]);
});

test("maxDatagrams and maxBytes end a wake-up that delivers what was held", async () => {
  using sockets = new DgramSockets();
  const sender = sockets.listen();
  const { socket, seen, local } = sockets.listen();
  socket.stopReading();
  sender.socket.send(batchTo(["1", "2", "3", "4"], local), 0, 4);
  await settle(sender);
  accepted(socket.startReading({ ...WIDE, maxDatagrams: 3 }));
  await seen.arrivals(1);
  expect(seen.texts).toEqual(["1", "2", "3"]);
  socket.stopReading();
  accepted(socket.startReading({ ...WIDE, maxBytes: 1 }));
  await seen.arrivals(4);
});

test("maxBytes lets one wake-up deliver held datagrams until so many bytes are reached, and the rest comes turn by turn", async () => {
  using sockets = new DgramSockets();
  const sender = sockets.listen();
  const { socket, seen, local } = sockets.listen();
  socket.stopReading();
  sender.socket.send(batchTo(["12", "34", "56", "78", "9"], local), 0, 5);
  await settle(sender);
  accepted(socket.startReading({ ...WIDE, maxBytes: 4 }));
  const counts: number[] = [];
  for (let turn = 0; turn < 4; turn++) {
    await nextTurn();
    counts.push(seen.datagrams.length);
  }
  expect(counts).toEqual([2, 4, 5, 5]);
  expect(seen.texts).toEqual(["12", "34", "56", "78", "9"]);
});

test("startReading() twice in one turn delivers one wake-up's worth in the next", async () => {
  using sockets = new DgramSockets();
  const sender = sockets.listen();
  const { socket, seen, local } = sockets.listen();
  socket.stopReading();
  sender.socket.send(batchTo(["1", "2", "3"], local), 0, 3);
  await settle(sender);
  for (let round = 0; round < 2; round++) {
    accepted(socket.startReading({ ...WIDE, maxDatagrams: 1 }));
    if (round === 0) socket.stopReading();
  }
  await nextTurn();
  expect(seen.texts).toEqual(["1"]);
  await seen.arrivals(3);
});

test("stopReading() in the turn of startReading() delivers nothing of what was held, and loses nothing", async () => {
  using sockets = new DgramSockets();
  const sender = sockets.listen();
  const { socket, seen, local } = sockets.listen();
  socket.stopReading();
  sendOne(sender.socket, "held", local);
  await settle(sender);
  accepted(socket.startReading(WIDE));
  socket.stopReading();
  await nextTurn();
  expect(seen.texts).toEqual([]);
  accepted(socket.startReading(WIDE));
  await nextTurn();
  expect(seen.texts).toEqual(["held"]);
});

test('getOption("unreadDrops") counts what nobody read and nothing could hold any more', async () => {
  using sockets = new DgramSockets();
  const sender = sockets.listen();
  const { socket, seen, local } = sockets.listen();
  accepted(socket.setOption("receiveBufferBytes", 5_000));
  const limitBytes = socket.getOption("receiveBufferBytes");
  socket.stopReading();
  const sent = 40;
  for (let index = 0; index < sent; index++) {
    sendOne(sender.socket, Buffer.alloc(1_000, index), local);
    await settle(sender); // one at a time, so that the kernel's own buffer never overflows
  }
  const dropped = socket.getOption("unreadDrops");
  expect(dropped).toBeGreaterThan(0);
  accepted(socket.startReading(WIDE));
  await seen.arrivals(sent - dropped);
  expect((sent - dropped) * 1_000).toBeLessThanOrEqual(limitBytes);
  expect(seen.datagrams.map(({ bytes }) => bytes[0])).toEqual(Array.from({ length: sent - dropped }, (_, index) => index));
});

test("startReading() returns -EBADF when the socket is closed", () => {
  using sockets = new DgramSockets();
  const { socket } = sockets.listen();
  socket.close();
  expect(socket.startReading(WIDE)).toBe(ERRNO.EBADF);
});
