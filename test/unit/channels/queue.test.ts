import { describe, expect, test } from "vitest";
import type { ChannelMessage } from "../../../packages/channels/src/channel/channel-message.js";
import { MessageQueue } from "../../../packages/channels/src/channel/message-stream.js";
import { ChannelSubscription, type Subscription } from "../../../packages/channels/src/channel/subscription.js";
import { Queue } from "../../../packages/channels/src/order/queue.js";

describe("Queue", () => {
  test("gives values back in the order in which they came, whenever they are taken", () => {
    const queue = new Queue<number>();
    const taken: (number | undefined)[] = [];
    for (let value = 0; value < 100; value++) {
      queue.push(value);
      if (value % 3 === 2) taken.push(queue.shift());
    }
    expect(queue.length).toBe(100 - 33);
    while (queue.length > 0) taken.push(queue.shift());
    expect(taken).toEqual(Array.from({ length: 100 }, (_, value) => value));
    expect([queue.shift(), queue.length]).toEqual([undefined, 0]);
  });

  test("clear() forgets values that were about to be taken, and those behind them", () => {
    const queue = new Queue<number>();
    for (const value of [1, 2]) queue.push(value);
    queue.shift();
    queue.push(3);
    queue.clear();
    expect([queue.length, queue.shift()]).toEqual([0, undefined]);
  });
});

// With the array's own shift(), each of these takes minutes to hours.
describe("400,000 messages that wait", () => {
  const COUNT = 400_000;
  const MESSAGE = { lead: 1 } as ChannelMessage;

  test.each(["unsubscribe", "resume"] as const)("for a subscription end with %s(), each discarded or delivered", async (end) => {
    const counts = { delivered: 0, discarded: 0 };
    const subscription = new ChannelSubscription<number>(
      () => void counts.delivered++,
      { capacity: COUNT },
      { unsubscribed() {}, failed() {}, discarded: () => void counts.discarded++, lengthBytes: () => 1 },
      undefined,
    );
    subscription.pause();
    for (let i = 0; i < COUNT + 1000; i++) subscription.deliver(i, MESSAGE);
    expect([subscription.waiting, subscription.dropped]).toEqual([COUNT, 1000]);
    subscription[end]();
    await Promise.resolve();
    const [delivered, discarded] = end === "resume" ? [COUNT, 1000] : [0, COUNT + 1000];
    expect(counts).toEqual({ delivered, discarded });
  });

  test("for a loop are read, each in its place", async () => {
    let deliver: (value: number) => void = () => {};
    const owner = { lengthBytes: () => 1, discarded() {}, queueClosed() {} };
    const loop = new MessageQueue<number>({ capacity: COUNT }, owner);
    loop.start((subscriber) => {
      deliver = (value) => void subscriber(value, MESSAGE);
      return { unsubscribe() {} } as Subscription;
    });
    for (let i = 0; i < COUNT; i++) deliver(i);
    for (let i = 0; i < COUNT; i++) {
      const { value } = await loop.next();
      if (value[0] !== i) throw new Error(`${value[0]} came in the place of ${i}`);
    }
    expect(loop.dropped).toBe(0);
  });
});
