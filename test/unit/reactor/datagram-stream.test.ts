import { DatagramStream, type DatagramStreamOptions, type ReceivedDatagram } from "@groupcast/reactor";
import { describe, expect, expectTypeOf, test } from "vitest";
import { BACKENDS } from "../../support/backends.js";
import type { FakeSocket } from "../../support/fake-backend.js";
import { needs, reactorOn } from "./loopback-stage.js";
import { Stage, turn } from "./stage.js";

function listen(options?: DatagramStreamOptions, listenOptions = {}) {
  const stage = new Stage();
  const inbox = new DatagramStream(options);
  const port = stage.reactor.listenUDP(9999, inbox, listenOptions);
  return { ...stage, stage, inbox, port, socket: stage.backend.last };
}

async function textsOf(datagrams: AsyncIterable<ReceivedDatagram>, limit = Number.POSITIVE_INFINITY): Promise<string[]> {
  const texts: string[] = [];
  if (limit === 0) return texts;
  for await (const { data } of datagrams) if (texts.push(data.toString()) >= limit) break;
  return texts;
}

function isReading({ readLimits }: FakeSocket): boolean {
  return readLimits !== undefined;
}

const text = ({ value }: IteratorResult<ReceivedDatagram, undefined>): string | undefined => value?.data.toString();

test("iteration yields datagrams in order, with sender and arrival, and ends when the port has stopped and all are read", async () => {
  const { inbox, port, socket } = listen(undefined, { arrival: true });
  const from = { address: "192.0.2.7", port: 700, family: 4 } as const;
  socket.deliver({ bytes: "1", from, arrival: { ttl: 64 } }, "2");
  const stopped = port.stopListening();
  const seen: ReceivedDatagram[] = [];
  for await (const datagram of inbox) seen.push(datagram);
  await stopped;
  expectTypeOf(seen[0]!.data).toEqualTypeOf<Buffer>();
  expect(seen.map(({ data }) => data.toString())).toEqual(["1", "2"]);
  expect(seen[0]).toMatchObject({ from, arrival: { ttl: 64, truncated: false } });
});

test("arrival is undefined on a port that was opened without it", async () => {
  const { inbox, socket } = listen();
  socket.deliver("1");
  const { value } = await inbox[Symbol.asyncIterator]().next();
  expect(Object.keys(value!)).toEqual(["data", "from", "arrival"]);
  expect(value!.arrival).toBeUndefined();
});

test("next() that waits gets the datagram that comes, also when it waits since before the port", async () => {
  const { reactor, backend } = new Stage();
  const inbox = new DatagramStream();
  const first = inbox[Symbol.asyncIterator]().next();
  reactor.listenUDP(0, inbox);
  backend.last.deliver("1");
  expect(text(await first)).toBe("1");
  expect(inbox.length).toBe(0);
});

test("next() that waits resolves done when the port stops, and every later one too", async () => {
  const { inbox, port } = listen();
  const iterator = inbox[Symbol.asyncIterator]();
  const waiting = [iterator.next(), iterator.next()];
  await port.stopListening();
  expect(await Promise.all([...waiting, iterator.next()])).toEqual(Array(3).fill({ value: undefined, done: true }));
});

test("break stops nothing: the next loop goes on where the first left off", async () => {
  const { inbox, port, socket } = listen();
  socket.deliver("1", "2", "3");
  expect(await textsOf(inbox, 1)).toEqual(["1"]);
  socket.deliver("4");
  expect(socket.isClosed).toBe(false);
  void port.stopListening();
  expect(await textsOf(inbox)).toEqual(["2", "3", "4"]);
});

test("return() ends its own iterator and its waiting next(), and no other", async () => {
  const { inbox, socket } = listen();
  const one = inbox[Symbol.asyncIterator]();
  const two = inbox[Symbol.asyncIterator]();
  const [ended, kept] = [one.next(), two.next()];
  expect(await one.return!()).toEqual({ value: undefined, done: true });
  expect(await ended).toEqual({ value: undefined, done: true });
  socket.deliver("1", "2");
  expect(text(await kept)).toBe("1");
  expect(await one.next()).toEqual({ value: undefined, done: true });
  expect(text(await two.next())).toBe("2");
});

test("concurrent next() calls are served in the order of the calls, each datagram once", async () => {
  const { inbox, socket } = listen();
  const [one, two] = [inbox[Symbol.asyncIterator](), inbox[Symbol.asyncIterator]()];
  const calls = [one.next(), two.next(), one.next()];
  socket.deliver("1", "2", "3", "4");
  expect((await Promise.all(calls)).map(text)).toEqual(["1", "2", "3"]);
  expect(inbox.length).toBe(1);
});

test("a full stream pauses the port in the middle of a batch, and reads on when half is taken, with nothing lost", async () => {
  const { inbox, port, socket } = listen({ maxDatagrams: 4 });
  socket.deliver("1", "2", "3", "4", "5", "6");
  expect(inbox.length).toBe(4);
  expect(isReading(socket)).toBe(false);
  const iterator = inbox[Symbol.asyncIterator]();
  await iterator.next();
  await turn();
  expect([inbox.length, isReading(socket)]).toEqual([3, false]);
  await iterator.next();
  await turn();
  expect([inbox.length, isReading(socket)]).toEqual([4, false]); // 3, 4, and 5, 6 that the port had kept
  await iterator.next();
  await iterator.next();
  await turn();
  expect([inbox.length, isReading(socket)]).toEqual([2, true]);
  socket.deliver("7");
  expect(await textsOf(inbox, 3)).toEqual(["5", "6", "7"]);
  expect(port.statistics()).toMatchObject({ received: 7, discarded: 0, unreadDrops: 0 });
});

