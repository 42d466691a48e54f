// Clocks of a paced port that write, flush or stop it while they are asked: each datagram leaves once, in order, or is in a counter.
import { ManualClock } from "@groupcast/backend-memory";
import type { Clock, ScheduledCall } from "@groupcast/base";
import type { UDPPort } from "@groupcast/reactor";
import { describe, expect, test } from "vitest";
import { type Listening, Stage, turn } from "../unit/reactor/stage.js";
import { strayFailures } from "./support/attacked.js";
import { assertSendsCounted } from "./support/audit.js";

const TO = { address: "192.0.2.1", port: 80 };
const RATE = 100_000; // bytes a second
const WRITTEN = 300; // some bursts
const EVERY = 9; // datagrams from one act to the next
const TURN = 110; // datagrams of one turn: a burst is full before it ends

/** A clock that acts in the middle of one of its methods, once each time that it is armed. */
class ActingClock implements Clock {
  readonly manual = new ManualClock();
  readonly #method: string;
  act: (() => void) | undefined;

  constructor(method: string) {
    this.#method = method;
  }

  nowMs(): number {
    this.#asked("nowMs");
    return this.manual.nowMs();
  }

  schedule(delayMs: number, call: () => void): ScheduledCall {
    this.#asked("schedule");
    const scheduled = this.manual.schedule(delayMs, call);
    return {
      cancel: () => {
        this.#asked("cancel");
        scheduled.cancel();
      },
    };
  }

  hold(): () => void {
    return this.manual.hold();
  }

  #asked(method: string): void {
    const act = method === this.#method ? this.act : undefined;
    if (act !== undefined) this.act = undefined;
    act?.();
  }
}

/** A paced port on such a clock, and what was taken of all that was written. */
class Play {
  readonly clock: ActingClock;
  readonly stage: Stage;
  readonly listening: Listening;
  readonly taken: string[] = [];
  refused = 0;
  hasStopped = false;

  constructor(method: string) {
    this.clock = new ActingClock(method);
    this.stage = new Stage({}, { clock: this.clock });
    this.listening = this.stage.listen({ maxBytesPerSecond: RATE });
  }

  get port(): UDPPort {
    return this.listening.port;
  }

  /** Writes; a port that has stopped takes nothing. */
  write(text: string): void {
    try {
      if (this.port.write(text, TO)) this.taken.push(text);
      else this.refused++;
    } catch (error) {
      expect(error).toMatchObject({ code: "ERR_CLOSED" });
    }
  }

  end(how: (play: Play) => void): void {
    this.hasStopped = true;
    how(this);
  }

  /** Sets the rate again, which takes back what is scheduled. */
  setRate(): void {
    if (!this.hasStopped) this.port.setMaxBytesPerSecond(RATE);
  }
}

/** Name → what a clock does. */
const ACTS: Readonly<Record<string, (play: Play) => void>> = {
  "writes a datagram": (play) => play.write("inner"),
  "writes a burst": (play) => {
    for (let i = 0; i < 64; i++) play.write("inner");
  },
  "writes more than a burst": (play) => {
    for (let i = 0; i < 100; i++) play.write("inner");
  },
  flushes: ({ port }) => port.flush(),
  "corks and uncorks": ({ port }) => {
    port.cork();
    port.uncork();
  },
  "changes the rate": ({ port }) => port.setMaxBytesPerSecond(150_000),
  "takes the rate away": ({ port }) => port.setMaxBytesPerSecond(undefined),
};

const ENDS: Readonly<Record<string, (play: Play) => void>> = {
  "stops the port at once": ({ port }) => port.stopNow(),
  "stops the port": ({ port }) => void port.stopListening(),
  "stops the reactor": ({ stage }) => void stage.reactor.stop(),
};

describe.each(["nowMs", "schedule", "cancel"])("in %s()", (method) => {
  test.for(Object.entries(ACTS))("a clock that %s: each datagram leaves once, in order", async ([, act]) => {
    const strays = strayFailures();
    const play = new Play(method);
    for (let i = 0; i < WRITTEN; i++) {
      if (i % EVERY === 0) play.clock.act = () => act(play);
      if (i % (5 * EVERY) === 0) play.setRate();
      play.write(`outer ${i}`);
      if (i % TURN === TURN - 1) await turn();
    }
    await play.clock.manual.advance(60_000);
    const { texts } = play.listening.socket;
    expect(texts.toSorted()).toEqual(play.taken.toSorted());
    const isOuter = (text: string): boolean => text !== "inner";
    expect(texts.filter(isOuter)).toEqual(play.taken.filter(isOuter));
    expect(play.port.statistics()).toMatchObject({ sent: play.taken.length, queued: 0, dropped: play.refused, sendFailed: 0 });
    await play.stage.reactor.stop();
    expect(strays).toEqual([]);
  });

  test.for(Object.entries(ENDS))("a clock that %s: each datagram left once, or is in a counter", async ([, end]) => {
    const strays = strayFailures();
    const play = new Play(method);
    for (let i = 0; i < WRITTEN; i++) {
      if (i === TURN + 5) play.clock.act = () => play.end(end);
      if (i % 200 === 0) play.setRate();
      play.write(`outer ${i}`);
      if (i % TURN === TURN - 1) await turn();
    }
    await play.clock.manual.advance(60_000);
    const { texts } = play.listening.socket;
    expect(new Set(texts).size).toBe(texts.length);
    assertSendsCounted(play.port.statistics(), play.taken.length + play.refused);
    expect(play.port.statistics()).toMatchObject({ sent: texts.length, queued: 0, sendFailed: 0 });
    await play.stage.reactor.stop();
    expect(strays).toEqual([]);
  });
});

test("a clock that calls back before schedule() returns is told of, and holds nothing back", async () => {
  const strays = strayFailures();
  const manual = new ManualClock();
  const clock: Clock = {
    nowMs: () => manual.nowMs(),
    schedule(_, call) {
      call(); // no time has passed
      return { cancel() {} };
    },
    hold: () => () => {},
  };
  const stage = new Stage({}, { clock });
  const { port, socket } = stage.listen({ maxBytesPerSecond: RATE });
  const texts = Array.from({ length: WRITTEN }, (_, i) => `${i}`);
  const errors: Error[] = [];
  stage.reactor.on("error", (error) => errors.push(error));
  for (const text of texts) port.write(text, TO);
  await turn();
  expect(socket.texts).toEqual(texts);
  expect(errors[0]).toMatchObject({ name: "TypeError", message: expect.stringContaining("schedule()") });
  expect(strays).toEqual([]);
});
