// Waits for a state that nobody announces, such as a link coming up.
import { setTimeout as delay } from "node:timers/promises";

const POLL_INTERVAL_MS = 10;
const DEFAULT_DEADLINE_MS = 20_000; // bounds a hang, also on a machine that is busy

/** How long to wait, and for what. */
export interface Waiting {
  /** Words for the failure: "eth0 is up". */
  readonly what: string;
  readonly deadlineMs?: number;
}

/**
 * Asks again and again until the answer is yes.
 *
 * @throws Error that names what was waited for, when the deadline passes first.
 */
export async function until(isReached: () => Promise<boolean> | boolean, waiting: Waiting): Promise<void> {
  const deadlineMs = waiting.deadlineMs ?? DEFAULT_DEADLINE_MS;
  const endMs = performance.now() + deadlineMs;
  while (!(await isReached())) {
    if (performance.now() > endMs) throw new Error(`Waited ${deadlineMs} ms in vain: ${waiting.what}`);
    await delay(POLL_INTERVAL_MS);
  }
}
