import { describe, expect, test } from "vitest";
import type { ChannelMessage } from "../../../packages/channels/src/channel/channel-message.js";
import { ChannelSubscription, type SubscribeOptions } from "../../../packages/channels/src/channel/subscription.js";
import { MemorySite } from "../../support/channels/memory-site.js";

const BIG_BYTES = 16 * 1024 * 1024;

/** Calls of a subscriber that are pending until the test ends them. */
class Calls {
  readonly started: string[] = [];
  readonly ends: { resolve(): void; reject(error: Error): void }[] = [];

  readonly subscriber = (text: string): Promise<void> => {
    this.started.push(text);
    return new Promise((resolve, reject) => this.ends.push({ resolve, reject }));
  };
}

/** A subscription with a channel of the test's own. */
class Subscribed {
  readonly errors: string[] = [];
  readonly got: string[] = [];
  readonly subscription: ChannelSubscription<string, Subscribed>;
  lengthBytes = 1;
  discarded = 0;

  constructor(options: SubscribeOptions = {}, subscriber: (text: string) => unknown = (text) => void this.got.push(text)) {
    const reports = {
      unsubscribed: () => {},
      failed: (channel: Subscribed, error: unknown) => void channel.errors.push(String(error)),
      discarded: (channel: Subscribed) => void channel.discarded++,
      lengthBytes: (channel: Subscribed) => channel.lengthBytes,
    };
    this.subscription = new ChannelSubscription(subscriber as (text: string) => void, options, reports, this);
  }

  deliver(...texts: string[]): void {
    for (const text of texts) this.subscription.deliver(text, { lead: 1 } as ChannelMessage);
  }
}

describe("pause()", () => {
  test("keeps what arrives, and resume() delivers it in order, before what arrives later", async () => {
    const one = new Subscribed();
    one.deliver("1");
    one.subscription.pause();
    one.deliver("2", "3");
    expect([one.got, one.subscription.waiting, one.subscription.isPaused]).toEqual([["1"], 2, true]);
    one.subscription.resume();
    one.deliver("4");
    expect([one.got, one.subscription.isPaused]).toEqual([["1"], false]); // not from inside resume()
    await Promise.resolve();
    one.deliver("5");
    expect([one.got, one.subscription.waiting, one.subscription.dropped]).toEqual([["1", "2", "3", "4", "5"], 0, 0]);
  });

  test("keeps 256 messages, then discards the oldest and counts them", async () => {
    const one = new Subscribed();
    one.subscription.pause();
    one.deliver(...Array.from({ length: 300 }, (_, index) => `${index}`));
    expect([one.subscription.waiting, one.subscription.dropped, one.discarded]).toEqual([256, 44, 44]);
    one.subscription.resume();
    await Promise.resolve();
    expect([one.got.length, one.got[0], one.got.at(-1)]).toEqual([256, "44", "299"]);
  });

  test.each([
    [0, []],
    [1, ["3"]],
    [2, ["2", "3"]],
  ])("keeps the latest %j with that capacity", async (capacity, kept) => {
    const one = new Subscribed({ capacity });
    one.subscription.pause();
    one.deliver("1", "2", "3");
    one.subscription.resume();
    await Promise.resolve();
    expect([one.got, one.subscription.dropped]).toEqual([kept, 3 - kept.length]);
  });

  test("keeps no more than 64 MiB, as messages arrived", () => {
    const one = new Subscribed();
    one.lengthBytes = BIG_BYTES;
    one.subscription.pause();
    one.deliver("1", "2", "3", "4", "5");
    expect([one.subscription.waiting, one.subscription.dropped]).toEqual([4, 1]);
  });

  test("lets 256 messages keep the chunk of memory that they came in, and copies the bytes of further ones", async () => {
    const got: unknown[] = [];
    const one = new Subscribed({ capacity: 1000 }, (data) => void got.push(data));
    one.subscription.pause();
    const chunk = Buffer.alloc(65_536, "x");
    const deliver = (data: unknown): void => one.deliver(data as string);
    for (let i = 0; i < 256; i++) deliver(chunk.subarray(i, i + 1));
    const [last, value] = [chunk.subarray(300, 302), { chunk }];
    for (const data of [last, value]) deliver(data);
    one.subscription.resume();
    await Promise.resolve();
    expect((got[255] as Buffer).buffer).toBe(chunk.buffer);
    expect([got[256], (got[256] as Buffer).buffer.byteLength]).toEqual([last, 2]);
    expect(got[257]).toBe(value);
  });

  test("from inside the subscriber holds what just arrived, also of what waited", async () => {
    const one: Subscribed = new Subscribed({}, (text) => {
      one.got.push(text);
      if (text !== "3") one.subscription.pause();
    });
    one.deliver("1", "2", "3", "4");
    expect(one.got).toEqual(["1"]);
    one.subscription.resume();
    await Promise.resolve();
    expect([one.got, one.subscription.waiting]).toEqual([["1", "2"], 2]);
    one.subscription.resume();
    await Promise.resolve();
    expect(one.got).toEqual(["1", "2", "3", "4"]);
  });

  test("and resume() in one turn deliver once, and so does a second resume()", async () => {
    const one = new Subscribed();
    one.subscription.pause();
    one.deliver("1");
    one.subscription.resume();
    one.subscription.pause();
    await Promise.resolve();
    expect(one.got).toEqual([]);
    one.subscription.resume();
    one.subscription.resume();
    await Promise.resolve();
    expect(one.got).toEqual(["1"]);
  });

  test("then unsubscribe(): what waits is never delivered, and counts", async () => {
    const one = new Subscribed();
    one.subscription.pause();
    one.deliver("1", "2");
    one.subscription.unsubscribe();
    one.subscription.resume();
    one.deliver("3");
    await Promise.resolve();
    expect([one.got, one.subscription.waiting, one.subscription.dropped, one.discarded]).toEqual([[], 0, 2, 2]);
  });

  test("of an ordered subscription keeps nothing that is late", async () => {
    const one = new Subscribed({ ordered: true });
    one.subscription.pause();
    one.subscription.deliver("late", { lead: -1 } as ChannelMessage);
    one.deliver("1");
    one.subscription.resume();
    await Promise.resolve();
    expect([one.got, one.subscription.dropped]).toEqual([["1"], 0]);
  });
});

