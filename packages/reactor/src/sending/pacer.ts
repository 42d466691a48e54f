/**
 * The rate of a port: the time at which its next datagram may leave.
 *
 * Theory of operation: a token bucket that counts time instead of bytes. The *credit* is the time that pays for what leaves next, at the
 * rate: it grows as time passes, and each datagram that leaves takes its own away. A datagram that is worth more than {@link BURST_MS}
 * leaves when that much is there, and is paid for afterwards. A port that has nothing to send saves no more than that. When datagrams wait,
 * the next wake-up is at a credit of {@link WAKE_UP_MS} or more, so that not each of them costs one.
 *
 * Node's timers count whole milliseconds, and a busy program is late. What a wake-up is late by, up to {@link MAX_LATE_MS}, is credit too:
 * otherwise each would cost some of the rate. What such a wake-up leaves over is for datagrams that come right after it: it is forfeited at
 * the first pause, and in any case {@link MAX_LATE_MS} later. In the first millisecond it grows, so that a program that fills the queue on
 * `drain` keeps the rate: at 1 GB/s the time that this takes was 3 % of it.
 *
 * The clock is the user's code, which may write, flush or stop the port. So it is asked only by {@link Pacer.look} and {@link Pacer.wait},
 * which the queue calls before and after it sends, and never in between.
 *
 * The kernel's own pacing (SO_MAX_PACING_RATE) is not used: see docs/decisions, the rate of a port.
 */
import type { Family, SendBatch } from "@groupcast/backend";
import { type Clock, callGuarded, preview, type ScheduledCall } from "@groupcast/base";

const BURST_MS = 1;
const WAKE_UP_MS = 0.5;
const MAX_LATE_MS = 20; // 2 % of a second
const ROUNDING_MS = 1e-3; // a clock that counts from 1970 shows fractions of 2.4e-4 ms: a wait may end that much too early
const MS_PER_S = 1000;

/** Bytes that IP and UDP add to a payload (RFC 791, RFC 8200, RFC 768). */
const HEADER_BYTES: Readonly<Record<Family, number>> = { 4: 20 + 8, 6: 40 + 8 };

/** Dependencies of {@link Pacer}. */
export interface PacerOwner {
  readonly clock: Clock;
  readonly family: Family;
  /** Datagrams that had to wait may be tried again. Called from the clock. */
  readonly isDue: () => void;
  /** Reports what the clock threw, or that it showed no time. Datagrams do not wait for such a clock. */
  readonly report: (thrown: unknown) => void;
}

/** Pacer of one port. */
export class Pacer {
  readonly #owner: PacerOwner;
  #bytesPerSecond: number;
  #creditMs = BURST_MS;
  #lookedAtMs: number | undefined; // time of the last call of look()
  #wokenAtMs = Number.NEGATIVE_INFINITY; // time of the last one that ended a wait
  #hasTime = false; // whether the clock told the time when it was asked last
  #neededMs = 0; // credit that the first datagram that waits leaves at
  #isWaiting = false;
  #scheduled: ScheduledCall | undefined;

