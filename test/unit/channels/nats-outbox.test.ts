import { expect, test, vi } from "vitest";
import { zeroTransportStatistics } from "../../../packages/channels/src/contract/channel-transport.js";
import { encodeNatsHeader } from "../../../packages/channels/src/nats/nats-header.js";
import { NatsOutbox } from "../../../packages/channels/src/nats/nats-outbox.js";
import { newNatsHeader } from "../../support/channels/nats-client.js";

/** A connection that keeps what it is given, and answers when the test says so. */
class FakeConnection {
  readonly published: string[] = [];
  maxPayloadBytes = 1e9;
  isClosed = false;
  readonly errors: unknown[] = [];
  readonly questions: { answer: () => void; break: () => void }[] = [];

  publish(_subject: string, payload: Uint8Array): void {
    if (this.isClosed) throw new Error("closed");
    this.published.push(Buffer.from(payload).toString());
  }

  flush(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.questions.push({ answer: resolve, break: () => reject(new Error("disconnected")) });
    });
  }
}

function makeOutbox(maxMessages = 3, maxBytes = 1e6) {
  const connection = new FakeConnection();
  const statistics = zeroTransportStatistics();
  const outbox = new NatsOutbox(
    connection as never,
    statistics,
    { maxMessages, maxBytes },
    {
      maxPayloadBytes: () => connection.maxPayloadBytes,
      failed: (error) => connection.errors.push(error),
    },
  );
  const send = (...payloads: string[]) => {
    for (const payload of payloads) outbox.send({ ...MESSAGE, payload: Buffer.from(payload) });
  };
  return { connection, statistics, outbox, send };
}

const HEADER = encodeNatsHeader(newNatsHeader(), { source: "0123456789abcdef", sequence: 0 });
const MESSAGE = { subject: "groupcast.c", header: HEADER, isRelayed: false };
const MESSAGE_COST_BYTES = 128; // what a message counts for besides its payload
const MEBIBYTE = "x".repeat(1024 * 1024);

test("send() gives a message to the client at once, while there is a connection", () => {
  const { connection, statistics, send } = makeOutbox();
  send("1", "2");
  expect(connection.published).toEqual(["1", "2"]);
  expect(statistics.sent).toBe(2);
});

test("send() copies: the caller may change the payload when it returns", () => {
  const { connection, outbox } = makeOutbox();
  const payload = Buffer.from("before");
  outbox.disconnected();
  outbox.send({ ...MESSAGE, payload });
  payload.fill("!");
  outbox.connected();
  expect(connection.published).toEqual(["before"]);
});

test("without a connection messages wait, and go out in order when it is back", () => {
  const { connection, outbox, send } = makeOutbox();
  outbox.disconnected();
  send("1", "2");
  expect(connection.published).toEqual([]);
  outbox.connected();
  expect(connection.published).toEqual(["1", "2"]);
  expect(outbox.length).toBe(0);
});

test("more messages than may wait make the oldest go, and are counted", () => {
  const { connection, statistics, outbox, send } = makeOutbox(3);
  outbox.disconnected();
  send("1", "2", "3", "4", "5");
  outbox.connected();
  expect(connection.published).toEqual(["3", "4", "5"]);
  expect(statistics).toMatchObject({ sent: 3, dropped: 2 });
});

test("more bytes than may wait make the oldest go, and are counted", () => {
  const { connection, statistics, outbox, send } = makeOutbox(100, 10);
  outbox.disconnected();
  send("aaaaaa", "bbbb", "cccc");
  outbox.connected();
  expect(connection.published).toEqual(["bbbb", "cccc"]);
  expect(statistics.dropped).toBe(1);
});

test("bytes that have left make room again: the bound is the same at each outage", () => {
  const { connection, statistics, outbox, send } = makeOutbox(100, 10);
  for (let outage = 0; outage < 5; outage++) {
    outbox.disconnected();
    send("aaaaaa", "bbbb");
    outbox.connected();
    expect(connection.published.splice(0)).toEqual(["aaaaaa", "bbbb"]);
  }
  outbox.disconnected();
  send("aaaaaa", "bbbb", "cccc", "dddddd"); // the first goes, then the second
  outbox.connected();
  expect(connection.published).toEqual(["cccc", "dddddd"]);
  expect(statistics).toMatchObject({ sent: 12, dropped: 2 });
});

test("a server that does not confirm is given 8 MiB, and the rest waits until it does", async () => {
  const { connection, outbox, send } = makeOutbox(100, 1e9);
  for (let i = 0; i < 12; i++) send(MEBIBYTE);
  expect(connection.published).toHaveLength(8);
  expect(outbox.length).toBe(4);
  for (const question of connection.questions.splice(0)) question.answer();
  await Promise.resolve();
  await Promise.resolve();
  expect(connection.published).toHaveLength(12);
});

test("what was on the way when the connection broke is counted as unconfirmed, and a late answer changes nothing", async () => {
  const { connection, statistics, outbox, send } = makeOutbox(100, 1e9);
  send(MEBIBYTE, MEBIBYTE, "3");
  outbox.disconnected();
  expect(statistics).toMatchObject({ sent: 3, unconfirmed: 3 });
  outbox.connected();
  send("4");
  for (const question of connection.questions.splice(0)) question.answer();
  await Promise.resolve();
  outbox.disconnected();
  expect(statistics.unconfirmed).toBe(4);
});

test("what the server has confirmed is not unconfirmed when the connection breaks later", async () => {
  const { connection, statistics, outbox, send } = makeOutbox(100, 1e9);
  send(MEBIBYTE);
  connection.questions[0]!.answer();
  await Promise.resolve();
  await Promise.resolve();
  outbox.disconnected();
  expect(statistics.unconfirmed).toBe(0);
});

