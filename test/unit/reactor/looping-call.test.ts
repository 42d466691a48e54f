import type { Clock } from "@groupcast/base";
import { LoopingCall } from "@groupcast/reactor";
import { expect, test, vi } from "vitest";
import { Stage, turn } from "./stage.js";

/** A loop that notes at what times it is called. */
function timedLoop({ clock, reactor }: Stage): { readonly loop: LoopingCall; readonly times: number[] } {
  const times: number[] = [];
  return { loop: new LoopingCall(reactor, () => void times.push(clock.nowMs())), times };
}

test("start() calls at once, then at multiples of the interval, until stop() resolves its promise", async () => {
  const stage = new Stage();
  const { loop, times } = timedLoop(stage);
  const done = loop.start(100);
  expect(times).toEqual([0]);
  expect(loop.running).toBe(true);
  await stage.clock.advance(350);
  expect(times).toEqual([0, 100, 200, 300]);
  loop.stop();
  expect(loop.running).toBe(false);
  await done;
  await stage.clock.advance(1000);
  expect(times).toHaveLength(4);
  expect(stage.clock.pendingCalls).toBe(0);
});

test("start() with now = false calls after the first interval", async () => {
  const stage = new Stage();
  const { loop, times } = timedLoop(stage);
  void loop.start(100, false);
  await stage.clock.advance(200);
  expect(times).toEqual([100, 200]);
});

test("start() does not drift when each call takes time", async () => {
  const stage = new Stage();
  const times: number[] = [];
  const loop = new LoopingCall(stage.reactor, async () => {
    times.push(stage.clock.nowMs());
    await new Promise<void>((resolve) => stage.reactor.callLater(30, resolve));
  });
  void loop.start(100);
  await stage.clock.advance(350);
  expect(times).toEqual([0, 100, 200, 300]);
});

test("a call that takes longer than the interval makes the ones it missed fall out", async () => {
  const stage = new Stage();
  const times: number[] = [];
  const loop = new LoopingCall(stage.reactor, async () => {
    times.push(stage.clock.nowMs());
    await new Promise<void>((resolve) => stage.reactor.callLater(250, resolve));
  });
  void loop.start(100);
  await stage.clock.advance(900);
  expect(times).toEqual([0, 300, 600, 900]);
});

test("a timer that fires early makes no second call for one tick", () => {
  let nowMs = 0;
  const due: { atMs: number; fn: () => void }[] = [];
  const clock: Clock = {
    nowMs: () => nowMs,
    schedule: (delayMs, fn) => {
      due.push({ atMs: nowMs + delayMs, fn });
      return { cancel() {} };
    },
    hold: () => () => {},
  };
  const stage = new Stage({}, { clock });
  const times: number[] = [];
  void new LoopingCall(stage.reactor, () => void times.push(nowMs)).start(10);
  for (let i = 0; i < 3; i++) {
    const next = due.shift()!;
    nowMs = next.atMs - 0.4;
    next.fn();
  }
  expect(times).toEqual([0, 9.6, 19.6, 29.6]);
});

test("start() with an interval of 0 calls in every turn", async () => {
  const stage = new Stage();
  let count = 0;
  const loop = new LoopingCall(stage.reactor, () => {
    if (++count === 5) loop.stop();
  });
  const done = loop.start(0);
  await stage.clock.advance(0);
  await done;
  expect(count).toBe(5);
});

test("start() rejects with what the function throws, at the first call or later, and the loop has ended", async () => {
  const stage = new Stage();
  const thrown = new Error("spam");
  const atOnce = new LoopingCall(stage.reactor, () => {
    throw thrown;
  });
  await expect(atOnce.start(10)).rejects.toBe(thrown);
  expect(atOnce.running).toBe(false);
  const later = new LoopingCall(stage.reactor, async () => {
    if (stage.clock.nowMs() >= 20) throw thrown;
  });
  const done = expect(later.start(10)).rejects.toBe(thrown);
  await stage.clock.advance(100);
  await done;
  expect(later.running).toBe(false);
  expect(stage.clock.pendingCalls).toBe(0);
  expect(stage.loggedErrors).toEqual([]);
});

