// A port with maxBytesPerSecond, on a manual clock: when each datagram leaves, and what becomes of those that wait.
import { type Clock, ERRNO, type ScheduledCall } from "@groupcast/base";
import { afterEach, expect, test } from "vitest";
import { type Listening, Stage, turn } from "./stage.js";

const TO = { address: "192.0.2.1", port: 80 };
const HEADER_BYTES = 28; // RFC 791, RFC 768
const COUNTED_BYTES = 100; // of a datagram, with its headers
const PAYLOAD = "x".repeat(COUNTED_BYTES - HEADER_BYTES);
const RATE = { maxBytesPerSecond: 1_000_000 }; // 10 of these datagrams in 1 ms
const LINGER_MS = 1000;

const open: Stage[] = [];

afterEach(async () => {
  for (const stage of open.splice(0)) for (const port of stage.reactor.ports) port.stopNow();
});

function paced(options: object = RATE, stage: Stage = new Stage()): Listening & { readonly stage: Stage } {
  open.push(stage);
  return { stage, ...stage.listen(options) };
}

function writeMany({ port }: Listening, count: number, payload: string = PAYLOAD): void {
  for (let i = 0; i < count; i++) port.write(payload, TO);
}

/** Moves the clock to each of `times`; returns how many datagrams had left then. */
async function sentAt({ stage, socket }: ReturnType<typeof paced>, times: readonly number[]): Promise<number[]> {
  const counts: number[] = [];
  for (const time of times) {
    await stage.clock.runUntil(time);
    await turn();
    counts.push(socket.sent.length);
  }
  return counts;
}

test("maxBytesPerSecond lets 1 ms worth of the rate leave at once, and the rest each half of a millisecond", async () => {
  const listening = paced();
  writeMany(listening, 30);
  expect(await sentAt(listening, [0, 0.4, 0.5, 0.9, 1, 1.5, 2])).toEqual([10, 10, 15, 15, 20, 25, 30]);
  expect(listening.socket.burstSizes).toEqual([10, 5, 5, 5, 5]);
  expect(listening.stage.clock.pendingCalls).toBe(0);
});

test("maxBytesPerSecond lets a datagram that is worth more than 1 ms leave by itself, and the next when it is paid for", async () => {
  const listening = paced({ maxBytesPerSecond: 10_000 });
  writeMany(listening, 4);
  expect(await sentAt(listening, [0, 9.9, 10, 19.9, 20, 29.9, 30])).toEqual([1, 1, 2, 2, 3, 3, 4]);
});

test("maxBytesPerSecond counts the headers of empty datagrams, 28 bytes each", async () => {
  const listening = paced({ maxBytesPerSecond: 28_000 });
  writeMany(listening, 3, "");
  expect(await sentAt(listening, [0, 0.9, 1, 1.9, 2])).toEqual([1, 1, 2, 2, 3]);
});

test("maxBytesPerSecond counts 48 bytes of headers on an IPv6 port", async () => {
  const listening = paced({ maxBytesPerSecond: 48_000, interface: "::" });
  for (let i = 0; i < 3; i++) listening.port.write("", { address: "2001:db8::1", port: 80 });
  expect(await sentAt(listening, [0, 0.9, 1, 1.9, 2])).toEqual([1, 1, 2, 2, 3]);
});

test("maxBytesPerSecond keeps the order, and what each datagram was", async () => {
  const { port, socket, stage } = paced({ maxBytesPerSecond: 10_000 });
  const texts = Array.from({ length: 200 }, (_, i) => `number ${i}`.repeat(1 + (i % 7)));
  for (const text of texts) port.write(text, TO);
  await stage.clock.advance(5000);
  expect(socket.texts).toEqual(texts);
  expect(port.statistics()).toMatchObject({ sent: 200, dropped: 0, queued: 0 });
});

test("a paced port that was idle saves up no more than 1 ms of its rate", async () => {
  const listening = paced();
  writeMany(listening, 10);
  await sentAt(listening, [10_000]);
  writeMany(listening, 30);
  expect(await sentAt(listening, [10_000, 10_000.5])).toEqual([20, 25]);
});

