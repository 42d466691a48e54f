/**
 * Puts fragments together, in whatever order and however often they come.
 *
 * Theory of operation: the reassembler keeps incomplete messages in the order in which they began. It gives one up, and counts it as
 * incomplete, when the message has waited too long, when its source has begun too many, or when all together hold too much; so fragments
 * that never finish cost a bounded amount of memory for a bounded time. It remembers the numbers of the latest complete messages, so that
 * a repeated fragment does not begin one again.
 */
import type { Clock, ScheduledCall } from "@groupcast/base";
import { RecentTable } from "../order/recent-table.js";
import type { SequenceSpan } from "../order/sequence-tracker.js";
import { FRAGMENT_HEADER_BYTES, looksLikeFragment, readFragmentHeader } from "./fragment-header.js";
import { PartialMessage } from "./partial-message.js";

const TIMEOUT_MS = 2000; // from a message's first fragment; at 32 KiB a millisecond the longest takes half a second
const MAX_PER_SOURCE = 8; // one sender sends one message after another
const MAX_PARTIALS = 256;
const MAX_HELD_BYTES = 64 * 1024 * 1024;
const MAX_REMEMBERED = 1024; // complete messages

/** A complete message. */
export interface WholeMessage {
  readonly payload: Buffer;
  readonly span: SequenceSpan | undefined; // undefined when its sender does not count
}

/** Counters of a reassembler. */
export interface ReassemblyCounters {
  malformed: number; // packets that fit no message
  incomplete: number; // messages given up
}

/** The contents of one packet. */
export interface Fragment {
  readonly sourceId: string;
  readonly sequence: number | undefined;
  readonly payload: Buffer;
}

export class Reassembler {
  readonly #clock: Clock;
  readonly #statistics: ReassemblyCounters;
  readonly #partials = new Map<string, PartialMessage>(); // oldest first
  readonly #complete = new RecentTable<true>(MAX_REMEMBERED);
  #heldBytes = 0;
  #expiry: ScheduledCall | undefined;

  constructor(clock: Clock, statistics: ReassemblyCounters) {
    this.#clock = clock;
    this.#statistics = statistics;
  }

  /** Memory of the incomplete messages, in bytes. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Takes a packet; returns the message that it completes, if it completes one. */
  take({ sourceId, sequence, payload }: Fragment): WholeMessage | undefined {
    if (!looksLikeFragment(payload)) return { payload, span: sequence === undefined ? undefined : { first: sequence, last: sequence } };
    const header = readFragmentHeader(payload);
    const key = `${sourceId}\0${header?.message}`;
    if (header === undefined || this.#partials.get(key)?.fits(header, lengthOf(payload)) === false) {
      this.#statistics.malformed++;
      return undefined;
    }
    if (this.#complete.peek(key) === true) return undefined; // a fragment that came again
    const partial =
      this.#partials.get(key) ?? this.#begin(key, new PartialMessage(sourceId, header, lengthOf(payload), this.#clock.nowMs()));
    this.#heldBytes -= partial.heldBytes;
    partial.add(header, payload, sequence);
    this.#heldBytes += partial.heldBytes;
    if (partial.isComplete) return this.#finish(key, partial);
    while (this.#heldBytes > MAX_HELD_BYTES) this.#giveUpOldest();
    return undefined;
  }

  /** Gives up every incomplete message. */
  close(): void {
    this.#expiry?.cancel();
    while (this.#partials.size > 0) this.#giveUpOldest();
  }

  #begin(key: string, partial: PartialMessage): PartialMessage {
    const siblings = [...this.#partials].filter(([, { sourceId }]) => sourceId === partial.sourceId);
    if (siblings.length >= MAX_PER_SOURCE) this.#giveUp(siblings[0]![0]);
    else if (this.#partials.size >= MAX_PARTIALS) this.#giveUpOldest();
    this.#partials.set(key, partial);
    this.#expiry ??= this.#clock.schedule(TIMEOUT_MS, () => this.#expire());
    return partial;
  }

  #finish(key: string, partial: PartialMessage): WholeMessage {
    this.#forget(key, partial);
    this.#complete.use(key, () => true);
    return { payload: partial.assemble(), span: partial.span };
  }

  #expire(): void {
    const nowMs = this.#clock.nowMs();
    for (const [key, { startedMs }] of this.#partials) {
      if (nowMs - startedMs < TIMEOUT_MS) break;
      this.#giveUp(key);
    }
    const [next] = this.#partials.values();
    this.#expiry = next && this.#clock.schedule(Math.max(1, next.startedMs + TIMEOUT_MS - nowMs), () => this.#expire());
  }

  #giveUpOldest(): void {
    const [oldest] = this.#partials.keys();
    if (oldest !== undefined) this.#giveUp(oldest);
  }

  #giveUp(key: string): void {
    this.#forget(key, this.#partials.get(key)!);
    this.#statistics.incomplete++;
  }

  #forget(key: string, partial: PartialMessage): void {
    this.#partials.delete(key);
    this.#heldBytes -= partial.heldBytes;
  }
}

/** Number of bytes that a fragment carries of its message. */
function lengthOf(payload: Buffer): number {
  return payload.length - FRAGMENT_HEADER_BYTES;
}
