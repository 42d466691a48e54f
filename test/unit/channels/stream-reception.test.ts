import { expect, test } from "vitest";
import { StreamReception } from "../../../packages/channels/src/nats/stream-reception.js";
import { until } from "../../support/lab/until.js";

interface Reading {
  readonly from: number;
  /** Has the client receive message `seq`, with so many behind it. */
  receive(seq: number, pending: number): void;
  /** The stream is gone, as the client says. */
  fail(): void;
}

/** A reception of the last three of a stream with the messages 1 … `last`, of one byte each. */
function receptionOf(last: number) {
  const readings: Reading[] = [];
  const taken: number[] = [];
  const failures: unknown[] = [];
  const manager = {
    streams: {
      info: async () => ({ state: { last_seq: last } }),
      getMessage: async () => ({ seq: last }),
    },
  };
  const consumerFrom = (from: number) => ({
    delete: async () => {},
    async consume({ callback }: { callback: (message: unknown) => void }) {
      let fail = (): void => {};
      const closed = new Promise<Error>((resolve) => {
        fail = () => resolve(new Error("stream not found"));
      });
      const receive = (seq: number, pending: number): void => callback({ seq, data: Buffer.alloc(1), info: { pending } });
      readings.push({ from, receive, fail });
      return { closed: () => closed, close: async () => {}, status: async function* () {} };
    },
  });
  const reader = { consumers: { get: async (_: string, options: { opt_start_seq: number }) => consumerFrom(options.opt_start_seq) } };
  const reception = new StreamReception({
    stream: "s",
    subject: "s.a",
    history: { messages: 3, bytes: 100 },
    manager: manager as never,
    reader: reader as never,
    take: ({ seq }) => taken.push(seq),
    failed: (_, cause) => failures.push(cause),
  });
  return { reception, readings, taken, failures };
}

test("a history that broke off is read again, and passed on once", async () => {
  const { reception, readings, taken, failures } = receptionOf(4);
  await reception.start();
  for (const seq of [1, 2, 3]) readings[0]!.receive(seq, 4 - seq);
  readings[0]!.fail();
  await until(() => readings.length === 2, { what: "the second reading" });
  expect([failures.length, readings[1]!.from, taken]).toEqual([1, 1, []]);
  for (const seq of [1, 2, 3, 4]) readings[1]!.receive(seq, 4 - seq);
  expect(taken).toEqual([2, 3, 4]);
  reception.stop();
});

test("after its history a reception that broke off goes on behind the last message", async () => {
  const { reception, readings, taken } = receptionOf(2);
  await reception.start();
  for (const seq of [1, 2]) readings[0]!.receive(seq, 2 - seq);
  readings[0]!.fail();
  await until(() => readings.length === 2, { what: "the second reading" });
  expect([readings[1]!.from, taken]).toEqual([3, [1, 2]]);
  reception.stop();
});
