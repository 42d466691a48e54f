import { expect, test } from "vitest";
import type { ChannelMessage } from "../../../packages/channels/src/channel/channel-message.js";
import { MessageQueue, type MessageStream } from "../../../packages/channels/src/channel/message-stream.js";
import { ChannelSubscription, type Subscriber } from "../../../packages/channels/src/channel/subscription.js";

const UNSEALED = { sender: undefined, signer: undefined, sentAt: undefined };
const message: ChannelMessage = { channel: "c", from: { id: "a" }, lead: 1, lost: 0, isRelayed: false, ...UNSEALED };

/** A stream, and what its channel does with it. */
function makeStream(options: { capacity?: number } = {}, lengthBytes = 0) {
  let deliver: Subscriber<number> = () => {};
  const ended: unknown[] = [];
  const subscribe = (subscriber: Subscriber<number>) => {
    deliver = subscriber;
    return new ChannelSubscription(
      subscriber,
      {},
      { unsubscribed: (_, subscription) => ended.push(subscription), failed: () => {}, discarded: () => {}, lengthBytes: () => 1 },
      undefined,
    );
  };
  const stream = new MessageQueue<number>(options, { lengthBytes: () => lengthBytes, discarded: () => {}, queueClosed: () => {} });
  stream.start(subscribe);
  return { stream, push: (...values: number[]) => values.forEach((value) => void deliver(value, message)), ended };
}

async function read(stream: MessageStream<number>, count: number): Promise<number[]> {
  const values: number[] = [];
  for await (const [value] of stream) if (values.push(value) === count) break;
  return values;
}

test("MessageStream yields what came before and while it is read, in order", async () => {
  const { stream, push } = makeStream();
  push(1, 2);
  const reading = read(stream, 3);
  push(3);
  expect(await reading).toEqual([1, 2, 3]);
});

test("MessageStream lets the oldest go when its reader is too slow, and counts", async () => {
  const { stream, push } = makeStream({ capacity: 2 });
  push(1, 2, 3, 4, 5);
  expect(stream.dropped).toBe(3);
  expect(await read(stream, 2)).toEqual([4, 5]);
});

test("MessageStream lets the oldest go when those that wait arrived as more than 64 MiB, and counts", async () => {
  const { stream, push } = makeStream({}, 16 * 1024 * 1024);
  push(1, 2, 3, 4);
  expect(stream.dropped).toBe(0);
  push(5, 6);
  expect([stream.dropped, await read(stream, 2)]).toEqual([2, [3, 4]]);
  const again = makeStream({}, 16 * 1024 * 1024);
  for (let i = 0; i < 10; i++) {
    again.push(i);
    await again.stream.next();
  }
  again.push(1, 2, 3, 4);
  expect(again.stream.dropped).toBe(0);
});

test("leaving the loop ends the subscription", async () => {
  const { stream, push, ended } = makeStream();
  push(1, 2);
  await read(stream, 1);
  expect(ended).toHaveLength(1);
  expect(await stream.next()).toEqual({ done: true, value: undefined });
});

test("close() lets what waits be read, and then ends the loop", async () => {
  const { stream, push } = makeStream();
  push(1);
  stream.close();
  expect(await read(stream, 10)).toEqual([1]);
});

test("close() ends every next() that waits", async () => {
  const { stream } = makeStream();
  const waiting = [stream.next(), stream.next()];
  stream.close();
  expect(await Promise.all(waiting)).toEqual([
    { done: true, value: undefined },
    { done: true, value: undefined },
  ]);
});

test.each([[0], [1.5], ["many"]])("capacity %j is refused", (capacity) => {
  expect(() => makeStream({ capacity: capacity as never })).toThrow(expect.objectContaining({ argument: "capacity" }));
});
