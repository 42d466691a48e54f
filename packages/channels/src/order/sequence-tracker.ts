/**
 * Finds whether a message came in order.
 *
 * Theory of operation: the tracker keeps the newest number of each source of a channel. A message's *lead* is its distance from that
 * number: 1 is in order, more means that some are missing before it, 0 is a repeat of the newest, less than 0 is late. Differences are
 * taken modulo 2 ** 32 (RFC 1982), so numbers wrap. A sender that starts again counts from 0, and its messages must not count as late until
 * it has caught up; {@link hasStartedAgain} detects it. All sources of a node are in one table, which evicts the one that was silent for
 * longest.
 */
import type { RecentEntry, RecentTable } from "./recent-table.js";

const LARGEST_GAP = 1 << 20; // numbers; at full rate more than a second of loss
const DELAY_MS = 1000; // no network, and no second path through relays, holds a message back that long
const STARTING_MS = 100; // a program that starts again is silent for at least that long

/** State of one source on one channel. */
export interface SourceState {
  newest: number;
  advancedMs: number; // when the newest came
}

/** Sequence numbers of a message: one, or one for each of its fragments. */
export interface SequenceSpan {
  readonly first: number;
  readonly last: number;
}

export class SequenceTracker {
  readonly #channel: string;
  readonly #sources: RecentTable<SourceState>;
  #previous: { readonly source: object; readonly entry: RecentEntry<SourceState> } | undefined;
  #restarts = 0;

  /** @param sources - All channels of a node share it. */
  constructor(channel: string, sources: RecentTable<SourceState>) {
    this.#channel = channel;
    this.#sources = sources;
  }

  /** Number of times that a source has started again. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Returns the lead of a message with the numbers from `first` to `last`. A message that is ahead becomes the newest. */
  lead(source: { readonly id: string }, first: number, last: number, nowMs: number): number {
    const state = this.#stateOf(source, last, nowMs);
    if (state === undefined) return 1;
    const lead = leadOf(state.newest, first, last);
    const isRestart = hasStartedAgain(lead, first, nowMs - state.advancedMs);
    if (isRestart) this.#restarts++;
    if (!isRestart && lead <= 0) return lead;
    state.newest = last;
    state.advancedMs = nowMs;
    return isRestart ? 1 : lead;
  }

  /** Returns the state of a source; undefined for its first message. */
  #stateOf(source: { readonly id: string }, newest: number, advancedMs: number): SourceState | undefined {
    // Mostly one source sends several messages in a row; then nothing has to be looked up.
    if (this.#previous?.source === source && this.#sources.renew(this.#previous.entry)) return this.#previous.entry.value;
    let isNew = false;
    const entry = this.#sources.use(`${this.#channel}\0${source.id}`, () => {
      isNew = true;
      return { newest, advancedMs };
    });
    this.#previous = { source, entry };
    return isNew ? undefined : entry.value;
  }
}

/** When a relay sends several sources as one, parts of a message may be behind the newest; then its last number decides. */
function leadOf(newest: number, first: number, last: number): number {
  const lead = (first - newest) | 0;
  if (lead > 0 || first === last) return lead;
  return Math.min(1, (last - newest) | 0);
}

/**
 * Whether a message comes from a sender that started again, and is not late, a copy by a second path or the first after a loss.
 *
 * @param lead - Its distance from the newest.
 * @param sinceMs - Time since the newest came, in milliseconds.
 */
export function hasStartedAgain(lead: number, sequence: number, sinceMs: number): boolean {
  if (Math.abs(lead) > LARGEST_GAP) return true; // another counter: nobody loses, or holds back, so many
  return lead <= 0 && sinceMs >= (sequence === 0 ? STARTING_MS : DELAY_MS);
}
