import { setImmediate as endOfTurn } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { Stage } from "./stage.js";

test("callLater() calls with its arguments when the time has come, once, and never inside the call", async () => {
  const { clock, reactor } = new Stage();
  const fn = vi.fn();
  const call = reactor.callLater(100, fn, "a", 1);
  expect(call.active()).toBe(true);
  expect(call.getTime()).toBe(100);
  await clock.advance(99);
  expect(fn).not.toHaveBeenCalled();
  await clock.advance(1);
  expect(fn).toHaveBeenCalledExactlyOnceWith("a", 1);
  expect(call.active()).toBe(false);
  await clock.advance(1000);
  expect(fn).toHaveBeenCalledOnce();
});

test("callLater(0) does not call inside the call", async () => {
  const { clock, reactor } = new Stage();
  const fn = vi.fn();
  reactor.callLater(0, fn);
  expect(fn).not.toHaveBeenCalled();
  await clock.advance(0);
  expect(fn).toHaveBeenCalledOnce();
});

test("callLater() calls in the order of times, ties in the order they were made", async () => {
  const { clock, reactor } = new Stage();
  const order: string[] = [];
  reactor.callLater(20, () => order.push("20"));
  reactor.callLater(10, () => order.push("10, first"));
  reactor.callLater(10, () => order.push("10, second"));
  await clock.advance(20);
  expect(order).toEqual(["10, first", "10, second", "20"]);
});

test.each([
  [-1, "ERR_ARGUMENT_RANGE"],
  [Number.NaN, "ERR_ARGUMENT_RANGE"],
  [Number.POSITIVE_INFINITY, "ERR_ARGUMENT_RANGE"],
  ["10", "ERR_ARGUMENT_TYPE"],
  [undefined, "ERR_ARGUMENT_TYPE"],
  [10n, "ERR_ARGUMENT_TYPE"],
])("callLater(%o) throws %s", (delayMs, code) => {
  const { clock, reactor } = new Stage();
  expect(() => reactor.callLater(delayMs as number, () => {})).toThrow(
    expect.objectContaining({ code, argument: "delayMs", value: delayMs, operation: "callLater" }),
  );
  expect(clock.pendingCalls).toBe(0);
});

test("callLater() without a function throws ERR_ARGUMENT_TYPE", () => {
  const { reactor } = new Stage();
  expect(() => reactor.callLater(1, "fn" as never)).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT_TYPE", argument: "fn" }));
});

test("what the function throws, or rejects with, becomes the reactor's error event", async () => {
  const { clock, reactor } = new Stage();
  const errors: unknown[] = [];
  reactor.on("error", (error) => errors.push(error));
  const [thrown, rejected] = [new Error("thrown"), new Error("rejected")];
  reactor.callLater(1, () => {
    throw thrown;
  });
  reactor.callLater(2, async () => {
    throw rejected;
  });
  const after = vi.fn();
  reactor.callLater(3, after);
  await clock.advance(3);
  expect(errors).toEqual([thrown, rejected]);
  expect(after).toHaveBeenCalledOnce();
});

test("what the function throws is logged when nobody listens", async () => {
  const { clock, reactor, ...stage } = new Stage();
  reactor.callLater(1, () => {
    throw new Error("thrown");
  });
  await clock.advance(1);
  expect(stage.log).toMatchObject([{ level: "error", fields: { error: new Error("thrown") } }]);
});

test("cancel() prevents the call", async () => {
  const { clock, reactor } = new Stage();
  const fn = vi.fn();
  const call = reactor.callLater(10, fn);
  call.cancel();
  expect(call.active()).toBe(false);
  await clock.advance(100);
  expect(fn).not.toHaveBeenCalled();
  expect(clock.pendingCalls).toBe(0);
});

test("reset() counts from now, delay() from when the call was due", async () => {
  const { clock, reactor } = new Stage();
  const times: number[] = [];
  const reset = reactor.callLater(100, () => times.push(clock.nowMs()));
  const delayed = reactor.callLater(100, () => times.push(clock.nowMs()));
  await clock.advance(40);
  reset.reset(100);
  delayed.delay(100);
  expect([reset.getTime(), delayed.getTime()]).toEqual([140, 200]);
  await clock.advance(1000);
  expect(times).toEqual([140, 200]);
});

test("delay() may bring the call nearer, to at once at the most", async () => {
  const { clock, reactor } = new Stage();
  const times: number[] = [];
  reactor.callLater(100, () => times.push(clock.nowMs())).delay(-30);
  reactor.callLater(100, () => times.push(clock.nowMs())).delay(-1e12);
  await clock.advance(100);
  expect(times).toEqual([0, 70]);
});

test.each(["reset", "delay"] as const)("%s() refuses what is no time, and leaves the call as it was", (method) => {
  const { reactor } = new Stage();
  const call = reactor.callLater(100, () => {});
  for (const value of ["10", Number.NaN, undefined]) {
    expect(() => call[method](value as number)).toThrow(
      expect.objectContaining({ name: "InvalidArgumentError", operation: method, value }),
    );
  }
  expect(call.getTime()).toBe(100);
});

test("reset() refuses a negative time", () => {
  const { reactor } = new Stage();
  expect(() => reactor.callLater(100, () => {}).reset(-1)).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT_RANGE", value: -1 }));
});

test.each([1.7e308, -1.7e308])("delay(%d) twice is refused, and leaves the call due at a finite time", (delayMs) => {
  const { reactor } = new Stage();
  const call = reactor.callLater(100, () => {});
  call.delay(delayMs);
  const dueMs = call.getTime();
  expect(() => call.delay(delayMs)).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT_RANGE", argument: "delayMs", value: delayMs }));
  expect([Number.isFinite(dueMs), call.getTime(), call.active()]).toEqual([true, dueMs, true]);
});

test.each(["cancel", "reset", "delay"] as const)("%s() throws ERR_CALL_DONE after the call, and inside it", async (method) => {
  const { clock, reactor } = new Stage();
  const isDone = expect.objectContaining({ code: "ERR_CALL_DONE", name: "StateError", operation: method });
  const inside: (() => void)[] = [];
  const call = reactor.callLater(1, () => {
    inside.push(() => call[method](1));
    expect(inside[0]).toThrow(isDone);
  });
  await clock.advance(1);
  expect(inside).toHaveLength(1);
  expect(() => call[method](1)).toThrow(isDone);
});

test.each(["cancel", "reset", "delay"] as const)("%s() throws ERR_CALL_CANCELLED after cancel()", (method) => {
  const { reactor } = new Stage();
  const call = reactor.callLater(1, () => {});
  call.cancel();
  expect(() => call[method](1)).toThrow(expect.objectContaining({ code: "ERR_CALL_CANCELLED", operation: method }));
});

test("callLater() takes calls while the reactor shuts down, cancels what is pending at the end, and refuses then", async () => {
  const { clock, reactor } = new Stage();
  const fn = vi.fn();
  const late = reactor.callLater(10_000, fn);
  reactor.addSystemEventTrigger("before", "shutdown", () => new Promise<void>((resolve) => reactor.callLater(50, resolve)));
  const stopped = reactor.stop();
  await clock.advance(50);
  await stopped;
  expect(late.active()).toBe(false);
  expect(clock.pendingCalls).toBe(0);
  expect(() => reactor.callLater(1, fn)).toThrow(expect.objectContaining({ code: "ERR_REACTOR_STOPPED", operation: "callLater" }));
  await endOfTurn();
  expect(fn).not.toHaveBeenCalled();
});
