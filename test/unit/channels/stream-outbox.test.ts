import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { zeroTransportStatistics } from "../../../packages/channels/src/contract/channel-transport.js";
import { StreamOutbox } from "../../../packages/channels/src/nats/stream-outbox.js";
import { newNatsHeader } from "../../support/channels/nats-client.js";
import { until } from "../../support/lab/until.js";

class Refusal extends Error {}

/** An outbox whose stream does with each message what `answer` says. */
function outboxTo(answer: (text: string) => Promise<unknown>, maxMessages = 10) {
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
    repeatMs: 30_000,
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
  const { outbox, send, given, statistics } = outboxTo(async () => {}, 2);
  expect([send("1", "a"), send("2", "b"), send("3", "c")]).toEqual([true, true, false]);
  outbox.close();
  expect(given).toEqual([]);
  expect(statistics).toMatchObject({ sent: 0, unconfirmed: 2 });
});