  /** Starts with the credit of one burst. */
  constructor(owner: PacerOwner, bytesPerSecond: number) {
    this.#owner = owner;
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** Rate. */
  get bytesPerSecond(): number {
    return this.#bytesPerSecond;
  }

  /** Goes on at another rate, at which the bytes that have left are still to be paid for. Call after {@link Pacer.stop}. */
  changeTo(bytesPerSecond: number): void {
    this.look();
    const ratio = this.#bytesPerSecond / bytesPerSecond;
    const lateMs = Math.max(0, this.#creditMs - BURST_MS);
    if (this.#creditMs < 0) this.#creditMs *= ratio;
    else this.#creditMs -= lateMs * (1 - Math.min(1, ratio)); // at a higher rate it would pay for more than what was held up
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** Asks the clock for the time, which then counts until the next call. */
  look(): void {
    this.#hasTime = false;
    callGuarded(() => {
      this.#addTime(this.#nowMs());
      this.#hasTime = true;
    }, this.#owner.report);
  }

  /** Returns the number of the first of datagrams `from` … `to - 1` that has to wait. If that is `from`, call {@link Pacer.wait} afterwards. */
  admit(batch: SendBatch, from: number, to: number): number {
    if (!this.#hasTime) return to;
    const unpaid = this.#firstUnpaid(batch, from, to);
    this.#isWaiting = unpaid === from;
    if (this.#isWaiting) this.#neededMs = this.#neededMsOf(batch, from);
    return unpaid;
  }

  /** Charges for datagrams `from` … `to - 1`, which the network took or refused. */
  charge(batch: SendBatch, from: number, to: number): void {
    this.#creditMs -= this.#costMs(batch, from, to);
  }

  /**
   * Calls `isDue` when the time of the first datagram that waits has come. Returns false when the clock does not schedule that: then
   * {@link Pacer.admit} lets everything leave, as nothing would end the wait.
   */
  wait(): boolean {
    if (!this.#isWaiting || this.#scheduled !== undefined) return true;
    callGuarded(() => this.#schedule(Math.max(this.#neededMs, WAKE_UP_MS) - this.#creditMs), this.#owner.report);
    if (this.#scheduled !== undefined) return true;
    this.#hasTime = this.#isWaiting = false;
    return false;
  }

  /** Stops waiting. */
  stop(): void {
    const scheduled = this.#scheduled;
    this.#scheduled = undefined;
    callGuarded(() => scheduled?.cancel(), this.#owner.report);
  }

  #schedule(delayMs: number): void {
    let hasReturned = false;
    const scheduled = this.#owner.clock.schedule(delayMs, () => {
      if (!hasReturned) throw new TypeError("schedule() of the reactor's clock called back before it returned");
      this.#scheduled = undefined;
      this.#owner.isDue();
    });
    hasReturned = true;
    scheduled.unref?.(); // the port keeps the process alive, or not
    this.#scheduled = scheduled;
  }

  /** Returns the time. @throws TypeError The clock has none: the credit would never be a number again, and everything would wait. */
  #nowMs(): number {
    const nowMs: unknown = this.#owner.clock.nowMs();
    if (typeof nowMs === "number" && Number.isFinite(nowMs)) return nowMs;
    throw new TypeError(`nowMs() of the reactor's clock returned ${preview(nowMs)}, not a finite number`);
  }

  /** Adds the time that has passed to the credit, and forfeits what is too much. A clock that went back has counted no time. */
  #addTime(nowMs: number): void {
    const passedMs = Math.max(0, nowMs - (this.#lookedAtMs ?? nowMs));
    if (this.#isWaiting) this.#wokenAtMs = nowMs;
    this.#creditMs = Math.min(this.#creditMs + passedMs, this.#largestCreditMs(nowMs, passedMs));
    this.#lookedAtMs = nowMs;
  }

  /** Returns how much credit there may be. What a late wake-up left over is valid, if there is more to send right after it. */
  #largestCreditMs(nowMs: number, passedMs: number): number {
    if (this.#isWaiting) return BURST_MS + MAX_LATE_MS;
    const awakeMs = nowMs - this.#wokenAtMs;
    if (passedMs > BURST_MS || awakeMs < 0 || awakeMs > MAX_LATE_MS) return BURST_MS; // below 0: the clock went back
    return Math.max(BURST_MS, this.#creditMs + (awakeMs <= BURST_MS ? passedMs : 0));
  }

  #firstUnpaid(batch: SendBatch, from: number, to: number): number {
    let leftMs = this.#creditMs + ROUNDING_MS;
    let index = from;
    for (; index < to && leftMs >= this.#neededMsOf(batch, index); index++) leftMs -= this.#costMs(batch, index, index + 1);
    return index;
  }

  /** Returns the credit that a datagram leaves at: its own cost, or that of a burst if it is longer. */
  #neededMsOf(batch: SendBatch, index: number): number {
    return Math.min(this.#costMs(batch, index, index + 1), BURST_MS);
  }

  #costMs({ offsets }: SendBatch, from: number, to: number): number {
    return (offsets[to]! - offsets[from]! + (to - from) * HEADER_BYTES[this.#owner.family]) * (MS_PER_S / this.#bytesPerSecond);
  }
}
