/**
 * Time that stands still until the program moves it.
 *
 * The clock jumps from one due call to the next, in order of their times, ties in the order they were scheduled; calls that are
 * scheduled meanwhile take part. Everything that a call has caused runs before the next call, as between two timers of Node: ticks,
 * microtasks, promise chains of any length. Nothing here waits for the real clock: an hour passes as fast as its calls.
 */
import {
  type CallOrigin,
  type Clock,
  callOrigin,
  checkDelay,
  outOfRange,
  type ScheduledCall,
  StateError,
  wrongType,
} from "@groupcast/base";
import { type Due, EventQueue } from "./event-queue.js";
import { MEMORY_ERRORS } from "./memory-errors.js";

const DEFAULT_LIMIT_MS = 3_600_000; // one hour: more than a test waits for, little enough to fail soon
const COMPACT_ABOVE = 64; // cancelled calls that may lie in the queue before it is swept

const HAND_OVERS = 3; // between microtasks and ticks; each runs all that are queued of both, and those they queue of their own kind
const CALLS_PER_TURN = 32; // then the event loop gets its turn too: I/O does not starve, and the turn's microsecond is shared

// Kept from the start, so that a test that replaces the global timers does not stop this clock.
const endOfTurn = setImmediate;
const { nextTick } = process;

/** Limit of {@link ManualClock.runUntil} and {@link ManualClock.runUntilIdle}. */
export interface RunLimit {
  /** Milliseconds of this clock after which they give up; default 3,600,000 (an hour). */
  readonly limitMs?: number | undefined;
}

/** Options of {@link ManualClock}. */
export interface ManualClockOptions {
  /** First value of `nowMs()`; default 0. */
  readonly startMs?: number | undefined;
}

/** The call that a rejection belongs to. */
interface Waiting {
  readonly operation: string;
  readonly origin: CallOrigin;
}

/**
 * A `Clock` for tests, which moves only when the program moves it.
 *
 * @example
 * ```ts
 * import { ManualClock } from "@groupcast/backend-memory";
 *
 * const clock = new ManualClock();
 * clock.schedule(1000, () => console.log("a second has passed"));
 * await clock.advance(1000);
 * ```
 */
export class ManualClock implements Clock {
  #nowMs: number;
  #sequence = 0;
  #cancelled = 0;
  #calls = 0;
  #turn: Promise<void> = Promise.resolve();
  readonly #queue = new EventQueue<ManualCall>();

  /** Makes a clock that shows `startMs`. */
  constructor({ startMs = 0 }: ManualClockOptions = {}) {
    this.#nowMs = startMs;
  }

  /** Returns the time in milliseconds. It changes only inside {@link advance}, {@link runUntil} and {@link runUntilIdle}. */
  nowMs(): number {
    return this.#nowMs;
  }

  /** Calls `fn` once, when the clock has moved on by `delayMs`. A negative delay counts as 0. */
  schedule(delayMs: number, fn: () => void): ScheduledCall {
    const call = new ManualCall({ dueMs: this.#nowMs + Math.max(0, delayMs), sequence: this.#sequence++ }, fn, this.#noteCancelled);
    this.#queue.push(call);
    return call;
  }

  /** Does nothing: a clock that only the program moves keeps no process alive. */
  hold(): () => void {
    return () => {};
  }

  /** Number of calls that wait. */
  get pendingCalls(): number {
    return this.#queue.size - this.#cancelled;
  }

  /**
   * Moves the clock `ms` on and makes every call that becomes due, each at its own time.
   *
   * Timing: settles when the last of them, and all that it has caused, has run. Calls of this method and its siblings wait for each other.
   *
   * @param ms - Milliseconds, 0 or more. 0 makes the calls that are due now, and delivers datagrams on links without delay.
   * @throws InvalidArgumentError `ERR_ARGUMENT_RANGE`. A call that throws rejects the promise, and leaves the clock at its time.
   */
  advance(ms: number): Promise<void> {
    checkDelay("advance", "ms", ms);
    return this.#inTurn(() => this.#runTo(this.#nowMs + ms));
  }

  /**
   * Moves the clock until `condition` holds, which is checked after each call, or to the time `condition`.
   *
   * @param condition - A predicate, or a time in milliseconds as {@link nowMs} returns it, not earlier than now.
   * @throws StateError `ERR_CLOCK_LIMIT`, as a rejection: no call is left, or `limitMs` have passed, and it does not hold.
   * @throws InvalidArgumentError `ERR_ARGUMENT_RANGE`: the time has passed already.
   */
  runUntil(condition: (() => boolean) | number, { limitMs = DEFAULT_LIMIT_MS }: RunLimit = {}): Promise<void> {
    if (typeof condition === "function") {
      const origin = callOrigin();
      return this.#inTurn(() => this.#runWhile(() => !condition(), limitMs, { operation: "runUntil", origin }));
    }
    if (typeof condition !== "number")
      throw wrongType("runUntil", "condition", condition, "a function that returns whether it holds, or a time");
    if (!(condition >= this.#nowMs)) {
      throw outOfRange("runUntil", "condition", condition, `a time from ${this.#nowMs} ms on, since this clock does not go back`);
    }
    return this.#inTurn(() => this.#runTo(condition));
  }

  /**
   * Moves the clock until no call waits any more. A protocol with beacons is never idle: use {@link runUntil} or {@link advance} there.
   *
   * @throws StateError `ERR_CLOCK_LIMIT`, as a rejection: calls still wait after `limitMs`.
   */
  runUntilIdle({ limitMs = DEFAULT_LIMIT_MS }: RunLimit = {}): Promise<void> {
    const call = { operation: "runUntilIdle", origin: callOrigin() };
    return this.#inTurn(async () => {
      do await this.#runWhile(() => this.pendingCalls > 0, limitMs, call);
      while (this.pendingCalls > 0);
    });
  }

  #inTurn(run: () => Promise<void>): Promise<void> {
    const result = this.#turn.then(run);
    this.#turn = result.catch(() => {}); // the next one starts all the same; the caller of this one has the rejection
    return result;
  }

