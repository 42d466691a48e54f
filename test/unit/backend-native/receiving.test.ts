import { AsyncLocalStorage } from "node:async_hooks";
import { type DatagramBatch, type ReadLimits, socketAddress } from "@groupcast/backend";
import { expect, test } from "vitest";
import { accepted, batchOf, localOf, NativeSockets, needAddonAnd, sendTo, WIDE } from "../../support/native-sockets.js";

const PATTERN_STEP = 31; // neighbouring bytes differ, and so do neighbouring datagrams

needAddonAnd();

test("received() delivers an empty datagram as length 0", async () => {
  using sockets = new NativeSockets();
  const { socket, seen, local } = sockets.listen();
  expect(sendTo(socket, local, "", "fence")).toBe(2);
  await seen.arrivals(2);
  expect(seen.texts).toEqual(["", "fence"]);
});

test.each([
  ["127.0.0.1", 65_507],
  ["::1", 65_527],
])("received() delivers the longest datagram of %s byte for byte", async (address, length) => {
  using sockets = new NativeSockets();
  const { socket, seen, local } = sockets.listen(address);
  const longest = pattern(length, 1);
  expect(sendTo(socket, local, longest)).toBe(1);
  await seen.arrivals(1);
  expect(seen.datagrams[0]?.bytes.equals(longest)).toBe(true);
  expect(seen.datagrams[0]?.truncated).toBe(false);
});

test("received() keeps the order of one sender", async () => {
  using sockets = new NativeSockets();
  const { socket, seen, local } = sockets.listen();
  const sent = Array.from({ length: 150 }, (_, index) => `datagram ${index}`);
  expect(sendTo(socket, local, ...sent)).toBe(sent.length);
  await seen.arrivals(sent.length);
  expect(seen.texts).toEqual(sent);
});

test("truncated() flags what is longer than maxPacketBytes, and only that", async () => {
  using sockets = new NativeSockets();
  const { socket, seen, local } = sockets.listen();
  accepted(socket.startReading({ ...WIDE, maxPacketBytes: 4 }));
  sendTo(socket, local, "123", "1234", "12345");
  await seen.arrivals(3);
  expect(seen.texts).toEqual(["123", "1234", "1234"]);
  expect(seen.datagrams.map(({ truncated }) => truncated)).toEqual([false, false, true]);
});

test.each<[string, Partial<ReadLimits>, number]>([
  ["maxDatagrams", { maxDatagrams: 5 }, 5],
  ["maxBytes", { maxBytes: 5_000 }, 5],
])("%s bounds one delivery, and the rest comes in the next turns", async (_name, limits, atMost) => {
  using sockets = new NativeSockets();
  const { socket, seen } = sockets.open();
  accepted(socket.bind(socketAddress("127.0.0.1", 0)));
  const sent = Array.from({ length: 23 }, (_, index) => pattern(1_000, index));
  sendTo(socket, localOf(socket), ...sent);
  accepted(socket.startReading({ ...WIDE, ...limits }));
  await seen.arrivals(sent.length);
  expect(seen.datagrams.every(({ bytes }, index) => bytes.equals(sent[index] as Buffer))).toBe(true);
  // The first wake-up has not seen how long datagrams are here: a limit of bytes holds from the second on.
  expect(Math.max(...seen.batchLengths.slice(1))).toBeLessThanOrEqual(atMost);
});

test("maxDatagrams counts the datagrams of an offloaded run", async () => {
  using sockets = new NativeSockets();
  const { socket, seen, local } = sockets.listen("127.0.0.1", { receiveOffload: 1 });
  accepted(socket.startReading({ ...WIDE, maxDatagrams: 64 }));
  const sent = Array.from({ length: 1_000 }, (_, index) => pattern(100, index));
  sendTo(socket, local, ...sent);
  await seen.arrivals(sent.length);
  expect(seen.datagrams.every(({ bytes }, index) => bytes.equals(sent[index] as Buffer))).toBe(true);
  expect(Math.max(...seen.batchLengths.slice(1))).toBeLessThanOrEqual(2 * 64); // "or soon after": the last run is not cut
});

test("maxDatagrams counts each datagram of an offloaded run from the second wake-up on, when runs are known to come", async () => {
  using sockets = new NativeSockets();
  const { socket, seen, local } = sockets.listen("127.0.0.1", { receiveOffload: 1 });
  accepted(socket.startReading({ ...WIDE, maxDatagrams: 64 }));
  const run = Array.from({ length: 64 }, () => Buffer.alloc(100));
  sendTo(socket, local, ...run); // from here on a read expects runs of this length
  await seen.arrivals(run.length);
  const known = seen.batchLengths.length;
  for (let count = 0; count < 10; count++) sendTo(socket, local, ...run);
  await seen.arrivals(11 * run.length);
  expect(Math.max(...seen.batchLengths.slice(known))).toBeLessThanOrEqual(64);
});