test("a paced port that sends less than its rate all the time saves up no more than 1 ms of it", async () => {
  const listening = paced();
  for (let time = 0; time < 50; time += 0.5) {
    writeMany(listening, 1);
    await sentAt(listening, [time + 0.5]);
  }
  writeMany(listening, 30);
  expect(await sentAt(listening, [50, 50.5])).toEqual([100 + 10, 100 + 15]);
});

test("statistics() counts what waits for its time, and it is refused beyond the bounds of the queue until drain", async () => {
  const { port, socket, stage, events } = paced();
  let written = 0;
  while (port.write(PAYLOAD, TO)) written++;
  await turn();
  expect(port.statistics()).toMatchObject({ sent: 10, queued: written - 10, queuedBytes: (written - 10) * PAYLOAD.length, dropped: 1 });
  expect(written).toBeLessThan(1200); // 1,024 and a burst
  await stage.clock.advance(1000);
  expect(socket.sent).toHaveLength(written);
  expect(events.map(([event]) => event)).toEqual(["dropped", "drain"]);
});

test("send() of a paced port settles when the datagram leaves, and drained() when the last one has left", async () => {
  const { port, stage } = paced({ maxBytesPerSecond: 10_000 });
  const order: string[] = [];
  for (const name of ["one", "two", "three"]) void port.send(PAYLOAD, TO).then(() => order.push(`${name} at ${stage.clock.nowMs()}`));
  const drained = port.drained().then(() => order.push(`drained at ${stage.clock.nowMs()}`));
  await turn();
  expect(order).toEqual(["one at 0"]);
  await stage.clock.advance(10);
  expect(order).toEqual(["one at 0", "two at 10"]);
  await stage.clock.advance(10);
  await drained;
  expect(order).toEqual(["one at 0", "two at 10", "three at 20", "drained at 20"]);
});

test("flush() of a paced port sends nothing before its time", async () => {
  const { port, socket } = paced({ maxBytesPerSecond: 10_000 });
  for (let i = 0; i < 3; i++) {
    port.write(PAYLOAD, TO);
    port.flush();
  }
  await turn();
  expect(socket.sent).toHaveLength(1);
});

test("stopListening() of a paced port waits until what was written has left, at its rate", async () => {
  const listening = paced({ maxBytesPerSecond: 10_000 });
  writeMany(listening, 3);
  const stopped = listening.port.stopListening();
  expect(await sentAt(listening, [0, 10])).toEqual([1, 2]);
  expect(listening.socket.isClosed).toBe(false);
  await listening.stage.clock.advance(10);
  await stopped;
  expect(listening.port.statistics()).toMatchObject({ sent: 3, dropped: 0 });
  expect(listening.stage.clock.pendingCalls).toBe(0);
});

test("stopListening() of a paced port gives up after a second, and counts what had to wait longer as dropped", async () => {
  const listening = paced({ maxBytesPerSecond: 990 }); // 101 ms a datagram
  writeMany(listening, 20);
  const last = listening.port.send(PAYLOAD, TO).catch((error: unknown) => error);
  const stopped = listening.port.stopListening();
  await listening.stage.clock.advance(LINGER_MS);
  await stopped;
  const { sent, dropped } = listening.port.statistics();
  expect({ sent, dropped }).toEqual({ sent: 10, dropped: 11 });
  expect(await last).toMatchObject({ code: "ERR_CLOSED", operation: "send" });
  expect(listening.stage.clock.pendingCalls).toBe(0);
});

test("stopNow() of a paced port cancels the wait, and counts what waited as dropped", async () => {
  const listening = paced();
  writeMany(listening, 30);
  await turn();
  listening.port.stopNow();
  await turn();
  expect(listening.stage.clock.pendingCalls).toBe(0);
  expect(listening.port.statistics()).toMatchObject({ sent: 10, dropped: 20, queued: 0 });
});

