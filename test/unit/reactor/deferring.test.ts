import { getEventListeners } from "node:events";
import type { DeferOptions, SystemEvent } from "@groupcast/reactor";
import { LoopingCall } from "@groupcast/reactor";
import { expect, expectTypeOf, test } from "vitest";
import { Stage, turn } from "./stage.js";

/** Outcome of `promise` so far. */
function watch(promise: Promise<unknown>): { outcome: unknown } {
  const seen: { outcome: unknown } = { outcome: "pending" };
  promise.then(
    (value) => {
      seen.outcome = value ?? "resolved";
    },
    (error: unknown) => {
      seen.outcome = error;
    },
  );
  return seen;
}

test("deferLater() resolves when the time has come, and not before", async () => {
  const { clock, reactor } = new Stage();
  const waiting = reactor.deferLater(100);
  expectTypeOf(waiting).toEqualTypeOf<Promise<void>>();
  const seen = watch(waiting);
  await clock.advance(99);
  expect(seen.outcome).toBe("pending");
  await clock.advance(1);
  expect(seen.outcome).toBe("resolved");
  expect(reactor.getDelayedCalls()).toEqual([]);
});

test("deferLater() rejects with the reason of its signal, and takes its call back", async () => {
  const { clock, reactor } = new Stage();
  const aborted = new AbortController();
  const seen = watch(reactor.deferLater(100, { signal: aborted.signal }));
  const reason = new Error("no longer needed");
  aborted.abort(reason);
  await turn();
  expect(seen.outcome).toBe(reason);
  expect([clock.pendingCalls, reactor.getDelayedCalls().length]).toEqual([0, 0]);
});

test("deferLater() with a signal that is aborted rejects and schedules nothing; one that aborts afterwards changes nothing", async () => {
  const { clock, reactor } = new Stage();
  await expect(reactor.deferLater(1, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: "AbortError" });
  expect(clock.pendingCalls).toBe(0);
  const late = new AbortController();
  const seen = watch(reactor.deferLater(1, { signal: late.signal }));
  await clock.advance(1);
  expect(getEventListeners(late.signal, "abort")).toEqual([]);
  late.abort();
  await turn();
  expect(seen.outcome).toBe("resolved");
});

test("deferLater() rejects with ERR_REACTOR_STOPPED at shutdown, and after it", async () => {
  const { reactor } = new Stage();
  const seen = watch(reactor.deferLater(100));
  await reactor.stop();
  await turn();
  expect(seen.outcome).toMatchObject({ code: "ERR_REACTOR_STOPPED", operation: "deferLater" });
  await expect(reactor.deferLater(0)).rejects.toMatchObject({ code: "ERR_REACTOR_STOPPED" });
});

test("deferLater() whose call is cancelled rejects with ERR_CALL_CANCELLED, and one that is moved waits", async () => {
  const { clock, reactor } = new Stage();
  const [cancelled, moved] = [watch(reactor.deferLater(100)), watch(reactor.deferLater(100))];
  reactor.getDelayedCalls()[0]!.cancel();
  reactor.getDelayedCalls()[0]!.reset(500);
  await clock.advance(499);
  expect([cancelled.outcome, moved.outcome]).toEqual([expect.objectContaining({ code: "ERR_CALL_CANCELLED" }), "pending"]);
  await clock.advance(1);
  expect(moved.outcome).toBe("resolved");
});

test("deferLater() rejects with what the clock throws when its signal aborts", async () => {
  const thrown = new Error("no way back");
  const cancel = (): never => {
    throw thrown;
  };
  const { reactor } = new Stage({}, { clock: { nowMs: () => 0, hold: () => () => {}, schedule: () => ({ cancel }) } });
  const aborted = new AbortController();
  const seen = watch(reactor.deferLater(100, { signal: aborted.signal }));
  aborted.abort();
  await turn();
  expect(seen.outcome).toBe(thrown);
});

