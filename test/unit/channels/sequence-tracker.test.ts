import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RecentTable } from "../../../packages/channels/src/order/recent-table.js";
import { SealedOrder } from "../../../packages/channels/src/order/sealed-order.js";
import { forgetSource, SequenceTracker, type SourceState } from "../../../packages/channels/src/order/sequence-tracker.js";

/** A tracker with a clock that the test moves. */
class Receiver {
  nowMs = 0;
  readonly sources: RecentTable<SourceState>;
  readonly tracker: SequenceTracker;

  constructor(capacity = 100) {
    this.sources = new RecentTable(capacity);
    this.tracker = new SequenceTracker("channel", this.sources);
  }

  lead(sequence: number, source = "a"): number {
    return this.tracker.lead({ id: source }, sequence, sequence, this.nowMs);
  }

  leads(...sequences: number[]): number[] {
    return sequences.map((sequence) => this.lead(sequence));
  }

  /** What an ordered subscriber sees. */
  ordered(...sequences: number[]): number[] {
    return sequences.filter((sequence) => this.lead(sequence) >= 1);
  }
}

describe("close()", () => {
  test("forgets the sources of its channel, and no others", () => {
    const receiver = new Receiver();
    const other = new SequenceTracker("other", receiver.sources);
    for (const id of ["a", "b", "c"]) receiver.lead(1, id);
    other.lead({ id: "a" }, 1, 1, 0);
    receiver.tracker.close();
    expect(receiver.sources.size).toBe(1);
    expect(other.lead({ id: "a" }, 4, 4, 0)).toBe(3);
  });

  test("has no more sources to forget than the table holds", () => {
    const sources = new RecentTable<SourceState>(2, forgetSource);
    const tracker = new SequenceTracker("channel", sources);
    for (let id = 0; id < 100; id++) tracker.lead({ id: `${id}` }, 1, 1, 0);
    expect([...sources.values()[0]!.channelKeys]).toEqual(["channel\0" + "98", "channel\0" + "99"]);
    tracker.close();
    expect(sources.size).toBe(0);
  });

  test("forgets the newest counters of sealed senders", () => {
    const order = new SealedOrder();
    const sender = {};
    expect([order.lead(sender, 5, 5), order.lead(sender, 4, 4)]).toEqual([1, -1]);
    order.close();
    expect(order.lead(sender, 4, 4)).toBe(1);
  });
});

describe("lead()", () => {
  test("is 1 for messages in order", () => {
    expect(new Receiver().leads(0, 1, 2, 3)).toEqual([1, 1, 1, 1]);
  });

  test("is 1 for the first that is heard of a source, whatever its number", () => {
    expect(new Receiver().leads(4711)).toEqual([1]);
  });

  test("is more after a gap, 0 for a repeat of the newest, less for what is late", () => {
    expect(new Receiver().leads(10, 13, 13, 11, 14)).toEqual([1, 3, 0, -2, 1]);
  });

  test("keeps sources apart", () => {
    const receiver = new Receiver();
    expect([receiver.lead(5, "a"), receiver.lead(0, "b"), receiver.lead(6, "a"), receiver.lead(1, "b")]).toEqual([1, 1, 1, 1]);
  });

  test("keeps channels apart that share a table", () => {
    const receiver = new Receiver();
    const other = new SequenceTracker("other", receiver.sources);
    receiver.lead(7);
    expect(other.lead({ id: "a" }, 3, 3, 0)).toBe(1);
    expect(receiver.lead(8)).toBe(1);
  });

  test("wraps from 2 ** 32 - 1 to 0", () => {
    expect(new Receiver().leads(0xffff_fffe, 0xffff_ffff, 0, 0xffff_ffff, 2)).toEqual([1, 1, 1, -1, 2]);
  });

  test.each([
    { sent: [1, 2, 3, 4, 5], seen: [1, 2, 3, 4, 5] },
    { sent: [1, 2, 4, 3, 5], seen: [1, 2, 4, 5] },
    { sent: [5, 1, 2, 3, 4], seen: [5] },
  ])("of $sent lets an ordered subscriber see $seen", ({ sent, seen }) => {
    expect(new Receiver().ordered(...sent)).toEqual(seen);
  });

  test("is that of the newest plus one for a message of several packets, and the next is in order after its last", () => {
    const { tracker } = new Receiver();
    const source = { id: "a" };
    expect(tracker.lead(source, 0, 0, 0)).toBe(1);
    expect(tracker.lead(source, 1, 9, 0)).toBe(1);
    expect(tracker.lead(source, 12, 14, 0)).toBe(3);
    expect(tracker.lead(source, 15, 15, 0)).toBe(1);
    expect(tracker.lead(source, 10, 11, 0)).toBe(-4);
  });
});