test("a paced port whose network takes nothing spends nothing, and goes on at its rate when it takes datagrams again", async () => {
  const listening = paced();
  listening.socket.sendOutcomes.push(ERRNO.EAGAIN);
  writeMany(listening, 30);
  expect(await sentAt(listening, [0])).toEqual([0]);
  listening.socket.sendOutcomes.push(ERRNO.EAGAIN);
  listening.socket.becomeWritable();
  expect(await sentAt(listening, [0])).toEqual([0]);
  listening.socket.becomeWritable();
  expect(await sentAt(listening, [0, 0.5])).toEqual([10, 15]);
  listening.socket.sendOutcomes.push(ERRNO.EAGAIN);
  expect(await sentAt(listening, [100])).toEqual([15]);
  listening.socket.becomeWritable(); // what passed meanwhile was not the pacer's wait
  expect(await sentAt(listening, [100, 100.5])).toEqual([25, 30]);
});

test("a paced port is charged for a datagram that the network refused", async () => {
  const listening = paced({ maxBytesPerSecond: 10_000 });
  listening.socket.sendOutcomes.push(ERRNO.ENETUNREACH);
  writeMany(listening, 2);
  expect(await sentAt(listening, [0, 9.9, 10])).toEqual([0, 0, 1]);
  expect(listening.port.statistics()).toMatchObject({ sent: 1, sendFailed: 1 });
});

test("what waits for its time keeps its peer when a paced port disconnects", async () => {
  const { port, socket, stage } = paced({ maxBytesPerSecond: 10_000 });
  port.connect(TO.address, TO.port);
  for (let i = 0; i < 3; i++) port.write(PAYLOAD);
  await turn();
  port.disconnect();
  await stage.clock.advance(20);
  expect(socket.sent.map(({ to }) => to?.address)).toEqual([undefined, TO.address, TO.address]);
});

test("cork() of a paced port keeps what is written, and uncork() sends it at the rate", async () => {
  const listening = paced();
  listening.port.cork();
  writeMany(listening, 20);
  expect(await sentAt(listening, [0, 50])).toEqual([0, 0]);
  listening.port.uncork();
  expect(await sentAt(listening, [50, 51])).toEqual([10, 20]);
});

test("cork() of a paced port keeps what is written while datagrams before it wait for their time, and when they have left", async () => {
  const listening = paced();
  writeMany(listening, 15);
  expect(await sentAt(listening, [0])).toEqual([10]);
  listening.port.cork();
  writeMany(listening, 3);
  expect(await sentAt(listening, [0.5, 50])).toEqual([15, 15]);
  expect(listening.port.statistics()).toMatchObject({ sent: 15, queued: 3 });
  listening.port.uncork();
  expect(await sentAt(listening, [50])).toEqual([18]);
});

test("setMaxBytesPerSecond() changes the rate of what waits and of what is written later, from a later turn", async () => {
  const listening = paced();
  writeMany(listening, 100);
  expect(await sentAt(listening, [0.5])).toEqual([15]);
  listening.port.setMaxBytesPerSecond(10_000_000);
  expect(listening.socket.sent).toHaveLength(15);
  expect(await sentAt(listening, [0.5, 1])).toEqual([15, 65]);
  listening.port.setMaxBytesPerSecond(100_000);
  expect(await sentAt(listening, [1.9, 2.1, 3.1])).toEqual([65, 66, 67]);
  expect(listening.port.getMaxBytesPerSecond()).toBe(100_000);
});

test("setMaxBytesPerSecond() again and again gives no burst of its own, and forgives no debt", async () => {
  const listening = paced({ maxBytesPerSecond: 10_000 }); // 10 ms a datagram
  writeMany(listening, 100);
  expect(await sentAt(listening, [0])).toEqual([1]);
  for (let i = 0; i < 50; i++) {
    listening.port.setMaxBytesPerSecond(i % 2 === 0 ? 20_000 : 10_000);
    await turn();
  }
  expect(listening.stage.clock.pendingCalls).toBe(1);
  expect(await sentAt(listening, [9.9, 10.1, 20.1])).toEqual([1, 2, 3]);
  listening.port.setMaxBytesPerSecond(20_000); // 9 ms of debt are 4.5 now
  expect(await sentAt(listening, [25.4, 25.7])).toEqual([3, 4]);
});

test("setMaxBytesPerSecond() counts the time that has passed at the rate that was", async () => {
  const listening = paced({ maxBytesPerSecond: 10_000 });
  writeMany(listening, 100);
  expect(await sentAt(listening, [8])).toEqual([1]); // 1 ms of debt is left, and half of one at twice the rate
  listening.port.setMaxBytesPerSecond(20_000);
  expect(await sentAt(listening, [8, 9.4, 9.6])).toEqual([1, 1, 2]);
});

