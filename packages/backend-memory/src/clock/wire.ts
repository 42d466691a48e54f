/**
 * Everything that is in flight, and the sockets that wait to be woken.
 *
 * One call of the clock does all that is due at one instant: first the arrivals, in the order they were sent, then one wake-up of
 * each socket that has asked for it. Whatever those cause happens in the next call, at the same instant if nothing takes time.
 */
import type { Clock, ScheduledCall } from "@groupcast/base";
import { type Due, EventQueue } from "./event-queue.js";

const TOLERANCE_MS = 1e-6; // sums of fractions differ in their last bit; a nanosecond is no time

/** A place where cargo arrives. */
export interface Receiver<Cargo> {
  arrive(cargo: Cargo): void;
}

/** Something to be called once, soon, from the event loop. */
export interface Sleeper {
  wake(): void;
}

interface Transit extends Due {
  readonly receiver: Receiver<unknown>;
  readonly cargo: unknown;
}

const CALLER: Receiver<() => void> = { arrive: (fn) => fn() };

/** The time line of a network. */
export class Wire {
  readonly #clock: Clock;
  readonly #later = new EventQueue<Transit>();
  readonly #now: Transit[] = []; // transits that take no time, in order
  #woken: Sleeper[] = [];
  #sequence = 0;
  #armed: ScheduledCall | undefined;
  #armedAtMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  /** Delivers `cargo` in `delayMs`, never inside this call. */
  carry<Cargo>(delayMs: number, receiver: Receiver<Cargo>, cargo: Cargo): void {
    const nowMs = this.#clock.nowMs();
    const transit: Transit = { dueMs: nowMs + delayMs, sequence: this.#sequence++, receiver: receiver as Receiver<unknown>, cargo };
    if (delayMs > 0) this.#later.push(transit);
    else this.#now.push(transit);
    this.#arm(transit.dueMs, nowMs);
  }

  /** Calls `fn` in `delayMs`, never inside this call. */
  call(delayMs: number, fn: () => void): void {
    this.carry(delayMs, CALLER, fn);
  }

  /** Wakes `sleeper` after all that arrives at this instant, never inside this call. The caller asks once. */
  wakeSoon(sleeper: Sleeper): void {
    this.#woken.push(sleeper);
    const nowMs = this.#clock.nowMs();
    this.#arm(nowMs, nowMs);
  }

  #arm(dueMs: number, nowMs: number): void {
    if (dueMs >= this.#armedAtMs) return;
    this.#armed?.cancel();
    this.#armedAtMs = dueMs;
    this.#armed = this.#clock.schedule(dueMs - nowMs, this.#run);
  }

  readonly #run = (): void => {
    this.#armedAtMs = Number.NEGATIVE_INFINITY; // nothing has to be armed while this runs
    this.#armed = undefined;
    try {
      this.#land(this.#clock.nowMs() + TOLERANCE_MS);
      this.#wakeAll();
    } finally {
      this.#rearm();
    }
  };

  #land(untilMs: number): void {
    for (let next = this.#later.peek(); next !== undefined && next.dueMs <= untilMs; next = this.#later.peek()) {
      this.#later.pop();
      next.receiver.arrive(next.cargo);
    }
    const now = this.#now;
    for (let index = 0; index < now.length; index++) now[index]!.receiver.arrive(now[index]!.cargo);
    now.length = 0;
  }

  #wakeAll(): void {
    const sleepers = this.#woken;
    this.#woken = [];
    let index = 0;
    try {
      for (; index < sleepers.length; index++) sleepers[index]!.wake();
    } catch (error) {
      this.#woken = [...sleepers.slice(index + 1), ...this.#woken]; // one that throws takes nothing from the others
      throw error;
    }
  }

  #rearm(): void {
    this.#armedAtMs = Number.POSITIVE_INFINITY;
    const nowMs = this.#clock.nowMs();
    if (this.#now.length > 0 || this.#woken.length > 0) this.#arm(nowMs, nowMs);
    else {
      const next = this.#later.peek();
      if (next !== undefined) this.#arm(next.dueMs, nowMs);
    }
  }
}
