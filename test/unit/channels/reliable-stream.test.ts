// One sender of a reliable channel, closed by whoever gets what it releases.
import { ManualClock } from "@groupcast/backend-memory";
import type { ReceivedPacket } from "@groupcast/channels";
import { expect, test } from "vitest";
import { HeldMemory } from "../../../packages/channels/src/reliable/held-memory.js";
import { zeroReceiverCounters } from "../../../packages/channels/src/reliable/reliable-statistics.js";
import { ReliableStream, type StreamQuestion } from "../../../packages/channels/src/reliable/reliable-stream.js";

const SOURCE = Object.freeze({ id: "192.0.2.1:1", address: "192.0.2.1", port: 1 });
const TOKEN = "0123456789abcdef";
const NO_TOKEN = "0".repeat(16);
const MIB = 1024 * 1024;

/** A stream that is closed by its first release. */
function closing() {
  const clock = new ManualClock();
  const released: number[] = [];
  const losses: number[] = [];
  const questions: StreamQuestion[] = [];
  const counters = zeroReceiverCounters();
  const memory = new HeldMemory(64 * MIB);
  const release = ({ sequence }: ReceivedPacket): void => {
    released.push(sequence!);
    counters.discarded += stream.close();
  };
  const stream = new ReliableStream(
    {
      clock,
      deadlineMs: 1000,
      memory,
      counters,
      release,
      ask: (question) => void questions.push(question),
      mayIntroduce: () => true,
      lost: (_from, count) => void losses.push(count),
    },
    SOURCE,
    0,
  );
  const take = (...numbers: number[]): void => {
    for (const number of numbers) {
      const packet: ReceivedPacket = { channel: "c", source: SOURCE, sequence: number, payload: Buffer.alloc(1), isRelayed: false };
      stream.take(number, packet, packet, clock.nowMs());
    }
  };
  const answer = async (id: string, from: number, next: number): Promise<void> => {
    const asked = questions.length;
    stream.statusReceived({ kind: "status", stream: id.repeat(32), token: NO_TOKEN, nonce: 0, from: next, next }, SOURCE); // to all
    while (questions.length === asked) await clock.advance(5);
    const { nonce } = questions.at(-1)!;
    stream.statusReceived({ kind: "status", stream: id.repeat(32), token: TOKEN, nonce, from, next }, SOURCE);
  };
  return { clock, stream, released, losses, questions, counters, memory, take, answer };
}

const MOMENTS: Readonly<Record<string, (closed: ReturnType<typeof closing>) => Promise<void>>> = {
  "the answer of its sender begins it": async ({ take, answer }) => {
    take(5, 6);
    await answer("a", 5, 9);
  },
  "its sender has started again": async ({ take, answer }) => {
    await answer("a", 5, 5);
    take(6, 8);
    await answer("b", 0, 9);
  },
  "its sender does not answer": async ({ take, clock }) => {
    take(5, 6);
    await clock.advance(400);
  },
  "a deadline passes": async ({ take, answer, clock }) => {
    await answer("a", 5, 5);
    take(6, 8);
    await clock.advance(1500);
  },
};

test.each(Object.keys(MOMENTS))("a stream that is closed when %s asks, releases and reports nothing any more", async (moment) => {
  const closed = closing();
  await MOMENTS[moment]!(closed);
  const { clock, released, losses, questions, counters, memory, take } = closed;
  const before = [losses.length, questions.length];
  take(20, 22);
  await clock.advance(5000);
  expect(released).toHaveLength(1);
  expect([losses.length, questions.length]).toEqual(before);
  expect([counters.discarded, memory.bytes, clock.pendingCalls]).toEqual([1, 0, 0]);
});
