// The send queue by itself: what it borrows it gives back, and how it forms bursts.
import type { DatagramSocket, SendBatch, SocketAddress } from "@groupcast/backend";
import { socketAddress } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import { expect, test } from "vitest";
import { zeroStatistics } from "../../../packages/reactor/src/port-statistics.js";
import { SendQueue } from "../../../packages/reactor/src/sending/send-queue.js";
import { SLAB_BYTES, type SlabBorrower, SlabPool } from "../../../packages/reactor/src/sending/slab-pool.js";
import { turn } from "./stage.js";

const A = socketAddress("192.0.2.1", 1);
const B = socketAddress("192.0.2.2", 2);
const C = socketAddress("192.0.2.3", 3);

/** A pool that knows what is out, and takes back nothing else. */
class AuditedPool extends SlabPool {
  readonly out = new Set<Buffer>();

  override borrow(borrower: SlabBorrower): Buffer {
    const slab = super.borrow(borrower);
    this.out.add(slab);
    return slab;
  }

  override giveBack(borrower: SlabBorrower, slab: Buffer): void {
    if (!this.out.delete(slab)) throw new Error("this slab is not out");
    super.giveBack(borrower, slab);
  }
}

class QueueStage {
  readonly slabs = new AuditedPool();
  readonly statistics = zeroStatistics();
  readonly bursts: string[][] = [];
  readonly failed: unknown[] = [];
  drained = 0;
  /** What the next calls of send() return, and how many there were. */
  readonly outcomes: number[] = [];
  sends = 0;
  readonly queue: SendQueue;

  constructor() {
    const socket = { send: (batch: SendBatch, from: number, to: number) => this.#send(batch, from, to) };
    this.queue = new SendQueue(socket as unknown as DatagramSocket, this.slabs, this.statistics, {
      sendFailed: (errno, to, lengthBytes) => this.failed.push({ errno, to, lengthBytes }),
      emptied: () => {},
      drained: () => this.drained++,
    });
  }

  add(text: string, to: SocketAddress = A): boolean {
    return this.queue.add(text, Buffer.byteLength(text), to, undefined);
  }

  #send({ bytes, offsets }: SendBatch, from: number, to: number): number {
    this.sends++;
    const count = this.outcomes.shift() ?? to - from;
    const at = (index: number): string => bytes.toString("latin1", offsets[index], offsets[index + 1]);
    if (count > 0) this.bursts.push(Array.from({ length: count }, (_, index) => at(from + index)));
    return count;
  }
}

test("flush() gives the slab back, also when the network takes nothing, and does nothing when nothing waits", async () => {
  const stage = new QueueStage();
  stage.queue.flush();
  expect(stage.sends).toBe(0);
  stage.add("1");
  expect(stage.slabs.out.size).toBe(1);
  stage.queue.flush();
  expect(stage.slabs.out.size).toBe(0);
  stage.outcomes.push(ERRNO.EAGAIN);
  stage.add("2");
  await turn(); // flushes the second, and finds nothing to do for the first
  expect(stage.slabs.out.size).toBe(0);
  expect(stage.bursts).toEqual([["1"]]);
  stage.queue.flushBacklog();
  expect(stage.bursts).toEqual([["1"], ["2"]]);
});

test("abandon() gives the slab back, and says how many datagrams waited in the burst and in the backlog", async () => {
  expect(new QueueStage().queue.abandon()).toBe(0);
  const stage = new QueueStage();
  stage.outcomes.push(ERRNO.EAGAIN);
  stage.add("1");
  stage.add("2");
  stage.queue.flush();
  stage.add("3");
  expect(stage.queue.length).toBe(3);
  expect(stage.queue.abandon()).toBe(3);
  expect([stage.queue.length, stage.slabs.out.size]).toEqual([0, 0]);
  await turn();
  stage.queue.flushBacklog();
  expect(stage.bursts).toEqual([]);
});

test("add() fills a slab to its last byte before it flushes, and takes the largest datagram beside none", () => {
  const stage = new QueueStage();
  const half = "x".repeat(SLAB_BYTES / 2);
  stage.add(half);
  stage.add(half);
  expect(stage.bursts).toEqual([]);
  stage.add("y");
  expect(stage.bursts).toEqual([[half, half]]);
  const whole = "z".repeat(SLAB_BYTES);
  stage.add(whole);
  stage.queue.flush();
  expect(stage.bursts.slice(1)).toEqual([["y"], [whole]]);
});

test("flush() puts peers side by side, whatever the burst before looked like", () => {
  const stage = new QueueStage();
  for (const to of [A, B, A, B, A]) stage.add(to === A ? "a" : "b", to);
  stage.queue.flush();
  for (const to of [B, A, B, A]) stage.add(to === A ? "a" : "b", to);
  stage.queue.flush();
  expect(stage.bursts).toEqual([
    ["a", "a", "a", "b", "b"],
    ["b", "b", "a", "a"],
  ]);
});

test("a datagram that fails is reported with its peer and its length, from a microtask, and those after it are sent", async () => {
  const stage = new QueueStage();
  stage.outcomes.push(1, ERRNO.EHOSTUNREACH, 1);
  stage.add("first");
  stage.add("lost", B);
  stage.add("third", C);
  stage.queue.flush();
  expect(stage.failed).toEqual([]);
  await turn();
  expect(stage.failed).toEqual([{ errno: ERRNO.EHOSTUNREACH, to: B, lengthBytes: 4 }]);
  expect(stage.bursts).toEqual([["first"], ["third"]]);
  expect(stage.statistics).toMatchObject({ sent: 2, sentBytes: 10 });
  expect(stage.sends).toBe(3);
});

test("drained() is called once for each time that datagrams were refused", () => {
  const stage = new QueueStage();
  const block = (): void => {
    stage.outcomes.push(ERRNO.EAGAIN);
    stage.add("x");
    stage.queue.flush();
  };
  block();
  while (stage.add("x"));
  stage.queue.flushBacklog();
  expect(stage.drained).toBe(1);
  block();
  stage.queue.flushBacklog();
  expect(stage.drained).toBe(1);
});

test("a queue whose borrower is flushed to make room sends what it has, and goes on", () => {
  const stages = Array.from({ length: 17 }, () => new QueueStage());
  const pool = stages[0]!.slabs;
  const queues = stages.map(
    ({ statistics }) =>
      new SendQueue({ send: (_: SendBatch, from: number, to: number) => to - from } as unknown as DatagramSocket, pool, statistics, {
        sendFailed: () => {},
        emptied: () => {},
        drained: () => {},
      }),
  );
  for (const queue of queues) queue.add("x", 1, A, undefined);
  expect(stages.map(({ statistics }) => statistics.sent)).toEqual([1, ...Array(16).fill(0)]);
  expect(pool.out.size).toBe(16);
});