test("a call whose clock throws when it is taken back is cancelled all the same, and so is a wait", async () => {
  const thrown = new Error("no way back");
  const cancel = (): never => {
    throw thrown;
  };
  const { reactor } = new Stage({}, { clock: { nowMs: () => 0, hold: () => () => {}, schedule: () => ({ cancel }) } });
  const call = reactor.callLater(100, () => {});
  const seen = watch(reactor.deferLater(100));
  for (const pending of reactor.getDelayedCalls()) expect(() => pending.cancel()).toThrow(thrown);
  await turn();
  expect(seen.outcome).toMatchObject({ code: "ERR_CALL_CANCELLED" });
  expect([call.active(), reactor.getDelayedCalls()]).toEqual([false, []]);
});

test.each([
  ["ERR_ARGUMENT_TYPE", "delayMs", "1", undefined],
  ["ERR_ARGUMENT_RANGE", "delayMs", -1, undefined],
  ["ERR_ARGUMENT_RANGE", "delayMs", Number.NaN, undefined],
  ["ERR_ARGUMENT_TYPE", "options", 1, null],
  ["ERR_ARGUMENT_TYPE", "signal", 1, { signal: "no" }],
  ["ERR_OPTION_UNKNOWN", "option", 1, { abort: 1 }],
])("deferLater() rejects with %s for %s, and schedules nothing", async (code, argument, delayMs, options) => {
  const { clock, reactor } = new Stage();
  await expect(reactor.deferLater(delayMs as number, options as DeferOptions)).rejects.toMatchObject({
    code,
    argument,
    operation: "deferLater",
  });
  expect(clock.pendingCalls).toBe(0);
});

test("getDelayedCalls() lists the calls that are still to come, as a copy", async () => {
  const { clock, reactor } = new Stage();
  const [first, second] = [reactor.callLater(200, () => {}), reactor.callLater(100, () => {})];
  const listed = reactor.getDelayedCalls();
  expect(listed).toEqual([first, second]);
  await clock.advance(100);
  expect(reactor.getDelayedCalls()).toEqual([first]);
  first.cancel();
  expect(reactor.getDelayedCalls()).toEqual([]);
  expect(listed).toHaveLength(2);
});

test("fireSystemEvent() of startup runs its triggers in the order of the phases, once, without run()", async () => {
  const { reactor } = new Stage();
  const order: string[] = [];
  for (const phase of ["after", "before", "during"] as const) reactor.addSystemEventTrigger(phase, "startup", () => order.push(phase));
  reactor.callWhenRunning(() => order.push("callWhenRunning"));
  await reactor.fireSystemEvent("startup");
  await reactor.fireSystemEvent("startup");
  expect(order).toEqual(["before", "during", "after", "callWhenRunning"]);
  expect(reactor.running).toBe(false);
});

test("fireSystemEvent() of startup waits for each phase, and reports what a trigger throws", async () => {
  const { clock, reactor } = new Stage();
  const errors: unknown[] = [];
  reactor.on("error", (error) => errors.push(error));
  const thrown = new Error("no");
  reactor.addSystemEventTrigger("before", "startup", () => reactor.deferLater(10));
  reactor.addSystemEventTrigger("during", "startup", () => Promise.reject(thrown));
  const seen = watch(reactor.fireSystemEvent("startup"));
  await clock.advance(9);
  expect([seen.outcome, errors]).toEqual(["pending", []]);
  await clock.advance(1);
  await turn();
  expect([seen.outcome, errors]).toEqual(["resolved", [thrown]]);
});

test("fireSystemEvent() of startup runs no further phase once a trigger has stopped the reactor", async () => {
  const { reactor } = new Stage();
  const calls: string[] = [];
  reactor.addSystemEventTrigger("before", "startup", () => {
    calls.push("before");
    void reactor.stop();
  });
  reactor.addSystemEventTrigger("during", "startup", () => calls.push("during"));
  await expect(reactor.fireSystemEvent("startup")).rejects.toMatchObject({ code: "ERR_REACTOR_STOPPED" });
  expect(calls).toEqual(["before"]);
});

test("fireSystemEvent() of shutdown stops the reactor", async () => {
  const { reactor } = new Stage();
  reactor.listenUDP(0, { datagramReceived() {} });
  await reactor.fireSystemEvent("shutdown");
  expect([reactor.hasStopped, reactor.ports]).toEqual([true, []]);
  await expect(reactor.fireSystemEvent("startup")).rejects.toMatchObject({ code: "ERR_REACTOR_STOPPED" });
  await expect(reactor.fireSystemEvent("persist" as SystemEvent)).rejects.toMatchObject({ code: "ERR_NAME_UNKNOWN", argument: "event" });
});