describe("a sender that starts again", () => {
  test("is heard at once: a program takes longer to start than a repeat to come", () => {
    const receiver = new Receiver();
    receiver.lead(20);
    receiver.nowMs = 100;
    expect(receiver.leads(0, 1)).toEqual([1, 1]);
    expect(receiver.tracker.restarts).toBe(1);
  });

  test("is heard after a second without progress, though its first messages were lost", () => {
    const receiver = new Receiver();
    receiver.lead(20);
    receiver.nowMs = 999;
    expect(receiver.leads(3)).toEqual([-17]);
    receiver.nowMs = 1000;
    expect(receiver.leads(4, 5)).toEqual([1, 1]);
  });

  test("is heard when it starts again with the number that it sent last, which is then no repeat", () => {
    const receiver = new Receiver();
    expect(receiver.leads(0, 0)).toEqual([1, 0]);
    receiver.nowMs = 100;
    expect(receiver.leads(0, 1)).toEqual([1, 1]);
    expect(receiver.tracker.restarts).toBe(1);
  });

  test("is not what a repeat of everything is, as it comes by a second path", () => {
    const receiver = new Receiver();
    const numbers = Array.from({ length: 500 }, (_, index) => index);
    expect(new Set(receiver.leads(...numbers))).toEqual(new Set([1]));
    receiver.nowMs = 50;
    expect(receiver.ordered(...numbers)).toEqual([]);
    expect(receiver.tracker.restarts).toBe(0);
  });

  test("is what a number is that nobody can be ahead or behind by: nothing is counted as lost, and the true sender goes on", () => {
    const receiver = new Receiver();
    expect(receiver.leads(5, 2_000_000_000, 6, 7)).toEqual([1, 1, 1, 1]);
    expect(receiver.tracker.restarts).toBe(1);
  });

  test("is heard after a minute where relays hold messages back so long, also with number 0", () => {
    const receiver = new Receiver();
    const source = { id: "a", maxDelayMs: 60_000 };
    const lead = (sequence: number, nowMs: number): number => receiver.tracker.lead(source, sequence, sequence, nowMs);
    expect([lead(20, 0), lead(0, 1100), lead(4, 59_999), lead(4, 60_000), lead(5, 60_000)]).toEqual([1, -20, -16, 1, 1]);
  });
});