test("finish() counts what still waits as dropped, and lets go of it", async () => {
  const { statistics, outbox, send } = makeOutbox();
  outbox.disconnected();
  send("1", "2");
  await outbox.finish();
  expect([statistics.dropped, outbox.length]).toEqual([2, 0]);
});

test("an answer confirms the messages before its question, once: 8 MiB may be in flight after it, and no more", async () => {
  const { connection, outbox, send } = makeOutbox(100, 1e9);
  for (let i = 0; i < 8; i++) send(MEBIBYTE);
  for (const question of connection.questions.splice(0)) question.answer();
  await Promise.resolve();
  await Promise.resolve();
  connection.published.length = 0;
  for (let i = 0; i < 12; i++) send(MEBIBYTE);
  expect([connection.published.length, outbox.length]).toEqual([8, 4]);
});

test("messages that nobody had asked about when the connection broke are not confirmed by an answer on the next one", async () => {
  const { connection, statistics, outbox, send } = makeOutbox(100, 1e9);
  send("not asked about");
  outbox.disconnected();
  outbox.connected();
  send(MEBIBYTE);
  connection.questions[0]!.answer();
  await Promise.resolve();
  await Promise.resolve();
  outbox.disconnected();
  expect(statistics.unconfirmed).toBe(1);
});

test("the server is asked 100 ms after a message, once, also on a connection that has come back", () => {
  vi.useFakeTimers();
  try {
    const { connection, outbox, send } = makeOutbox(100, 1e9);
    send("1", "2");
    vi.advanceTimersByTime(99);
    expect(connection.questions).toHaveLength(0);
    vi.advanceTimersByTime(1);
    expect(connection.questions).toHaveLength(1);
    send("3", MEBIBYTE); // so much that the server is asked at once
    expect(connection.questions).toHaveLength(2);
    vi.advanceTimersByTime(1000);
    expect(connection.questions).toHaveLength(2);
    send("4");
    outbox.disconnected();
    vi.advanceTimersByTime(1000);
    expect(connection.questions).toHaveLength(2);
    outbox.connected();
    send("5");
    vi.advanceTimersByTime(100);
    expect(connection.questions).toHaveLength(3);
  } finally {
    vi.useRealTimers();
  }
});

test("finish() resolves when the server has answered, and at once without a connection", async () => {
  const { connection, outbox, send } = makeOutbox();
  send("1");
  let isFinished = false;
  const finished = outbox.finish().then(() => {
    isFinished = true;
  });
  await Promise.resolve();
  await Promise.resolve();
  expect([isFinished, connection.questions.length]).toEqual([false, 1]);
  connection.questions[0]!.answer();
  await finished;
  const other = makeOutbox();
  other.outbox.disconnected();
  await other.outbox.finish();
  expect(other.connection.questions).toHaveLength(0);
});

test("the server is asked again after each pause, and not once more after finish()", () => {
  vi.useFakeTimers();
  try {
    const { connection, outbox, send } = makeOutbox(100, 1e9);
    for (let pause = 1; pause <= 3; pause++) {
      send("1");
      vi.advanceTimersByTime(100);
      expect(connection.questions).toHaveLength(pause);
    }
    send("2");
    void outbox.finish();
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test("the bounds hold to the byte: 256 KiB ask at once, and 8 MiB in flight are no room for one more", () => {
  vi.useFakeTimers();
  try {
    const small = makeOutbox(100, 1e9);
    small.send("x".repeat(256 * 1024 - MESSAGE_COST_BYTES - 1));
    expect(small.connection.questions).toHaveLength(0);
    const exact = makeOutbox(100, 1e9);
    exact.send("x".repeat(256 * 1024 - MESSAGE_COST_BYTES));
    expect(exact.connection.questions).toHaveLength(1);
    for (let i = 1; i < 32; i++) exact.send("x".repeat(256 * 1024 - MESSAGE_COST_BYTES));
    exact.send("one more");
    expect([exact.connection.published.length, exact.outbox.length]).toEqual([32, 1]);
  } finally {
    vi.useRealTimers();
  }
});

test("a message that is too long for the server by the time it could leave is dropped and counted, and the others leave once", () => {
  const { connection, statistics, outbox, send } = makeOutbox(10);
  outbox.disconnected();
  send("1", "22", "333", "44");
  connection.maxPayloadBytes = 2;
  outbox.connected();
  outbox.disconnected();
  outbox.connected();
  send("4444", "5");
  expect(connection.published).toEqual(["1", "22", "44", "5"]);
  expect([statistics.sent, statistics.dropped, outbox.length, connection.errors]).toEqual([4, 2, 0, []]);
});

test("messages that a closed client refuses are dropped, counted and reported, and none is stuck", () => {
  const { connection, statistics, outbox, send } = makeOutbox(10);
  outbox.disconnected();
  send("1", "2");
  connection.isClosed = true;
  outbox.connected();
  send("3");
  expect([statistics.dropped, outbox.length, connection.errors.length]).toEqual([3, 0, 3]);
});

test("packets of a relay that waited for more than 30 seconds are dropped and counted, messages of its own leave", () => {
  vi.useFakeTimers();
  try {
    const { connection, statistics, outbox, send } = makeOutbox(10);
    outbox.disconnected();
    outbox.send({ ...MESSAGE, payload: Buffer.from("relayed, old"), isRelayed: true });
    send("own, old");
    vi.advanceTimersByTime(1);
    outbox.send({ ...MESSAGE, payload: Buffer.from("relayed"), isRelayed: true });
    vi.advanceTimersByTime(30_000);
    outbox.connected();
    expect(connection.published).toEqual(["own, old", "relayed"]);
    expect(statistics.dropped).toBe(1);
  } finally {
    vi.useRealTimers();
  }
});