test("setMaxBytesPerSecond(undefined) sends what waits, and all that follows at once", async () => {
  const listening = paced({ maxBytesPerSecond: 1 });
  writeMany(listening, 200);
  expect(await sentAt(listening, [0])).toEqual([1]);
  listening.port.setMaxBytesPerSecond(undefined);
  const drained = listening.port.drained();
  expect(listening.socket.sent).toHaveLength(1);
  await drained;
  writeMany(listening, 50);
  await turn();
  expect(listening.socket.sent).toHaveLength(250);
  expect(listening.stage.clock.pendingCalls).toBe(0);
  expect(listening.port.getMaxBytesPerSecond()).toBeUndefined();
});

test("setMaxBytesPerSecond() gives a rate to a port that had none, and leaves a corked burst where it is", async () => {
  const listening = paced({});
  listening.port.cork();
  writeMany(listening, 30);
  listening.port.setMaxBytesPerSecond(RATE.maxBytesPerSecond);
  expect(await sentAt(listening, [0])).toEqual([0]);
  listening.port.uncork();
  expect(await sentAt(listening, [0, 0.5])).toEqual([10, 15]);
});

test("setMaxBytesPerSecond() right before stopNow() sends nothing and tells nothing afterwards", async () => {
  const { port, socket, events } = paced();
  while (port.write(PAYLOAD, TO));
  await turn();
  port.setMaxBytesPerSecond(undefined);
  port.stopNow();
  await turn();
  expect(socket.sent).toHaveLength(10);
  expect(events.map(([event]) => event)).toEqual(["dropped", "closed"]);
});

test.each([0, -1, 0.5, Number.NaN, "10MB", null])("setMaxBytesPerSecond() refuses %s, and keeps the rate", (value) => {
  const { port } = paced();
  expect(() => port.setMaxBytesPerSecond(value as number)).toThrow(
    expect.objectContaining({ name: "InvalidArgumentError", operation: "setMaxBytesPerSecond", argument: "bytesPerSecond" }),
  );
  expect(port.getMaxBytesPerSecond()).toBe(RATE.maxBytesPerSecond);
});

/** A clock that calls back `lateMs` after the time, and says which of its calls keep the process alive. */
class LateClock implements Clock {
  readonly referenced: Set<ScheduledCall> = new Set();
  lateMs = 0;
  readonly #stage: { readonly clock: Clock };

  constructor(stage: { readonly clock: Clock }) {
    this.#stage = stage;
  }

  nowMs(): number {
    return this.#stage.clock.nowMs();
  }

  schedule(delayMs: number, fn: () => void): ScheduledCall {
    const { referenced } = this;
    const scheduled = this.#stage.clock.schedule(delayMs + this.lateMs, fn);
    const call = { cancel: () => scheduled.cancel(), unref: () => void referenced.delete(call) };
    referenced.add(call);
    return call;
  }

  hold(): () => void {
    return () => {};
  }
}

/** Opens a paced port on a late clock; `times` is when each datagram left. */
function late(options: object): ReturnType<typeof paced> & { readonly late: LateClock; readonly times: readonly number[] } {
  const moving = new Stage();
  const clock = new LateClock(moving);
  const listening = paced(options, new Stage({}, { clock }));
  const times: number[] = [];
  const { sent } = listening.socket;
  const push = sent.push.bind(sent);
  sent.push = (...datagrams) => {
    times.push(...datagrams.map(() => moving.clock.nowMs()));
    return push(...datagrams);
  };
  return { ...listening, stage: moving, late: clock, times };
}