test("start() rejects with what the function throws after it has stopped the loop itself", async () => {
  const stage = new Stage();
  const thrown = new Error("spam");
  const loop: LoopingCall = new LoopingCall(stage.reactor, () => {
    loop.stop();
    throw thrown;
  });
  await expect(loop.start(10)).rejects.toBe(thrown);
});

test("stop() inside the function resolves the promise of start()", async () => {
  const stage = new Stage();
  const loop: LoopingCall = new LoopingCall(stage.reactor, () => loop.stop());
  await loop.start(10);
  expect(loop.running).toBe(false);
});

test("stop() while the function's promise is pending lets it end first", async () => {
  const stage = new Stage();
  let finish!: () => void;
  const loop = new LoopingCall(stage.reactor, () => new Promise<void>((resolve) => (finish = resolve)));
  const resolved = vi.fn();
  const done = loop.start(10).then(resolved);
  loop.stop();
  await turn();
  expect(resolved).not.toHaveBeenCalled();
  finish();
  await done;
  expect(resolved).toHaveBeenCalledOnce();
});

test("start() again while the promise of the first run is pending runs one loop, not two", async () => {
  const stage = new Stage();
  const finish: (() => void)[] = [];
  const loop = new LoopingCall(stage.reactor, () => new Promise<void>((resolve) => finish.push(resolve)));
  const first = loop.start(10);
  loop.stop();
  const second = loop.start(10);
  expect(finish).toHaveLength(2);
  finish[0]?.();
  await first;
  await stage.clock.advance(100);
  expect(finish).toHaveLength(2);
  finish[1]?.();
  await stage.clock.advance(10);
  expect(finish).toHaveLength(3);
  loop.stop();
  finish[2]?.();
  await second;
});

test("start() rejects with ERR_LOOP_RUNNING when it runs, and stop() throws ERR_LOOP_NOT_RUNNING when it does not", async () => {
  const stage = new Stage();
  const { loop } = timedLoop(stage);
  expect(() => loop.stop()).toThrow(expect.objectContaining({ code: "ERR_LOOP_NOT_RUNNING", name: "StateError" }));
  void loop.start(10);
  await expect(loop.start(10)).rejects.toMatchObject({ code: "ERR_LOOP_RUNNING", name: "StateError" });
  loop.stop();
  expect(() => loop.stop()).toThrow(expect.objectContaining({ code: "ERR_LOOP_NOT_RUNNING" }));
});

test.each([
  [-1, true, "ERR_ARGUMENT_RANGE", "intervalMs"],
  [Number.NaN, true, "ERR_ARGUMENT_RANGE", "intervalMs"],
  ["10", true, "ERR_ARGUMENT_TYPE", "intervalMs"],
  [10, "yes", "ERR_ARGUMENT_TYPE", "now"],
])("start(%o, %o) rejects with %s, and throws nothing", async (intervalMs, now, code, argument) => {
  const { loop, times } = timedLoop(new Stage());
  await expect(loop.start(intervalMs as number, now as boolean)).rejects.toMatchObject({ code, argument });
  expect(times).toEqual([]);
  expect(loop.running).toBe(false);
});

test("LoopingCall refuses what is no reactor, and what is no function", () => {
  const { reactor } = new Stage();
  expect(() => new LoopingCall({} as never, () => {})).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT_TYPE", argument: "reactor" }));
  expect(() => new LoopingCall(null as never, () => {})).toThrow(expect.objectContaining({ argument: "reactor" }));
  expect(() => new LoopingCall(reactor, 5 as never)).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT_TYPE", argument: "fn" }));
});

test("the reactor's shutdown ends the loop, and the promise of start() resolves", async () => {
  const stage = new Stage();
  const { loop, times } = timedLoop(stage);
  const done = loop.start(10);
  await stage.reactor.stop();
  await done;
  expect(loop.running).toBe(false);
  expect(times).toEqual([0]);
});