test("a full stream stays full, however often the program resumes the port", async () => {
  const { inbox, port, socket } = listen({ maxDatagrams: 2 });
  socket.deliver("1", "2", "3");
  for (let i = 0; i < 3; i++) {
    port.resumeReading();
    await turn();
    expect([inbox.length, isReading(socket)]).toEqual([2, false]);
  }
  expect(await textsOf(inbox, 3)).toEqual(["1", "2", "3"]);
  await turn();
  expect(isReading(socket)).toBe(true);
});

test("a port that the program has paused stays paused when its stream has room, and the other way round", async () => {
  const { inbox, port, socket } = listen({ maxDatagrams: 2 });
  socket.deliver("1", "2", "3");
  port.pauseReading();
  expect(await textsOf(inbox, 2)).toEqual(["1", "2"]);
  await turn();
  expect([inbox.length, isReading(socket)]).toEqual([0, false]);
  port.resumeReading();
  await turn();
  expect([inbox.length, isReading(socket)]).toEqual([1, true]);
});

test("maxDatagrams: 1 hands over one datagram at a time", async () => {
  const { inbox, socket } = listen({ maxDatagrams: 1 });
  socket.deliver("1", "2", "3");
  expect(inbox.length).toBe(1);
  expect(await textsOf(inbox, 3)).toEqual(["1", "2", "3"]);
});

test("a port that stops while its stream is full ends the loop after what the stream has kept", async () => {
  const { inbox, port, socket } = listen({ maxDatagrams: 2 });
  socket.deliver("1", "2", "3");
  const stopped = port.stopListening();
  expect(await textsOf(inbox)).toEqual(["1", "2"]);
  await stopped;
  expect(port.statistics()).toMatchObject({ received: 2, discarded: 1, protocolErrors: 0 });
});

test("a reader that throws leaves its loop, and the port goes on", async () => {
  const { inbox, port, socket } = listen();
  socket.deliver("1", "2");
  const failing = (async () => {
    for await (const { data } of inbox) throw new Error(`no ${data}`);
  })();
  await expect(failing).rejects.toThrow("no 1");
  void port.stopListening();
  expect(await textsOf(inbox)).toEqual(["2"]);
});

test("an error of the network stops no loop", async () => {
  const { inbox, port, socket } = listen();
  const errors: unknown[] = [];
  port.on("error", (error) => errors.push(error));
  socket.failReading("EIO");
  socket.deliver("1");
  expect(await textsOf(inbox, 1)).toEqual(["1"]);
  expect(errors).toMatchObject([{ code: "ERR_RECEIVE" }]);
});

test("a stream may go to another port when its first one has stopped", async () => {
  const { inbox, port, reactor, backend, socket } = listen({ maxDatagrams: 2 });
  socket.deliver("1", "2");
  await port.stopListening();
  const second = reactor.listenUDP(9998, inbox);
  expect(isReading(backend.last)).toBe(false);
  expect(await textsOf(inbox, 2)).toEqual(["1", "2"]);
  await turn();
  backend.last.deliver("3");
  void second.stopListening();
  expect(await textsOf(inbox)).toEqual(["3"]);
});

test.each([
  [{ maxDatagrams: 0 }, "ERR_ARGUMENT_RANGE", "maxDatagrams"],
  [{ maxDatagrams: 1.5 }, "ERR_ARGUMENT_RANGE", "maxDatagrams"],
  [{ maxDatagrams: 2 ** 21 }, "ERR_ARGUMENT_RANGE", "maxDatagrams"],
  [{ maxDatagrams: "9" }, "ERR_ARGUMENT_TYPE", "maxDatagrams"],
  [{ capacity: 9 }, "ERR_OPTION_UNKNOWN", "option"],
  [null, "ERR_ARGUMENT_TYPE", "options"],
] as const)("DatagramStream refuses %o", (options, code, argument) => {
  expect(() => new DatagramStream(options as DatagramStreamOptions)).toThrow(
    expect.objectContaining({ code, argument, operation: "DatagramStream" }),
  );
});

test("maxDatagrams that is undefined is an option that is not given", () => {
  expect(new DatagramStream({ maxDatagrams: undefined }).length).toBe(0);
});

describe.each(BACKENDS)("on %s", (backend) => {
  needs(backend);

  test("a slow reader of a small stream gets every datagram, in order", async () => {
    await using reactor = reactorOn(backend);
    const inbox = new DatagramStream({ maxDatagrams: 8 });
    const port = reactor.listenUDP(0, inbox, { interface: "127.0.0.1" });
    const sender = reactor.listenUDP(0, { datagramReceived() {} }, { interface: "127.0.0.1" });
    const expected = Array.from({ length: 100 }, (_, number) => `${number}`);
    for (const number of expected) sender.write(number, port.getHost());
    const seen: string[] = [];
    for await (const { data, from } of inbox) {
      expect(from.port).toBe(sender.getHost().port);
      if (seen.push(data.toString()) === expected.length) break;
      if (seen.length % 10 === 0) await turn();
    }
    expect(seen).toEqual(expected);
    expect(port.statistics()).toMatchObject({ received: 100, unreadDrops: 0 });
  });
});
