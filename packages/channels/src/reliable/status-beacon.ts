import type { Clock, ScheduledCall } from "@groupcast/base";

const SOON_MS = 20; // after a packet; in a stream of packets 50 a second
const SLOWEST_MS = 5000;
const GREETING_MS = 1; // for several subscribers that appear at a time

/**
 * Says when a sender tells all which number comes next, so that receivers notice the loss of the last packets: soon after a packet, and then
 * ever more slowly.
 */
export class StatusBeacon {
  readonly #clock: Clock;
  readonly #tell: () => void;
  #delayMs = SOON_MS;
  #hasSent = false;
  #activeMs = Number.NEGATIVE_INFINITY;
  #isSoon = false;
  #next: ScheduledCall | undefined;

  constructor(clock: Clock, tell: () => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** Time of the latest packet, or up to 20 ms later: reading the clock for each packet takes longer than the rest of it. */
  get activeMs(): number {
    return this.#hasSent ? this.#clock.nowMs() : this.#activeMs;
  }

  /** Notes that a packet was sent. */
  packetSent(): void {
    this.#hasSent = true;
    if (!this.#isSoon) this.#schedule(SOON_MS);
  }

  /** Tells soon, as somebody has come. */
  greet(): void {
    if (!this.#isSoon) this.#schedule(GREETING_MS);
  }

  /** Tells no more. */
  close(): void {
    this.#next?.cancel();
  }

  #schedule(delayMs: number): void {
    this.#next?.cancel();
    this.#delayMs = delayMs;
    this.#isSoon = delayMs <= SOON_MS;
    this.#next = this.#clock.schedule(delayMs, () => {
      const hasSent = this.#hasSent;
      this.#activeMs = this.activeMs;
      this.#hasSent = false;
      this.#schedule(hasSent ? SOON_MS : Math.min(Math.max(SOON_MS, 2 * this.#delayMs), SLOWEST_MS));
      this.#tell(); // last, as it may close the beacon
    });
  }
}
