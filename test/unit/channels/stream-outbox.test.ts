import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { zeroTransportStatistics } from "../../../packages/channels/src/contract/channel-transport.js";
import { StreamOutbox } from "../../../packages/channels/src/nats/stream-outbox.js";
import { newNatsHeader } from "../../support/channels/nats-client.js";
import { until } from "../../support/lab/until.js";

class Refusal extends Error {}

/** An outbox whose stream does with each message what `answer` says. */
function outboxTo(answer: (text: string) => Promise<unknown>, { maxMessages = 10, repeatMs = 30_000 } = {}) {
  const given: string[] = [];
  const dropped: unknown[] = [];
  const expired: unknown[] = [];
  const statistics = zeroTransportStatistics();
  const publish = (_: string, payload: Buffer, { msgID }: { msgID: string }): Promise<unknown> => {
    given.push(`${msgID} ${payload}`);
    return answer(String(payload));
  };
  const outbox = new StreamOutbox({
    publisher: { publish } as never,
    statistics,
    limits: { maxMessages, maxBytes: 1000 },
    repeatMs,
    isRefusal: (error) => error instanceof Refusal,
    refused: (_, cause) => dropped.push(cause),
    expired: (_, cause) => expired.push(cause),
  });
  const send = (id: string, text: string): boolean =>
    outbox.send({ subject: "s", payload: Buffer.from(text), header: newNatsHeader(), id });
  return { outbox, send, given, dropped, expired, statistics };
}

test("what was not confirmed when the connection broke is given again, in order and under the same ids; what was, is not", async () => {
  const { outbox, send, given, statistics } = outboxTo((text) =>
    text === "a" || given.length > 3 ? Promise.resolve() : delay(60_000, undefined, { ref: false }),
  );
  outbox.release();
  for (const text of ["a", "b", "c"]) send(`id-${text}`, text);
  await until(() => outbox.length === 2, { what: "a is confirmed" });
  outbox.hold();
  outbox.restart();
  expect(given).toEqual(["id-a a", "id-b b", "id-c c"]);
  outbox.release();
  await outbox.whenEmpty();
  expect(given.slice(3)).toEqual(["id-b b", "id-c c"]);
  expect(statistics).toMatchObject({ sent: 3, unconfirmed: 0 });
});

test("a refusal drops its message alone, and another failure lets all be given again", async () => {
  let failures = 1;
  const { outbox, send, given, dropped } = outboxTo(async (text) => {
    if (text === "bad") throw new Refusal();
    if (failures-- > 0) throw new Error("no answer");
  });
  outbox.release();
  for (const text of ["good", "bad"]) send(`id-${text}`, text);
  await outbox.whenEmpty();
  expect(given.filter((message) => message === "id-good good")).toHaveLength(2);
  expect(dropped).toEqual([expect.any(Refusal)]);
});

test("beyond its bounds nothing is taken, and close() counts what is not confirmed", () => {
  const { outbox, send, given, statistics } = outboxTo(async () => {}, { maxMessages: 2 });
  expect([send("1", "a"), send("2", "b"), send("3", "c")]).toEqual([true, true, false]);
  outbox.close();
  expect(given).toEqual([]);
  expect(statistics).toMatchObject({ sent: 0, unconfirmed: 2 });
});

test("a confirmation that comes late, after the message was given again, counts once", async () => {
  const confirm: (() => void)[] = [];
  const { outbox, send, given, statistics } = outboxTo(() => new Promise<void>((resolve) => confirm.push(resolve)));
  outbox.release();
  send("id", "a");
  outbox.hold();
  outbox.restart();
  outbox.release();
  expect(given).toEqual(["id a", "id a"]);
  confirm[0]!();
  await outbox.whenEmpty();
  send("fence", "b");
  for (const resolve of confirm) resolve();
  await outbox.whenEmpty();
  expect([outbox.length, statistics.sent]).toEqual([0, 2]);
});

test("a message whose time is over is given no more, when it fails and when the connection is back, and counts as unconfirmed", async () => {
  const failure = new Error("no answer");
  const failing = outboxTo(() => delay(2).then(() => Promise.reject(failure)), { repeatMs: 1 });
  const silent = outboxTo(() => delay(60_000, undefined, { ref: false }), { repeatMs: 1 });
  for (const { outbox, send } of [failing, silent]) {
    outbox.release();
    send("id", "a");
  }
  await until(() => failing.outbox.length === 0, { what: "the failure" });
  silent.outbox.hold();
  silent.outbox.restart();
  silent.outbox.release();
  for (const { given, dropped, expired, statistics } of [failing, silent]) {
    expect([given.length, dropped.length, expired.length, statistics.unconfirmed]).toEqual([1, 0, 1, 1]);
  }
  expect(failing.expired).toEqual([failure]);
});

test("a subject whose messages fail keeps those of another waiting for nothing", async () => {
  let failures = 0;
  const { outbox, send, given, statistics } = outboxTo(async (text) => {
    if (text !== "bad") return;
    failures++;
    throw new Error("no responders");
  });
  outbox.release();
  send("1", "bad");
  await until(() => failures === 1, { what: "the failure" });
  outbox.send({ subject: "other", payload: Buffer.from("good"), header: newNatsHeader(), id: "2" });
  expect(given).toEqual(["1 bad", "2 good"]);
  await until(() => statistics.sent === 1, { what: "the good one" });
  expect(outbox.length).toBe(1);
});