/** A loop that notes its times and counts; a call moves the clock on by `busyMs`, as one that computes for long. */
function countedLoop({ clock, reactor }: Stage, busyMs: number[] = []) {
  const calls: (readonly [atMs: number, count: number])[] = [];
  const loop = LoopingCall.withCount(reactor, async (count) => {
    calls.push([clock.nowMs(), count]);
    const ms = busyMs.shift();
    if (ms !== undefined) await reactor.deferLater(ms);
  });
  return { loop, calls };
}

test("withCount() counts 1 for each call in time, with and without the first one at once", async () => {
  for (const now of [true, false]) {
    const stage = new Stage();
    const { loop, calls } = countedLoop(stage);
    void loop.start(100, now);
    await stage.clock.advance(300);
    expect(calls.map(([, count]) => count)).toEqual(Array(now ? 4 : 3).fill(1));
  }
});

test("withCount() counts the calls that were missed", async () => {
  const stage = new Stage();
  const { loop, calls } = countedLoop(stage, [0, 250]);
  void loop.start(100);
  await stage.clock.advance(600);
  expect(calls).toEqual([
    [0, 1],
    [100, 1],
    [400, 3],
    [500, 1],
    [600, 1],
  ]);
});

test("withCount() counts what a late clock has missed before the call, too", async () => {
  let nowMs = 0;
  const due: (() => void)[] = [];
  const clock = {
    nowMs: () => nowMs,
    hold: () => () => {},
    schedule: (_ms: number, fn: () => void) => ({ cancel() {}, at: due.push(fn) }),
  };
  const counts: number[] = [];
  const loop = LoopingCall.withCount(new Stage({}, { clock }).reactor, (count) => counts.push(count));
  void loop.start(100, false);
  nowMs = 350;
  due.shift()!();
  nowMs = 400;
  due.shift()!();
  expect(counts).toEqual([3, 1]);
});

test("withCount() with an interval of 0 counts 1 each time", async () => {
  const stage = new Stage();
  const counts: number[] = [];
  const loop: LoopingCall = LoopingCall.withCount(stage.reactor, (count) => counts.push(count) === 3 && loop.stop());
  const done = loop.start(0);
  await stage.clock.advance(0);
  await done;
  expect(counts).toEqual([1, 1, 1]);
});

test("withCount() refuses what is no function, and no reactor", () => {
  const { reactor } = new Stage();
  expect(() => LoopingCall.withCount(reactor, 5 as never)).toThrow(expect.objectContaining({ operation: "withCount", argument: "fn" }));
  expect(() => LoopingCall.withCount({} as never, () => {})).toThrow(expect.objectContaining({ argument: "reactor" }));
});

test("reset() postpones the next call to one interval from now, and the loop keeps that rhythm", async () => {
  const stage = new Stage();
  const { loop, calls } = countedLoop(stage);
  void loop.start(100);
  await stage.clock.advance(150);
  loop.reset();
  await stage.clock.advance(200);
  expect(calls).toEqual([
    [0, 1],
    [100, 1],
    [250, 1],
    [350, 1],
  ]);
  expect(stage.clock.pendingCalls).toBe(1);
});

test("reset() inside a call makes the next one come one interval later", async () => {
  const stage = new Stage();
  const times: number[] = [];
  const loop: LoopingCall = new LoopingCall(stage.reactor, async () => {
    times.push(stage.clock.nowMs());
    await stage.reactor.deferLater(30);
    loop.reset();
  });
  void loop.start(100);
  await stage.clock.advance(400);
  expect(times).toEqual([0, 130, 260, 390]);
});

test("intervalMs is that of the running loop, and reset() of one that is not running throws ERR_LOOP_NOT_RUNNING", () => {
  const { loop } = countedLoop(new Stage());
  expect(loop.intervalMs).toBeUndefined();
  void loop.start(250);
  expect(loop.intervalMs).toBe(250);
  loop.stop();
  expect(loop.intervalMs).toBeUndefined();
  expect(() => loop.reset()).toThrow(expect.objectContaining({ code: "ERR_LOOP_NOT_RUNNING", operation: "reset" }));
});