  async #runTo(targetMs: number): Promise<void> {
    await turnEnded();
    do {
      while (this.#makeNextCall(targetMs)) await this.#settled();
      await turnEnded(); // a slower consequence of the calls may have scheduled another
    } while (this.#isDue(targetMs));
    this.#nowMs = Math.max(this.#nowMs, targetMs);
  }

  async #runWhile(isWanted: () => boolean, limitMs: number, call: Waiting): Promise<void> {
    await turnEnded();
    const deadlineMs = this.#nowMs + limitMs;
    while (isWanted()) {
      if (this.#makeNextCall(deadlineMs)) await this.#settled();
      else await this.#lastChance(() => !isWanted() || this.#isDue(deadlineMs), call);
    }
    await turnEnded();
  }

  async #lastChance(isWellNow: () => boolean, { operation, origin }: Waiting): Promise<void> {
    await turnEnded(); // a slower consequence of the calls may have changed something
    if (!isWellNow()) throw new StateError(MEMORY_ERRORS.ERR_CLOCK_LIMIT, operation, {}, { origin });
  }

  #isDue(deadlineMs: number): boolean {
    return (this.#queue.peek()?.dueMs ?? Number.POSITIVE_INFINITY) <= deadlineMs;
  }

  /** Settles when all that the last call has caused has run. */
  #settled(): Promise<void> {
    this.#calls += 1;
    return this.#calls % CALLS_PER_TURN === 0 ? turnEnded() : handedOver();
  }

  /** Makes the first call that is due by `deadlineMs`; returns false if there is none. */
  #makeNextCall(deadlineMs: number): boolean {
    for (let call = this.#queue.peek(); call !== undefined && call.dueMs <= deadlineMs; call = this.#queue.peek()) {
      this.#queue.pop();
      const fn = call.take();
      if (fn === undefined) {
        this.#cancelled -= 1;
        continue;
      }
      this.#nowMs = Math.max(this.#nowMs, call.dueMs);
      fn();
      return true;
    }
    return false;
  }

  readonly #noteCancelled = (): void => {
    this.#cancelled += 1;
    if (this.#cancelled <= COMPACT_ABOVE || this.#cancelled * 2 < this.#queue.size) return;
    this.#queue.retain((call) => call.isPending); // a timer that is put off again and again must not fill the queue
    this.#cancelled = 0;
  };
}

class ManualCall implements ScheduledCall, Due {
  readonly dueMs: number;
  readonly sequence: number;
  readonly #cancelled: () => void;
  #fn: (() => void) | undefined;

  constructor({ dueMs, sequence }: Due, fn: () => void, cancelled: () => void) {
    this.dueMs = dueMs;
    this.sequence = sequence;
    this.#fn = fn;
    this.#cancelled = cancelled;
  }

  get isPending(): boolean {
    return this.#fn !== undefined;
  }

  cancel(): void {
    if (this.take() !== undefined) this.#cancelled();
  }

  /** Returns the function, once; afterwards the call neither runs nor can be cancelled. */
  take(): (() => void) | undefined {
    const fn = this.#fn;
    this.#fn = undefined;
    return fn;
  }
}

/** Settles when all ticks and microtasks, and those they queue, have run: some 300 ns. */
function handedOver(): Promise<void> {
  return new Promise((resolve) => {
    let left = HAND_OVERS;
    const handOver = (): void => {
      left -= 1;
      if (left < 0) resolve();
      else nextTick(toMicrotask);
    };
    const toMicrotask = (): void => queueMicrotask(handOver);
    handOver();
  });
}

/** Settles in the next turn of the event loop, with nothing left to run: one or two microseconds. */
function turnEnded(): Promise<void> {
  return new Promise((resolve) => {
    endOfTurn(resolve);
  });
}