test.each([1, 0])("receiveOffload may be set to %i while a socket reads: each datagram of a run arrives as it was sent", async (value) => {
  using sockets = new NativeSockets();
  const { socket, seen, local } = sockets.listen("127.0.0.1", { receiveOffload: 1 - value });
  accepted(socket.startReading({ ...WIDE, maxPacketBytes: 3_000 }));
  const run = Array.from({ length: 8 }, (_, index) => pattern(3_000, index));
  sendTo(socket, local, ...run);
  await seen.arrivals(run.length);
  accepted(socket.setOption("receiveOffload", value));
  sendTo(socket, local, ...run);
  await seen.arrivals(2 * run.length);
  expect(seen.datagrams.every(({ bytes }, index) => bytes.equals(run[index % run.length] as Buffer))).toBe(true);
});

test("truncated() flags datagrams of an offloaded run that are longer than maxPacketBytes", async () => {
  using sockets = new NativeSockets();
  const { socket, seen, local } = sockets.listen("127.0.0.1", { receiveOffload: 1 });
  accepted(socket.startReading({ ...WIDE, maxPacketBytes: 4 }));
  sendTo(socket, local, "12345", "abcde", "xyz");
  await seen.arrivals(3);
  expect(seen.texts).toEqual(["1234", "abcd", "xyz"]);
  expect(seen.datagrams.map(({ truncated }) => truncated)).toEqual([true, true, false]);
});

test("stopReading() leaves datagrams in the kernel until startReading()", async () => {
  using sockets = new NativeSockets();
  const { socket, seen, local } = sockets.listen();
  const other = sockets.listen();
  socket.stopReading();
  sendTo(other.socket, local, "early");
  sendTo(other.socket, other.local, "fence");
  await other.seen.arrivals(1);
  expect(seen.texts).toEqual([]);
  accepted(socket.startReading(WIDE));
  await seen.arrivals(1);
  expect(seen.texts).toEqual(["early"]);
});

test("stopReading() inside received() ends the delivery after that batch", async () => {
  using sockets = new NativeSockets();
  const { socket, seen, local } = sockets.listen();
  accepted(socket.startReading({ ...WIDE, maxDatagrams: 2 }));
  seen.onReceived = () => socket.stopReading();
  const other = sockets.listen();
  sendTo(other.socket, local, "1", "2", "3");
  await seen.arrivals(2);
  sendTo(other.socket, other.local, "fence");
  await other.seen.arrivals(1);
  expect(seen.texts).toEqual(["1", "2"]);
});

test("from() is one frozen object for every datagram of a peer, with what is needed to answer", async () => {
  using sockets = new NativeSockets();
  const { seen, local } = sockets.listen("::1");
  const sender = sockets.listen("::1");
  sendTo(sender.socket, local, "1");
  await seen.arrivals(1);
  sendTo(sender.socket, local, "2");
  await seen.arrivals(2);
  expect(seen.datagrams[0]?.from).toEqual({ ...sender.local, family: 6 });
  expect(seen.datagrams[1]?.from).toBe(seen.datagrams[0]?.from);
  expect(Object.isFrozen(seen.datagrams[0]?.from)).toBe(true);
});

test("from() tells many peers apart", async () => {
  using sockets = new NativeSockets();
  const { seen, local } = sockets.listen();
  const senders = Array.from({ length: 50 }, () => sockets.listen());
  for (const [index, { socket }] of senders.entries()) sendTo(socket, local, `${index}`);
  await seen.arrivals(senders.length);
  for (const { bytes, from } of seen.datagrams) expect(from).toEqual(senders[Number(bytes.toString())]?.local);
});

test("copy() stays as it was when the slab and later copies are filled again", async () => {
  using sockets = new NativeSockets();
  const { socket, seen, local } = sockets.listen();
  const sent = Array.from({ length: 900 }, (_, index) => pattern(1 + ((index * 7) % 300), index));
  for (let first = 0; first < sent.length; first += 100) {
    sendTo(socket, local, ...sent.slice(first, first + 100));
    await seen.arrivals(first + 100);
  }
  expect(seen.datagrams.every(({ bytes }, index) => bytes.equals(sent[index] as Buffer))).toBe(true);
});

test("copy() gives memory of its own each time it is asked", async () => {
  using sockets = new NativeSockets();
  const { socket, seen, local } = sockets.listen();
  let copies: Buffer[] = [];
  seen.onReceived = (batch) => {
    copies = [batch.copy(1), batch.copy(0), batch.copy(1), batch.copy(0)];
  };
  sendTo(socket, local, "first", "again");
  await seen.arrivals(2);
  copies[0]?.fill("!");
  copies[1]?.fill("?");
  expect(copies.map(String)).toEqual(["!!!!!", "?????", "again", "first"]);
  expect(Buffer.isBuffer(copies[2])).toBe(true);
});

