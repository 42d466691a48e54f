/**
 * Finds whether a message came in order.
 *
 * Theory of operation: the tracker keeps the newest number of each source of a channel. A message's *lead* is its distance from that
 * number: 1 is in order, more means that some are missing before it, 0 is a repeat of the newest, less than 0 is late. Differences are
 * taken modulo 2 ** 32 (RFC 1982), so numbers wrap. A sender that starts again counts from 0, and its messages must not count as late until
 * it has caught up; {@link hasStartedAgain} detects it. Numbers are not authenticated: one that is far ahead comes from the sender, after
 * a loss, or from somebody who writes in its name. So a second place is kept beside the first, and what continues either is in order, until
 * the first was silent for a second. All sources of a node are in one table, which evicts the one that was silent for longest.
 */
import type { RecentEntry, RecentTable } from "./recent-table.js";

const LARGEST_GAP = 1 << 20; // numbers; at full rate more than a second of loss
const MAX_MISORDER = 100; // numbers by which messages overtake one another (RFC 3550, A.1)
const DELAY_MS = 1000; // UDP holds no message back that long
const STARTING_MS = 100; // a program that starts again is silent for at least that long

/** A sender, as far as its order is concerned. */
export interface OrderedSource {
  readonly id: string;
  /** Longest time that its network holds a message back, in milliseconds. Default: that of UDP. */
  readonly maxDelayMs?: number;
}

/** State of one source on one channel. */
export interface SourceState {
  newest: number;
  advancedMs: number; // when the newest came
  other: number | undefined; // newest at the second place
  readonly key: string; // in the table
  readonly channelKeys: Set<string>; // of all sources of the channel
}

/** Forgets a source that the table has evicted. */
export function forgetSource({ key, channelKeys }: SourceState): void {
  channelKeys.delete(key);
}

/** Sequence numbers of a message: one, or one for each of its fragments. */
export interface SequenceSpan {
  readonly first: number;
  readonly last: number;
}

/** Order of the messages of one channel. */
export interface OrderTracker {
  /** Number of times that a source has started again. */
  readonly restarts: number;
  /** Returns the lead of a message with the numbers from `first` to `last`. A message that is ahead becomes the newest. */
  lead(source: OrderedSource, first: number, last: number, nowMs: number): number;
  /** Forgets every source of the channel, which is closed. */
  close(): void;
}

export class SequenceTracker implements OrderTracker {
  readonly #channel: string;
  readonly #sources: RecentTable<SourceState>;
  #keys: Set<string> | undefined; // of this channel's sources in the table, so that closing costs no search through all
  readonly #maxMisorder: number;
  #previous: { readonly source: object; readonly entry: RecentEntry<SourceState> } | undefined;
  #restarts = 0;

  /**
   * @param sources - All channels of a node share it. It calls {@link forgetSource} for each source that it evicts.
   * @param hasSpans - Whether messages have several numbers: then one that overtakes another is ahead by as many.
   */
  constructor(channel: string, sources: RecentTable<SourceState>, hasSpans = false) {
    this.#channel = channel;
    this.#sources = sources;
    this.#maxMisorder = hasSpans ? LARGEST_GAP : MAX_MISORDER;
  }

  get restarts(): number {
    return this.#restarts;
  }

  lead(source: OrderedSource, first: number, last: number, nowMs: number): number {
    const state = this.#stateOf(source, last, nowMs);
    if (state === undefined) return 1;
    const lead = leadOf(state.newest, first, last);
    if (this.#isNext(lead)) {
      state.newest = last;
      state.advancedMs = nowMs;
      if (state.other !== undefined && this.#isNear(state.other - last)) state.other = undefined; // the two have met
      return lead;
    }
    const atOther = state.other === undefined ? Number.NaN : leadOf(state.other, first, last);
    if (!this.#isNext(atOther) || nowMs - state.advancedMs >= DELAY_MS) return this.#unusual(state, source, { first, last }, nowMs);
    state.other = last; // no detour: each message comes here for a second after a large loss
    return atOther;
  }

  /** Returns the lead of a message that does not continue the first place. */
  #unusual(state: SourceState, { maxDelayMs = DELAY_MS }: OrderedSource, { first, last }: SequenceSpan, nowMs: number): number {
    const lead = leadOf(state.newest, first, last);
    const atOther = state.other === undefined ? Number.NaN : leadOf(state.other, first, last);
    if (this.#isNear(atOther)) {
      if (atOther > 0) advanceOther(state, last, nowMs, maxDelayMs);
      return atOther;
    }
    const isRestart = hasStartedAgain(lead, first, nowMs - state.advancedMs, maxDelayMs);
    if (isRestart) this.#restarts++;
    if (lead > 0 || lead < -LARGEST_GAP) advanceOther(state, last, nowMs, maxDelayMs);
    else if (isRestart) Object.assign(state, { newest: last, advancedMs: nowMs });
    if (isRestart) return 1;
    return atOther > 0 && atOther < lead ? atOther : lead; // a second loss, when the second place was the sender's after a first one
  }

  close(): void {
    for (const key of this.#keys ?? []) this.#sources.delete(key);
    this.#keys = undefined;
  }

  #isNext(lead: number): boolean {
    return lead > 0 && lead <= this.#maxMisorder;
  }

  #isNear(distance: number): boolean {
    return Math.abs(distance | 0) <= this.#maxMisorder && !Number.isNaN(distance);
  }

  /** Returns the state of a source; undefined for its first message. */
  #stateOf(source: OrderedSource, newest: number, advancedMs: number): SourceState | undefined {
    // Mostly one source sends several messages in a row; then nothing has to be looked up.
    if (this.#previous?.source === source && this.#sources.renew(this.#previous.entry)) return this.#previous.entry.value;
    const key = `${this.#channel}\0${source.id}`;
    this.#keys ??= new Set();
    const channelKeys = this.#keys;
    let isNew = false;
    const entry = this.#sources.use(key, () => {
      isNew = true;
      return { newest, advancedMs, other: undefined, key, channelKeys };
    });
    if (isNew) channelKeys.add(key);
    this.#previous = { source, entry };
    return isNew ? undefined : entry.value;
  }
}

/**
 * Advances the second place. After a second without anything at the first, it becomes the first. Where nothing is held back, the first
 * becomes the second then, as its sender may only have paused.
 */
function advanceOther(state: SourceState, last: number, nowMs: number, maxDelayMs: number): void {
  if (nowMs - state.advancedMs < DELAY_MS) {
    state.other = last;
    return;
  }
  state.other = maxDelayMs > DELAY_MS ? undefined : state.newest;
  state.newest = last;
  state.advancedMs = nowMs;
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
 * @param delayMs - Longest time that the network holds a message back.
 */
function hasStartedAgain(lead: number, sequence: number, sinceMs: number, delayMs: number): boolean {
  if (Math.abs(lead) > LARGEST_GAP) return true; // another counter: nobody loses, or holds back, so many
  return lead <= 0 && sinceMs >= longestCopyMs(sequence, delayMs);
}

/** Returns the time after which a packet with a number that has come is no copy, but of a sender that started again. In milliseconds. */
export function longestCopyMs(sequence: number, delayMs: number = DELAY_MS): number {
  return sequence === 0 && delayMs === DELAY_MS ? STARTING_MS : delayMs;
}