describe("maxPending", () => {
  test("1: one call at a time, the next when the promise of the one before settles, rejected or not", async () => {
    const calls = new Calls();
    const one = new Subscribed({ maxPending: 1 }, calls.subscriber);
    one.deliver("1", "2", "3");
    expect([calls.started, one.subscription.pending, one.subscription.waiting]).toEqual([["1"], 1, 2]);
    calls.ends[0]!.reject(new Error("of the first"));
    await expect.poll(() => calls.started).toEqual(["1", "2"]);
    calls.ends[1]!.resolve();
    await expect.poll(() => calls.started).toEqual(["1", "2", "3"]);
    expect([one.errors, one.subscription.pending]).toEqual([["Error: of the first"], 1]);
  });

  test("1024 calls are pending by default in a flood, 256 messages wait, and the others are discarded and counted", () => {
    const calls = new Calls();
    const one = new Subscribed({}, calls.subscriber);
    one.deliver(...Array.from({ length: 10_000 }, (_, index) => `${index}`));
    expect([calls.started.length, one.subscription.pending, one.subscription.waiting]).toEqual([1024, 1024, 256]);
    expect([one.subscription.dropped, one.discarded]).toEqual([10_000 - 1024 - 256, 10_000 - 1024 - 256]);
  });

  test("a subscriber that is not async has no pending calls, however many messages come", () => {
    const one = new Subscribed({ maxPending: 1 });
    one.deliver("1", "2", "3");
    expect([one.got, one.subscription.pending]).toEqual([["1", "2", "3"], 0]);
  });

  test("and pause(): a call that ends meanwhile delivers nothing", async () => {
    const calls = new Calls();
    const one = new Subscribed({ maxPending: 1 }, calls.subscriber);
    one.deliver("1", "2");
    one.subscription.pause();
    calls.ends[0]!.resolve();
    await expect.poll(() => one.subscription.pending).toBe(0);
    expect(calls.started).toEqual(["1"]);
    one.subscription.resume();
    await Promise.resolve();
    expect(calls.started).toEqual(["1", "2"]);
  });

  test("and unsubscribe(): calls go on, and an error of theirs is reported", async () => {
    const calls = new Calls();
    const one = new Subscribed({ maxPending: 1 }, calls.subscriber);
    one.deliver("1", "2");
    one.subscription.unsubscribe();
    calls.ends[0]!.reject(new Error("late"));
    await expect.poll(() => one.errors).toEqual(["Error: late"]);
    expect([calls.started, one.subscription.pending, one.subscription.dropped]).toEqual([["1"], 0, 1]);
  });

  test("a thenable that throws, or calls back twice, counts once", async () => {
    const thenables = [
      {
        // biome-ignore lint/suspicious/noThenProperty: a hostile one
        then: () => {
          throw new Error("of then");
        },
      },
      {
        // biome-ignore lint/suspicious/noThenProperty: a hostile one
        then: (resolve: () => void) => {
          resolve();
          resolve();
        },
      },
    ];
    const one = new Subscribed({ maxPending: 2 }, (text) => thenables[Number(text)]);
    one.deliver("0", "1");
    await expect.poll(() => one.subscription.pending).toBe(0);
    expect(one.errors).toEqual(["Error: of then"]);
  });
});

test.each([
  [{ maxPending: 0 }, "maxPending"],
  [{ maxPending: 65_537 }, "maxPending"],
  [{ capacity: -1 }, "capacity"],
  [{ capacity: 1_048_577 }, "capacity"],
])("subscribe() refuses %j", (options, argument) => {
  expect(() => new Subscribed(options)).toThrow(expect.objectContaining({ argument }));
});

test("channel.statistics() counts what subscriptions and loops discard, and `using` unsubscribes", async () => {
  const site = new MemorySite();
  const channel = site.node("a").channel("c");
  const loop = channel.messages({ capacity: 2 });
  const paused = channel.subscribe(() => {}, { capacity: 1 });
  paused.pause();
  for (const text of ["1", "2", "3"]) channel.publish(Buffer.from(text));
  await site.settle();
  expect([channel.statistics().received, loop.dropped, paused.dropped, channel.statistics().discarded]).toEqual([3, 1, 2, 3]);
  paused[Symbol.dispose]();
  expect([paused.isActive, channel.statistics().discarded]).toEqual([false, 4]);
});