test("copy() leaves out the start of datagrams that share memory, and of those too long for that", async () => {
  using sockets = new NativeSockets();
  const { socket, seen, local } = sockets.listen();
  const sent = [pattern(300, 1), pattern(9000, 2), pattern(300, 3)];
  const copies: Buffer[] = [];
  seen.onReceived = (batch) => {
    for (let index = 0; index < batch.length; index++) copies.push(batch.copy(index, 100));
  };
  for (const datagram of sent) sendTo(socket, local, datagram);
  await seen.arrivals(sent.length);
  expect(copies.map((copy, index) => copy.equals(sent[index]!.subarray(100)))).toEqual([true, true, true]);
  expect(copies[1]!.buffer.byteLength).toBe(8900); // what was left out takes no memory
});

test("view() shows the bytes where they lie, without copying", async () => {
  using sockets = new NativeSockets();
  const { socket, seen, local } = sockets.listen();
  const same: boolean[] = [];
  const lengths: number[] = [];
  seen.onReceived = (batch) => {
    same.push(batch.view(0).buffer === batch.view(1).buffer, batch.view(1).equals(Buffer.from("world")));
    lengths.push(batch.lengthBytes(0), batch.lengthBytes(1));
  };
  sendTo(socket, local, "hello!", "world");
  await seen.arrivals(2);
  expect(same).toEqual([true, true]);
  expect(lengths).toEqual([6, 5]);
});

test("view() refuses an index that the batch does not have, also after the delivery", async () => {
  using sockets = new NativeSockets();
  const { socket, seen, local } = sockets.listen();
  let kept: DatagramBatch | undefined;
  seen.onReceived = (batch) => {
    kept = batch;
    expect(() => batch.view(1)).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT_RANGE" }));
  };
  sendTo(socket, local, "x");
  await seen.arrivals(1);
  expect(kept?.length).toBe(0);
  expect(() => kept?.view(0)).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT_RANGE" }));
});

test("received() goes on when somebody tried to take the slab's memory away", async () => {
  using sockets = new NativeSockets();
  const { socket, seen, local } = sockets.listen();
  seen.onReceived = (batch) => {
    const { port1 } = new MessageChannel();
    const memory = batch.view(0).buffer as ArrayBuffer;
    try {
      port1.postMessage(undefined, [memory]);
    } catch (error) {
      expect(error).toMatchObject({ name: "DataCloneError" }); // Node 20 ignores such memory
    }
    port1.close();
  };
  sendTo(socket, local, "before");
  await seen.arrivals(1);
  seen.onReceived = () => {};
  sendTo(socket, local, "after");
  await seen.arrivals(2);
  expect(seen.texts).toEqual(["before", "after"]);
});

test("received() runs the microtasks that it queued before the next socket's turn", async () => {
  using sockets = new NativeSockets();
  const order: string[] = [];
  const [one, two] = [sockets.listen(), sockets.listen()];
  for (const [name, { seen }] of Object.entries({ one, two })) {
    seen.onReceived = () => {
      order.push(name);
      queueMicrotask(() => order.push(`${name}, later`));
    };
  }
  sendTo(one.socket, one.local, "x");
  sendTo(one.socket, two.local, "x");
  await Promise.all([one.seen.arrivals(1), two.seen.arrivals(1)]);
  await Promise.resolve();
  expect(order[1]).toBe(`${order[0]}, later`);
  expect(order).toHaveLength(4);
});

test("received() has the asynchronous context in which the socket was opened", async () => {
  using sockets = new NativeSockets();
  const storage = new AsyncLocalStorage<string>();
  const { socket, seen, local } = storage.run("opened here", () => sockets.listen());
  let context: string | undefined;
  seen.onReceived = () => {
    context = storage.getStore();
  };
  sendTo(socket, local, "x");
  await seen.arrivals(1);
  expect(context).toBe("opened here");
});

test("received() on a dual-stack socket writes IPv4 peers as mapped addresses that can be answered", async () => {
  using sockets = new NativeSockets();
  const { socket, seen, local } = sockets.listen("::", { ipv6Only: 0, receivePacketInfo: 1, receiveTtl: 1 });
  const ipv4 = sockets.listen("127.0.0.1");
  sendTo(ipv4.socket, socketAddress("127.0.0.1", local.port), "question");
  await seen.arrivals(1);
  const [question] = seen.datagrams;
  expect(question?.from).toEqual({ address: "::ffff:127.0.0.1", port: ipv4.local.port, family: 6 });
  expect(question?.arrival).toMatchObject({ destination: "::ffff:127.0.0.1", interface: "lo", ttl: 64 });
  expect(socket.send(batchOf([{ bytes: "answer", ...(question && { to: question.from }) }]), 0, 1)).toBe(1);
  await ipv4.seen.arrivals(1);
  expect(ipv4.seen.texts).toEqual(["answer"]);
});

function pattern(length: number, seed: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, index) => seed + index * PATTERN_STEP));
}
