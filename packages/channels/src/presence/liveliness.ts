/**
 * Finds by its heartbeats whether a node is alive.
 *
 * Theory of operation: each heartbeat announces the longest time until the next one. After three such periods without any the node is gone.
 * That is late if periods are long, so nodes with a period above two seconds announce that they answer questions. When a heartbeat of such
 * a node is a second late, the node is suspected, and another node asks for it on the channel of heartbeats. All others receive the question
 * and the answer. Each waits a random time first, and a node that receives the question of another waits again, so that about one asks (as
 * receivers do with NACKs, RFC 5740, 5.3). After one and a half periods and a second without an answer, and so after three questions, the
 * node is gone.
 *
 * A node is proven once it was heard, without such a gap, for three of the periods that it announces: inventing a node takes as long.
 */
import type { Heartbeat } from "./heartbeat.js";

const MISSED_BEATS = 3;
const PROOF_PERIODS = 3;
const SHORTEST_PERIOD_MS = 10;
const LONGEST_PERIOD_MS = 60_000; // a node that announces more is gone as soon as if it had announced this
const LONG_PERIOD_MS = 2000; // above it nodes answer questions
const LATE_MS = 1000; // until a heartbeat counts as overdue, as programs are busy at times
const PATIENCE = 1.5; // periods until a node that does not answer is gone
const FIRST_WAIT = 1 / 16; // of a period: longest time until the first question
const NEXT_WAIT = 1 / 8; // the same, until the next

/** Whether a node with this period says that it answers questions. */
export function answersQuestions(periodMs: number): boolean {
  return periodMs > LONG_PERIOD_MS;
}

/** Returns the time for which a node that has sent a heartbeat answers no question: anybody can ask. */
export function quietAfterBeatMs(periodMs: number): number {
  return periodMs / 4;
}

/** Returns the longest time that a node takes to answer: not all of those that one question is for answer at once. */
export function answerWithinMs(periodMs: number): number {
  return periodMs / 32;
}

export class Liveliness {
  #periodMs = LONGEST_PERIOD_MS;
  #sinceMs: number | undefined; // it was not silent since
  #latestMs = 0;
  #answers = false;
  #askMs: number | undefined; // time of the next question, while the node is suspected

  /** Period that the node has announced, in milliseconds, within bounds. */
  get periodMs(): number {
    return this.#periodMs;
  }

  /** Whether a heartbeat is overdue, and is asked for. */
  get isSuspected(): boolean {
    return this.#askMs !== undefined;
  }

  /** Whether it was heard for several of its periods. A longer period than before has to be kept as well. */
  get isProven(): boolean {
    return this.#latestMs - (this.#sinceMs ?? this.#latestMs) >= PROOF_PERIODS * this.#periodMs;
  }

  /** Takes a heartbeat. */
  heard({ periodMs, answers }: Heartbeat, nowMs: number): void {
    if (this.#sinceMs === undefined || this.isSilent(nowMs)) this.#sinceMs = nowMs;
    this.#periodMs = Math.min(Math.max(periodMs, SHORTEST_PERIOD_MS), LONGEST_PERIOD_MS);
    this.#answers = answers === true && answersQuestions(this.#periodMs);
    this.#latestMs = nowMs;
    this.#askMs = undefined;
  }

  /** Whether the node is gone. One that nobody has asked for is gone after three periods. */
  isSilent(nowMs: number): boolean {
    const patienceMs = this.isSuspected ? PATIENCE * this.#periodMs + LATE_MS : MISSED_BEATS * this.#periodMs;
    return nowMs - this.#latestMs >= patienceMs;
  }

  /** Returns whether to ask for the node now; if so, takes the question as asked. */
  takeQuestion(nowMs: number, random: () => number): boolean {
    if (!this.#answers || nowMs - this.#latestMs < this.#periodMs + LATE_MS) return false;
    this.#askMs ??= nowMs + random() * FIRST_WAIT * this.#periodMs;
    if (nowMs < this.#askMs) return false;
    this.asked(nowMs, random);
    return true;
  }

  /** Notes that somebody has asked for the node. */
  asked(nowMs: number, random: () => number): void {
    if (this.isSuspected) this.#askMs = nowMs + (1 + random()) * 0.5 * NEXT_WAIT * this.#periodMs;
  }
}