test.each([0.61, 2.5, 9])(
  "a paced port keeps its rate when every call of the clock is %d ms late, in bursts worth no more than that",
  async (lateMs) => {
    const listening = late(RATE);
    listening.late.lateMs = lateMs; // Node's timers count whole milliseconds
    listening.port.on("drain", () => writeMany(listening, 1100));
    writeMany(listening, 1200);
    const [sent] = await sentAt(listening, [1000]);
    expect(sent).toBeGreaterThan(0.98 * 10_000);
    expect(sent).toBeLessThanOrEqual(10_000 + 10);
    const leftTogether = new Map<number, number>();
    for (const atMs of listening.times) leftTogether.set(atMs, (leftTogether.get(atMs) ?? 0) + 1);
    expect(Math.max(...leftTogether.values())).toBeLessThanOrEqual(10 * (1 + lateMs));
  },
);

test("a paced port makes up for 20 ms of a delay, and for no more", async () => {
  const listening = late({ maxBytesPerSecond: 100_000 }); // 1 datagram a millisecond
  writeMany(listening, 1000);
  expect(await sentAt(listening, [10])).toEqual([11]);
  listening.late.lateMs = 200;
  expect(await sentAt(listening, [11])).toEqual([12]); // this call was under way, the next one is late
  listening.late.lateMs = 0;
  expect(await sentAt(listening, [211.9, 212, 213, 250])).toEqual([12, 12 + 21, 12 + 22, 12 + 59]);
});

test("a late wake-up that empties the queue leaves its credit to what is written right after it, and to nothing later", async () => {
  const listening = late({ maxBytesPerSecond: 100_000 });
  listening.late.lateMs = 10;
  writeMany(listening, 3);
  await sentAt(listening, [0.9]); // the call for 1 ms comes at 11 ms
  expect(await sentAt(listening, [11])).toEqual([3]);
  writeMany(listening, 20);
  expect(await sentAt(listening, [11])).toEqual([3 + 9]);
  listening.late.lateMs = 0;
  const again = late({ maxBytesPerSecond: 100_000 });
  again.late.lateMs = 10;
  writeMany(again, 3);
  await sentAt(again, [13]);
  writeMany(again, 20);
  expect(await sentAt(again, [13])).toEqual([3 + 1]);
});

test("a program that fills the queue again within 1 ms of a late wake-up loses nothing of the rate meanwhile, and later it does", async () => {
  for (const [refilledMs, sent] of [
    [11.5, 3 + 10],
    [12.5, 3 + 1],
  ] as const) {
    const listening = late({ maxBytesPerSecond: 100_000 });
    listening.late.lateMs = 10;
    writeMany(listening, 3);
    await sentAt(listening, [11]);
    listening.late.lateMs = 0;
    await sentAt(listening, [refilledMs]);
    writeMany(listening, 20);
    expect(await sentAt(listening, [refilledMs + 0.5])).toEqual([sent]);
  }
});

test("what a late wake-up left over grows no more a millisecond later, though datagrams trickle out", async () => {
  const listening = late({ maxBytesPerSecond: 100_000 });
  listening.late.lateMs = 10;
  writeMany(listening, 3);
  await sentAt(listening, [11]); // leaves 9 ms over
  listening.late.lateMs = 0;
  let time = 11;
  for (let written = 0; written < 10; written++) {
    time += 0.9;
    listening.port.write("", TO); // worth 0.28 ms
    await sentAt(listening, [time]);
  }
  writeMany(listening, 20);
  expect(await sentAt(listening, [time])).toEqual([3 + 10 + 7]);
});

test("what a late wake-up left over is forfeited 20 ms later, though datagrams trickle out all the time", async () => {
  const listening = late({ maxBytesPerSecond: 100_000 });
  listening.late.lateMs = 20;
  writeMany(listening, 3);
  await sentAt(listening, [0.9]); // the call for 1 ms comes at 21 ms
  expect(await sentAt(listening, [21])).toEqual([3]);
  listening.late.lateMs = 0;
  let time = 21;
  for (let written = 0; written < 30; written++) {
    listening.port.write("", TO); // 28 bytes, worth 0.28 ms, each 0.9 ms
    time += 0.9;
    await sentAt(listening, [time]);
  }
  expect(listening.socket.sent).toHaveLength(33);
  writeMany(listening, 20);
  expect(await sentAt(listening, [time])).toEqual([33 + 1]);
});

