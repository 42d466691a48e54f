/**
 * Times at which a question is asked again.
 *
 * Each wait is twice as long as the one before, so that a congested network gets room (RFC 8085, 3.1.1), and 1 to 1.5 times as long as that,
 * so that questions which began together do not stay together (RFC 7252, 4.2).
 */

const FIRST_WAIT_MS = 1000; // an estimate for paths of unknown latency (RFC 8085, 3.1.1; RFC 6298, 2.1)
const JITTER = 0.5;

/** Times of a question that is asked several times. */
export interface AttemptPlan {
  /** Milliseconds until the question fails, all attempts together. */
  readonly timeoutMs: number;
  /** Milliseconds from the first attempt to the second, before the random share. */
  readonly firstWaitMs: number;
}

/** Returns the times of so many attempts: a second for the first wait, or less when `timeoutMs` asks for it. Default: what they need. */
export function planAttempts(attempts: number, timeoutMs?: number): AttemptPlan {
  const waits = 2 ** attempts - 1; // 1 + 2 + 4 …
  const wholeMs = timeoutMs ?? FIRST_WAIT_MS * waits;
  return { timeoutMs: wholeMs, firstWaitMs: Math.min(FIRST_WAIT_MS, wholeMs / waits) };
}

/** The waits of one question, one after another. */
export class BackOff {
  #waitMs: number;

  /** Begins with the first wait. @param firstWaitMs - Its milliseconds, before the random share. */
  constructor(firstWaitMs: number) {
    this.#waitMs = firstWaitMs;
  }

  /** Returns the next wait, in milliseconds. */
  nextMs(): number {
    const waitMs = this.#waitMs * (1 + JITTER * Math.random());
    this.#waitMs *= 2;
    return waitMs;
  }
}