describe("a number far ahead in a sender's name", () => {
  test("does not silence the sender, whose numbers go on where they were", () => {
    const receiver = new Receiver();
    expect(receiver.leads(5, 500_000, 6, 600_000, 7, 8)).toEqual([1, 499_995, 1, 100_000, 1, 1]);
  });

  test("nor does one that is as far behind", () => {
    const receiver = new Receiver();
    expect(receiver.leads(4_000_000, 5, 4_000_001, 6, 4_000_002)).toEqual([1, 1, 1, 1, 1]);
    expect(receiver.sources.peek("channel\0a")).toMatchObject({ newest: 4_000_002, other: 6 });
  });

  test("is followed in order, when it was the sender's after a loss, and what is late there is late", () => {
    const receiver = new Receiver();
    expect(receiver.leads(5, 3006, 3007, 3009, 3008, 3009)).toEqual([1, 3001, 1, 2, -1, 0]);
  });

  test("is followed by another loss within the second, which counts from there", () => {
    expect(new Receiver().leads(5, 3006, 3007, 4007, 4008)).toEqual([1, 3001, 1, 1000, 1]);
  });

  test("is behind the sender's own loss, which counts from where the sender was", () => {
    expect(new Receiver().leads(5, 500_000, 6, 306, 307)).toEqual([1, 499_995, 1, 300, 1]);
  });

  test("becomes the sender's place after a second, and the old one is kept: it may have paused", () => {
    const receiver = new Receiver();
    receiver.leads(5, 3006);
    receiver.nowMs = 1000;
    expect(receiver.leads(3007, 3008, 6, 3009, 7)).toEqual([1, 1, 1, 1, 1]);
  });

  test("becomes the sender's place for good after a second, where relays hold messages back", () => {
    const { tracker } = new Receiver();
    const source = { id: "a", maxDelayMs: 60_000 };
    const lead = (sequence: number, nowMs: number): number => tracker.lead(source, sequence, sequence, nowMs);
    expect([lead(5, 0), lead(3006, 0), lead(3007, 1000), lead(6, 1000)]).toEqual([1, 3001, 1, -3001]);
  });

  test("delivers nothing again once the sender has caught up with it", () => {
    const receiver = new Receiver();
    receiver.leads(5, 205);
    const caughtUp = Array.from({ length: 400 }, (_, index) => 6 + index);
    expect(receiver.ordered(...caughtUp)).toEqual(caughtUp);
    expect(receiver.ordered(...caughtUp.slice(100))).toEqual([]);
  });

  test("is one ahead by more than 100 numbers: what is nearer is a loss, and what it overtook is late", () => {
    expect(new Receiver().leads(5, 105, 6)).toEqual([1, 100, -99]);
    expect(new Receiver().leads(5, 106, 6)).toEqual([1, 101, 1]);
  });

  test("is a loss where messages have several numbers, so that one overtaken by another is late", () => {
    const tracker = new SequenceTracker("channel", new RecentTable(10), true);
    const source = { id: "a" };
    expect([tracker.lead(source, 0, 0, 0), tracker.lead(source, 2050, 4098, 0), tracker.lead(source, 1, 2049, 0)]).toEqual([
      1, 2050, -2049,
    ]);
  });
});

describe("SealedOrder", () => {
  test("has nothing late in order, however long it took, and keeps senders apart", () => {
    const order = new SealedOrder();
    const [one, other] = [{}, {}];
    expect([7, 9, 9, 8, 10].map((counter) => order.lead(one, counter, counter))).toEqual([1, 2, 0, -1, 1]);
    expect(order.lead(other, 3, 5)).toBe(1);
    expect(order.lead(other, 6, 6)).toBe(1);
    expect(order.lead(one, 4_294_967_295, 4_294_967_295)).toBe(4_294_967_285);
    expect([order.lead(one, 11, 11), order.restarts]).toEqual([-4_294_967_284, 0]);
  });
});

test("a million spoofed sources leave the table at its bound, and a source that goes on speaking in it", () => {
  const receiver = new Receiver(1000);
  for (let i = 0; i < 1_000_000; i++) {
    receiver.lead(i, `spoofed ${i}`);
    if (i % 500 === 0) expect(receiver.lead(i / 500, "true")).toBe(1);
  }
  expect(receiver.sources.size).toBe(1000);
  expect(receiver.lead(2002, "true")).toBe(3);
});

test("lead() is a whole number and moves the newest only forwards or to a restart, for whatever numbers", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 0xffff_ffff }), fc.integer({ min: 0, max: 300 })), { maxLength: 50 }),
      (steps) => {
        const receiver = new Receiver();
        for (const [sequence, passedMs] of steps) {
          receiver.nowMs += passedMs;
          const before = receiver.sources.peek("channel\0a")?.newest;
          const lead = receiver.lead(sequence);
          expect(Number.isInteger(lead)).toBe(true);
          const { newest, other } = receiver.sources.peek("channel\0a")!;
          if (lead >= 1) expect([newest, other]).toContain(sequence);
          else expect(newest).toBe(before);
        }
      },
    ),
  );
});