test("the loop goes on while triggers before shutdown are waited for, without an error", async () => {
  const stage = new Stage();
  const { loop, times } = timedLoop(stage);
  const done = loop.start(10);
  stage.reactor.addSystemEventTrigger("before", "shutdown", () => new Promise<void>((resolve) => stage.reactor.callLater(35, resolve)));
  const stopped = stage.reactor.stop();
  await stage.clock.advance(35);
  await Promise.all([stopped, done]);
  expect(times).toEqual([0, 10, 20, 30]);
  expect(stage.loggedErrors).toEqual([]);
});

test("start() rejects with ERR_REACTOR_STOPPED once the reactor was told to stop", async () => {
  const stage = new Stage();
  const { loop, times } = timedLoop(stage);
  const stopped = stage.reactor.stop();
  await expect(loop.start(10)).rejects.toMatchObject({ code: "ERR_REACTOR_STOPPED" });
  await stopped;
  await expect(loop.start(10)).rejects.toMatchObject({ code: "ERR_REACTOR_STOPPED" });
  expect(times).toEqual([]);
});

test("a loop that was started and stopped many times leaves no trigger behind", async () => {
  const stage = new Stage();
  const add = vi.spyOn(stage.reactor, "addSystemEventTrigger");
  const remove = vi.spyOn(stage.reactor, "removeSystemEventTrigger");
  const { loop } = timedLoop(stage);
  for (let i = 0; i < 10; i++) {
    const done = loop.start(10);
    loop.stop();
    await done;
  }
  expect(add).toHaveBeenCalledTimes(10);
  expect(remove).toHaveBeenCalledTimes(10);
});

/** A clock that throws at `method` once it is told to. */
function breakable(method: "nowMs" | "schedule" | "cancel", thrown: Error): { readonly clock: Clock; isBroken: boolean; due: () => void } {
  const check = (called: string): void => {
    if (broken.isBroken && called === method) throw thrown;
  };
  const broken = {
    isBroken: false,
    due: (): void => {},
    clock: {
      nowMs() {
        check("nowMs");
        return 0;
      },
      hold: () => () => {},
      schedule(_: number, fn: () => void) {
        check("schedule");
        broken.due = fn;
        return { cancel: () => check("cancel") };
      },
    },
  };
  return broken;
}

test("a clock that throws ends the loop, and start() rejects with that", async () => {
  const thrown = new Error("no time");
  const settings = breakable("schedule", thrown);
  const first = new LoopingCall(new Stage({}, { clock: settings.clock }).reactor, () => {});
  settings.isBroken = true;
  await expect(first.start(10, false)).rejects.toBe(thrown);
  expect(first.running).toBe(false);

  for (const [method, attack] of [
    ["nowMs", (_: LoopingCall, due: () => void) => due()],
    ["schedule", (_: LoopingCall, due: () => void) => due()],
    ["schedule", (loop: LoopingCall) => loop.reset()],
    ["cancel", (loop: LoopingCall) => loop.reset()],
  ] as const) {
    const broken = breakable(method, thrown);
    const loop = new LoopingCall(new Stage({}, { clock: broken.clock }).reactor, () => {});
    const ended = loop.start(10, false);
    const { due } = broken;
    broken.isBroken = true;
    attack(loop, due);
    await expect(ended, method).rejects.toBe(thrown);
    expect(loop.running).toBe(false);
  }
});

test("stop() with a clock that throws when a call is taken back throws that, and start() resolves", async () => {
  const thrown = new Error("no way back");
  const broken = breakable("cancel", thrown);
  const loop = new LoopingCall(new Stage({}, { clock: broken.clock }).reactor, () => {});
  const ended = loop.start(10, false);
  broken.isBroken = true;
  expect(() => loop.stop()).toThrow(thrown);
  await ended;
});