test("setMaxBytesPerSecond() lets what the clock is late by pay for what it held up, and for no more at a higher rate", async () => {
  const listening = late({ maxBytesPerSecond: 10_000 }); // 10 ms a datagram
  listening.late.lateMs = 20;
  writeMany(listening, 1000);
  expect(await sentAt(listening, [0, 29.5])).toEqual([1, 1]); // due at 10 ms
  listening.port.setMaxBytesPerSecond(1_000_000); // 19.5 ms at 10 KB/s are 0.195 ms here, beside the burst
  expect(await sentAt(listening, [29.5])).toEqual([1 + 11]);
});

test("setMaxBytesPerSecond() keeps what the clock is late by at a lower rate, in time and not in bytes", async () => {
  const listening = late({ maxBytesPerSecond: 1_000_000 });
  listening.late.lateMs = 20;
  writeMany(listening, 500);
  expect(await sentAt(listening, [0, 10])).toEqual([10, 10]); // due at 0.5 ms
  listening.port.setMaxBytesPerSecond(100_000); // 1 datagram a millisecond
  expect(await sentAt(listening, [10])).toEqual([20]);
});

test("a paced port goes on at its rate when its clock has gone back", async () => {
  const moving = new Stage();
  let backMs = 0;
  const schedule = moving.clock.schedule.bind(moving.clock);
  const clock: Clock = { nowMs: () => moving.clock.nowMs() - backMs, schedule, hold: () => () => {} };
  const listening = paced(RATE, new Stage({}, { clock }));
  writeMany(listening, 40);
  const { socket } = listening;
  await moving.clock.runUntil(1);
  expect(socket.sent).toHaveLength(20);
  backMs = 3_600_000;
  await moving.clock.runUntil(3);
  await turn();
  expect(socket.sent.length).toBeGreaterThan(30);
});

test("waiting for the time of a datagram does not keep the process alive: the port does", async () => {
  const listening = late(RATE);
  writeMany(listening, 30);
  await turn();
  expect(listening.stage.clock.pendingCalls).toBe(1);
  expect(listening.late.referenced.size).toBe(0);
});

test.each(["nowMs", "schedule"] as const)(
  "a paced port reports what the clock throws in %s(), and does not wait for it",
  async (method) => {
    const { port, socket, stage, events } = paced();
    const error = new Error("clock");
    stage.clock[method] = () => {
      throw error;
    };
    writeMany({ port } as Listening, 30);
    await turn();
    expect(socket.sent).toHaveLength(30);
    expect(events.map(([event]) => event)).toEqual(events.map(() => "error"));
    expect(events[0]).toEqual(["error", error]);
  },
);

test("a paced port reports what the clock throws from the event loop, so a listener may write and flush", async () => {
  const { port, socket, stage } = paced();
  stage.clock.nowMs = () => {
    throw new Error("clock");
  };
  let isInside = false;
  let heardInside = false;
  let answered = 0;
  port.on("error", () => {
    heardInside ||= isInside;
    if (answered++ > 2) return;
    port.write(`answer ${answered}`, TO);
    port.flush();
  });
  const texts = Array.from({ length: 70 }, (_, i) => `number ${i}`);
  isInside = true;
  for (const text of texts) port.write(text, TO);
  port.flush();
  port.setMaxBytesPerSecond(1);
  isInside = false;
  await turn();
  expect(heardInside).toBe(false);
  expect(answered).toBeGreaterThan(3);
  expect(socket.texts).toEqual([...texts, "answer 1", "answer 2", "answer 3"]);
});

test("a port without maxBytesPerSecond asks the clock for nothing, and sends at once", async () => {
  const listening = paced({ maxBytesPerSecond: undefined });
  listening.stage.clock.nowMs = () => {
    throw new Error("asked");
  };
  writeMany(listening, 64);
  await turn();
  expect(listening.socket.sent).toHaveLength(64);
  expect(listening.stage.clock.pendingCalls).toBe(0);
});

test.each([0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, "10MB", null])("listenUDP() refuses %s as maxBytesPerSecond", (value) => {
  const stage = new Stage();
  expect(() => stage.listen({ maxBytesPerSecond: value as number })).toThrow(
    expect.objectContaining({ name: "InvalidArgumentError", operation: "listenUDP", argument: "maxBytesPerSecond" }),
  );
  expect(stage.backend.calls).toEqual([]);
});
