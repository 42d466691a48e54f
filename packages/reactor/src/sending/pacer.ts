/**
 * The rate of a port: the time at which its next datagram may leave.
 *
 * Theory of operation: a token bucket that counts time instead of bytes. `#paidUntilMs` is the time at which all that has left is paid for,
 * at the rate; the distance from there to now is the *credit*. Datagrams leave as long as the credit pays for them. A datagram that is
 * worth more than {@link BURST_MS} leaves when that much is there, and is paid for afterwards. A port that has nothing to send saves no
 * more than that. When datagrams wait, the next wake-up is at a credit of {@link WAKE_UP_MS} or more, so that not each of them costs one.
 *
 * Node's timers count whole milliseconds, and a busy program is late. What a wake-up is late by, up to {@link MAX_LATE_MS}, is credit too:
 * otherwise each would cost some of the rate.
 *
 * The kernel's own pacing (SO_MAX_PACING_RATE) is not used: see docs/decisions, the rate of a port.
 */
import type { Family, SendBatch } from "@groupcast/backend";
import { type Clock, callGuarded, type ScheduledCall } from "@groupcast/base";

const BURST_MS = 1;
const WAKE_UP_MS = 0.5;
const MAX_LATE_MS = 20; // 2 % of a second
const ROUNDING_MS = 1e-6; // error of sums of fractions: far below a byte's time
const MS_PER_S = 1000;

/** Bytes that IP and UDP add to a payload (RFC 791, RFC 8200, RFC 768). */
const HEADER_BYTES: Readonly<Record<Family, number>> = { 4: 20 + 8, 6: 40 + 8 };

/** Dependencies of {@link Pacer}. */
export interface PacerOwner {
  readonly clock: Clock;
  readonly family: Family;
  readonly bytesPerSecond: number;
  /** Datagrams that had to wait may be tried again. Called from the clock. */
  readonly isDue: () => void;
  /** Reports what the clock threw. Datagrams do not wait for such a clock. */
  readonly report: (thrown: unknown) => void;
}

/** Pacer of one port. */
export class Pacer {
  readonly #owner: PacerOwner;
  readonly #msPerByte: number;
  #paidUntilMs = Number.NEGATIVE_INFINITY;
  #lookedAtMs = Number.NEGATIVE_INFINITY; // time of the last call of admit()
  #isWaiting = false;
  #scheduled: ScheduledCall | undefined;

  /** Starts with the credit of one burst. */
  constructor(owner: PacerOwner) {
    this.#owner = owner;
    this.#msPerByte = MS_PER_S / owner.bytesPerSecond;
  }

  /** Returns the number of the first of datagrams `from` … `to - 1` that has to wait. If that is `from`, calls `isDue` later. */
  admit(batch: SendBatch, from: number, to: number): number {
    let end = to;
    callGuarded(() => {
      const nowMs = this.#owner.clock.nowMs();
      this.#forfeit(nowMs);
      const unpaid = this.#firstUnpaid(nowMs - this.#paidUntilMs, batch, from, to);
      this.#isWaiting = unpaid === from;
      if (this.#isWaiting) this.#wait(nowMs, this.#neededMs(batch, from));
      end = unpaid; // last: if the clock throws, nothing would end a wait
    }, this.#owner.report);
    return end;
  }

  /** Charges for datagrams `from` … `to - 1`, which the network took or refused. */
  charge(batch: SendBatch, from: number, to: number): void {
    this.#paidUntilMs += this.#costMs(batch, from, to);
  }

  /** Waits no more. */
  stop(): void {
    const scheduled = this.#scheduled;
    this.#scheduled = undefined;
    this.#isWaiting = false;
    callGuarded(() => scheduled?.cancel(), this.#owner.report);
  }

  /** Forfeits credit that is too old. */
  #forfeit(nowMs: number): void {
    this.#paidUntilMs = Math.max(this.#paidUntilMs, nowMs - this.#keptMs(nowMs));
    this.#lookedAtMs = nowMs;
  }

  /** Returns how much credit is valid. What a late wake-up left over is, if there is more to send right after it. */
  #keptMs(nowMs: number): number {
    if (this.#isWaiting) return BURST_MS + MAX_LATE_MS;
    const isBusy = nowMs - this.#lookedAtMs <= BURST_MS;
    return isBusy ? Math.max(BURST_MS, this.#lookedAtMs - this.#paidUntilMs) : BURST_MS;
  }

  #firstUnpaid(creditMs: number, batch: SendBatch, from: number, to: number): number {
    let leftMs = creditMs + ROUNDING_MS;
    let index = from;
    for (; index < to && leftMs >= this.#neededMs(batch, index); index++) leftMs -= this.#costMs(batch, index, index + 1);
    return index;
  }

  #wait(nowMs: number, neededMs: number): void {
    const delayMs = this.#paidUntilMs + Math.max(neededMs, WAKE_UP_MS) - nowMs;
    this.#scheduled ??= this.#owner.clock.schedule(Math.max(0, delayMs), () => {
      this.#scheduled = undefined;
      this.#owner.isDue();
    });
    this.#scheduled.unref?.(); // the port keeps the process alive, or not
  }

  /** Returns the credit that a datagram leaves at: its own cost, or that of a burst if it is longer. */
  #neededMs(batch: SendBatch, index: number): number {
    return Math.min(this.#costMs(batch, index, index + 1), BURST_MS);
  }

  #costMs({ offsets }: SendBatch, from: number, to: number): number {
    return (offsets[to]! - offsets[from]! + (to - from) * HEADER_BYTES[this.#owner.family]) * this.#msPerByte;
  }
}
