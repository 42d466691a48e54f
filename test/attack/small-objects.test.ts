// The objects beside ports and reactors, called again from inside what they call: done, or refused with a typed error, and right afterwards.

import type { ManualClock } from "@groupcast/backend-memory";
import { Emitter } from "@groupcast/base";
import { type DelayedCall, isGroupcastError, LoopingCall, type Reactor } from "@groupcast/reactor";
import { describe, expect, test } from "vitest";
import { ETH0, LOOPBACK } from "../support/fake-backend.js";
import { fakeReactor, strayFailures } from "./support/attacked.js";
import { bite } from "./support/hostile-values.js";

const DELAYED_CALLS: Readonly<Record<string, (call: DelayedCall) => unknown>> = {
  cancel: (call) => call.cancel(),
  reset: (call) => call.reset(0),
  delay: (call) => call.delay(0),
  active: (call) => call.active(),
  getTime: (call) => call.getTime(),
};

const LOOPS: Readonly<Record<string, (loop: LoopingCall) => unknown>> = {
  start: (loop) => loop.start(1),
  stop: (loop) => loop.stop(),
  "stop and start": (loop) => [loop.stop(), loop.start(1)],
  "stop, start and stop": (loop) => [loop.stop(), loop.start(1), loop.stop()],
  running: (loop) => loop.running,
};

describe("DelayedCall", () => {
  test.for(Object.entries(DELAYED_CALLS))("whose %s() is called while it runs, and after, is made once", async ([, act]) => {
    const { reactor, clock, errors } = manual();
    let calls = 0;
    const call = reactor.callLater(1, () => {
      calls++;
      expectTyped(() => act(call));
      expect(call.active()).toBe(false);
    });
    await clock.advance(1);
    expectTyped(() => act(call));
    await clock.advance(10);
    expect([calls, errors]).toEqual([1, []]);
    await reactor.stop();
  });

  test("calls that cancel, put off and make one another are each made once, or never", async () => {
    const { reactor, clock, errors } = manual();
    const made: number[] = [];
    const calls: DelayedCall[] = [];
    const disturb = (i: number): void => {
      const [before, after] = [calls[(i + 99) % 100], calls[(i + 1) % 100]];
      if (after?.active() === true) i % 2 === 0 ? after.cancel() : after.delay(3);
      if (before?.active() === true) before.reset(2);
    };
    for (let i = 0; i < 100; i++) {
      calls[i] = reactor.callLater(i % 5, () => {
        made.push(i);
        disturb(i);
        if (i < 10) reactor.callLater(0, () => made.push(1000 + i));
      });
    }
    await clock.advance(1_000);
    expect(errors).toEqual([]);
    expect(new Set(made).size).toBe(made.length);
    expect(calls.every((call) => !call.active())).toBe(true);
    await reactor.stop();
  });
});

describe("LoopingCall", () => {
  test.for(Object.entries(LOOPS))("that does %s inside its function is done, or refused, and can be stopped", async ([, act]) => {
    const strays = strayFailures();
    const { reactor, clock, errors } = manual();
    let hasActed = false;
    const wrong: unknown[] = [];
    const judge = (error: unknown): unknown => isGroupcastError(error) || wrong.push(error);
    const loop = new LoopingCall(reactor, () => {
      if (hasActed) return;
      hasActed = true;
      try {
        for (const result of [act(loop)].flat()) Promise.resolve(result).catch(judge);
      } catch (error) {
        judge(error);
      }
    });
    loop.start(1).catch(judge);
    await clock.advance(5);
    if (loop.running) loop.stop();
    await clock.advance(5);
    expect([hasActed, loop.running, wrong, errors, strays]).toEqual([true, false, [], [], []]);
    await reactor.stop();
    expect(clock.pendingCalls).toBe(0);
  });
});

test("Network that is asked, listened to and changed inside its own change event answers, and calls each listener once", async () => {
  const { reactor, backend, errors } = fakeReactor();
  const { network } = reactor;
  const heard: string[] = [];
  const later = (): unknown => heard.push("later");
  network.on("change", () => {
    heard.push("first");
    if (heard.length > 1) return;
    network.on("change", () => heard.push("inner"));
    network.off("change", later);
    backend.network.change([LOOPBACK, ETH0]);
    expect([network.interfaces().length, network.getInterfaceIPs().length]).toEqual([2, 4]); // of the change inside this one
    bite();
  });
  network.on("change", later);
  network.on("change", () => heard.push("last"));
  backend.network.change([LOOPBACK]);
  expect(heard.filter((name) => name === "inner")).toHaveLength(1);
  expect(heard.filter((name) => name === "first")).toHaveLength(2);
  expect(heard.filter((name) => name === "last")).toHaveLength(2);
  expect(errors.map(String)).toEqual(["Error: bite"]);
  await reactor.stop();
});

describe("Emitter", () => {
  type Events = { happened: (what: string) => void };

  function emitter(): { emitter: Emitter<Events>; thrown: unknown[] } {
    const made = new Emitter<Events>({ happened: "something happened" });
    const thrown: unknown[] = [];
    made.listenerThrew = (error) => thrown.push(error);
    return { emitter: made, thrown };
  }

  test("whose listeners add, remove and emit while they are called calls each that was there, once for each event", () => {
    const { emitter: made, thrown } = emitter();
    const heard: string[] = [];
    const removed = (what: string): unknown => heard.push(`removed ${what}`);
    const added = (what: string): unknown => heard.push(`added ${what}`);
    made.once("happened", (what) => {
      heard.push(`once ${what}`);
      made.on("happened", added);
      made.off("happened", removed);
      made.emit("happened", "inner");
      bite();
    });
    made.on("happened", removed);
    made.on("happened", (what) => void heard.push(`last ${what}`));
    made.emit("happened", "outer");
    expect(heard.filter((text) => text.startsWith("once"))).toEqual(["once outer"]);
    expect(heard.filter((text) => text.startsWith("last"))).toEqual(["last inner", "last outer"]);
    expect(heard.filter((text) => text === "added inner")).toHaveLength(1);
    expect(heard).not.toContain("removed inner");
    expect(thrown.map(String)).toEqual(["Error: bite"]);
  });

  test.for(["__proto__", "constructor", "toString", "", "other", Symbol("s"), undefined, null, {}])("refuses the event name %s", (name) => {
    const { emitter: made } = emitter();
    for (const method of ["on", "once", "off"] as const) {
      expect(() => made[method](name as "happened", () => {})).toThrow(expect.objectContaining({ name: "InvalidArgumentError" }));
    }
    expect(made.emit(name as "happened", "x")).toBe(false);
  });

  test("with a listener added ten thousand times calls it that often, and off() removes it", () => {
    const { emitter: made } = emitter();
    let calls = 0;
    const listener = (): unknown => calls++;
    for (let i = 0; i < 10_000; i++) made.on("happened", listener);
    made.emit("happened", "x");
    made.off("happened", listener);
    expect([made.emit("happened", "x"), calls]).toEqual([false, 10_000]);
  });
});

function manual(): { reactor: Reactor; clock: ManualClock; errors: Error[] } {
  const { reactor, errors } = fakeReactor();
  return { reactor, clock: reactor.clock as ManualClock, errors };
}

/** Calls, and expects nothing but a typed error, if any. */
function expectTyped(call: () => unknown): void {
  try {
    call();
  } catch (error) {
    expect(error).toSatisfy(isGroupcastError);
  }
}
