import { setImmediate as nextTurn } from "node:timers/promises";
import { ManualClock } from "@groupcast/backend-memory";
import { describe, expect, test } from "vitest";

describe("schedule()", () => {
  test("makes a call at its time, and not before", async () => {
    const clock = new ManualClock({ startMs: 100 });
    const times: number[] = [];
    clock.schedule(10, () => times.push(clock.nowMs()));
    await clock.advance(9.5);
    expect(times).toEqual([]);
    await clock.advance(0.5);
    expect(times).toEqual([110]);
    expect(clock.nowMs()).toBe(110);
  });

  test("never makes a call inside itself, not even with delay 0", () => {
    const clock = new ManualClock();
    let isMade = false;
    clock.schedule(0, () => {
      isMade = true;
    });
    expect(isMade).toBe(false);
    expect(clock.pendingCalls).toBe(1);
  });

  test("takes calls that are made meanwhile into the same advance, each at its own time", async () => {
    const clock = new ManualClock();
    const times: number[] = [];
    const again = (): void => {
      times.push(clock.nowMs());
      if (times.length < 5) clock.schedule(times.length === 2 ? 0 : 10, again);
    };
    clock.schedule(10, again);
    await clock.advance(40);
    expect(times).toEqual([10, 20, 20, 30, 40]);
  });

  test("cancel() takes a call back, once and for all", async () => {
    const clock = new ManualClock();
    const made: string[] = [];
    const call = clock.schedule(1, () => made.push("cancelled"));
    clock.schedule(1, () => made.push("kept"));
    call.cancel();
    call.cancel();
    expect(clock.pendingCalls).toBe(1);
    await clock.runUntilIdle();
    expect(made).toEqual(["kept"]);
    call.cancel();
    expect(clock.pendingCalls).toBe(0);
  });

  test("keeps no call that was cancelled, however often a timer is put off", async () => {
    const clock = new ManualClock();
    let call = clock.schedule(1000, () => {});
    for (let index = 0; index < 10_000; index++) {
      call.cancel();
      call = clock.schedule(1000 + index, () => {});
    }
    expect(clock.pendingCalls).toBe(1);
    await clock.runUntilIdle();
    expect(clock.nowMs()).toBe(10_999);
  });
});

describe("advance()", () => {
  test("lets microtasks, ticks and long promise chains run between two calls", async () => {
    const clock = new ManualClock();
    const log: string[] = [];
    clock.schedule(1, () => {
      process.nextTick(() => queueMicrotask(() => log.push(`tick at ${clock.nowMs()}`)));
      void (async () => {
        for (let step = 0; step < 100; step++) await null;
        log.push(`chain at ${clock.nowMs()}`);
      })();
    });
    clock.schedule(2, () => log.push("second call"));
    await clock.advance(10);
    expect(log.slice(0, 2).sort()).toEqual(["chain at 1", "tick at 1"]);
    expect(log[2]).toBe("second call");
  });

  test("sees calls that a turn of the event loop has made", async () => {
    const clock = new ManualClock();
    const times: number[] = [];
    clock.schedule(1, () => void nextTurn().then(() => clock.schedule(1, () => times.push(clock.nowMs()))));
    await clock.advance(5);
    expect(times).toEqual([2]);
  });

  test("rejects with what a call throws, with the clock at that call, and goes on from there", async () => {
    const clock = new ManualClock();
    const made: number[] = [];
    clock.schedule(5, () => {
      throw new RangeError("thrown by a call");
    });
    clock.schedule(6, () => made.push(clock.nowMs()));
    await expect(clock.advance(10)).rejects.toBeInstanceOf(RangeError);
    expect(clock.nowMs()).toBe(5);
    await clock.advance(1);
    expect(made).toEqual([6]);
  });

  test("waits for one that is under way", async () => {
    const clock = new ManualClock();
    await Promise.all([clock.advance(10), clock.advance(5)]);
    expect(clock.nowMs()).toBe(15);
  });

  test.each([-1, Number.NaN])("throws ERR_ARGUMENT_RANGE for %d", (ms) => {
    expect(() => new ManualClock().advance(ms)).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT_RANGE", argument: "ms" }));
  });
});

describe("runUntil()", () => {
  test("stops at the call that makes the condition hold", async () => {
    const clock = new ManualClock();
    let count = 0;
    const again = (): void => {
      count += 1;
      clock.schedule(10, again);
    };
    again();
    await clock.runUntil(() => count === 4);
    expect(clock.nowMs()).toBe(30);
  });

  test("moves to a time", async () => {
    const clock = new ManualClock();
    await clock.runUntil(250);
    expect(clock.nowMs()).toBe(250);
    expect(() => clock.runUntil(249)).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT_RANGE" }));
  });

  test("rejects with ERR_CLOCK_LIMIT when nothing is left to happen", async () => {
    const clock = new ManualClock();
    clock.schedule(10, () => {});
    await expect(clock.runUntil(() => false)).rejects.toMatchObject({ code: "ERR_CLOCK_LIMIT", operation: "runUntil" });
    expect(clock.nowMs()).toBe(10);
  });

  test("rejects with ERR_CLOCK_LIMIT when the limit comes first", async () => {
    const clock = new ManualClock();
    const again = (): void => void clock.schedule(30, again);
    again();
    await expect(clock.runUntil(() => false, { limitMs: 100 })).rejects.toMatchObject({ code: "ERR_CLOCK_LIMIT" });
    expect(clock.nowMs()).toBe(90);
  });
});

describe("runUntilIdle()", () => {
  test("rejects with ERR_CLOCK_LIMIT when something repeats for ever", async () => {
    const clock = new ManualClock();
    const again = (): void => void clock.schedule(1000, again);
    again();
    await expect(clock.runUntilIdle({ limitMs: 5000 })).rejects.toMatchObject({ code: "ERR_CLOCK_LIMIT", operation: "runUntilIdle" });
  });

  test("moves nothing when nothing waits", async () => {
    const clock = new ManualClock();
    await clock.runUntilIdle();
    expect(clock.nowMs()).toBe(0);
  });
});

test("hold() counts as no call that waits: the clock is idle while it is held, and calls are made as before", async () => {
  const clock = new ManualClock();
  const letGo = clock.hold();
  expect(clock.pendingCalls).toBe(0);
  await clock.runUntilIdle();
  expect(clock.nowMs()).toBe(0);
  const times: number[] = [];
  clock.schedule(10, () => times.push(clock.nowMs()));
  letGo();
  letGo();
  await clock.runUntilIdle();
  expect(times).toEqual([10]);
});
