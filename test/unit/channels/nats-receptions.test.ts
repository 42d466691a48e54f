import { expect, test } from "vitest";
import { zeroTransportStatistics } from "../../../packages/channels/src/contract/channel-transport.js";
import { NatsReceptions } from "../../../packages/channels/src/nats/nats-receptions.js";

const TROUBLE = new Error("trouble");

function trouble(): never {
  throw TROUBLE;
}

test("a subscription that the client refuses is not half there: the next try makes it", () => {
  const subscribed: string[] = [];
  let refusing = true;
  const connection = { subscribe: (subject: string) => (refusing ? trouble() : subscribed.push(subject)) };
  const receptions = new NatsReceptions(connection as never, "groupcast", zeroTransportStatistics(), () => {});
  const receiver = { packetReceived() {} };
  expect(() => receptions.addChannel("c", receiver)).toThrow(TROUBLE);
  expect(() => receptions.addPattern("d/*", receiver)).toThrow(TROUBLE);
  refusing = false;
  receptions.addChannel("c", receiver);
  receptions.addPattern("d/*", receiver);
  expect(subscribed).toEqual(["groupcast.c", "groupcast.d.*"]);
});

test("a receiver that throws does not keep the next one from its packet", () => {
  let arrive: (error: null, message: object) => void = trouble;
  const connection = {
    subscribe(_: string, { callback }: { callback: typeof arrive }) {
      arrive = callback;
    },
  };
  const errors: unknown[] = [];
  const statistics = zeroTransportStatistics();
  const receptions = new NatsReceptions(connection as never, "groupcast", statistics, (error) => errors.push(error));
  const got: string[] = [];
  receptions.addChannel("c", { packetReceived: trouble });
  receptions.addChannel("c", { packetReceived: ({ payload }) => void got.push(payload.toString()) });
  for (const text of ["1", "2"]) arrive(null, { subject: "groupcast.c", data: Buffer.from(text) });
  expect(got).toEqual(["1", "2"]);
  expect(errors).toEqual([TROUBLE, TROUBLE]);
  expect(statistics.received).toBe(2);
});

test("a receiver that rejects is reported as one that throws", async () => {
  let arrive: (error: null, message: object) => void = trouble;
  const connection = {
    subscribe(_: string, { callback }: { callback: typeof arrive }) {
      arrive = callback;
    },
  };
  const errors: unknown[] = [];
  const receptions = new NatsReceptions(connection as never, "groupcast", zeroTransportStatistics(), (error) => errors.push(error));
  receptions.addChannel("c", { packetReceived: async () => trouble() });
  arrive(null, { subject: "groupcast.c", data: Buffer.from("1") });
  await new Promise(setImmediate);
  expect(errors).toEqual([TROUBLE]);
});

test("connected() asks again for what the server refused, and for nothing else", () => {
  const subscribed: string[] = [];
  const callbacks = new Map<string, (error: Error) => void>();
  const connection = {
    subscribe(subject: string, { callback }: { callback: (error: Error) => void }) {
      subscribed.push(subject);
      callbacks.set(subject, callback);
      return { isClosed: () => false, unsubscribe: () => void subscribed.push(`not ${subject}`) };
    },
  };
  const receptions = new NatsReceptions(connection as never, "groupcast", zeroTransportStatistics(), () => {});
  const receiver = { packetReceived() {} };
  for (const channel of ["a", "b", "c"]) receptions.addChannel(channel, receiver);
  callbacks.get("groupcast.b")!(TROUBLE);
  callbacks.get("groupcast.c")!(TROUBLE);
  receptions.removeChannel("c", receiver);
  receptions.connected();
  receptions.connected();
  receptions.removeChannel("b", receiver);
  expect(subscribed).toEqual(["groupcast.a", "groupcast.b", "groupcast.c", "groupcast.b", "not groupcast.b"]);
});
