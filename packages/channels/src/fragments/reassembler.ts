import type { SequenceSpan } from "../order/sequence-tracker.js";
import { FRAGMENT_HEADER_BYTES, type FragmentHeader, looksLikeFragment, readFragmentHeader } from "./fragment-header.js";
import { PartialMessage, type ReassemblyCounters } from "./partial-message.js";
import type { ReassemblyMemory } from "./reassembly-memory.js";

/** A complete message. */
export interface WholeMessage {
  readonly payload: Buffer;
  readonly span: SequenceSpan | undefined; // undefined when its sender does not count
}

/** The contents of one packet. */
export interface Fragment {
  readonly sourceId: string;
  readonly sequence: number | undefined;
  readonly payload: Buffer;
}

const REPAIR_MS = 30_000; // more for a message whose fragments are sent again: it takes as long as its publisher, which waits for nobody

/** Puts the fragments of a channel together, in whatever order and however often they come. */
export class Reassembler {
  readonly #channel: string;
  readonly #memory: ReassemblyMemory;
  readonly #statistics: ReassemblyCounters;
  readonly #graceMs: number;

  /** @param memory - All channels of a node share it. @param isRepaired - Whether lost fragments are sent again. */
  constructor(channel: string, memory: ReassemblyMemory, statistics: ReassemblyCounters, isRepaired = false) {
    this.#channel = channel;
    this.#memory = memory;
    this.#statistics = statistics;
    this.#graceMs = isRepaired ? REPAIR_MS : 0;
  }

  /** Takes a packet; returns the message that it completes, if it completes one. */
  take(fragment: Fragment): WholeMessage | undefined {
    const { sequence, payload } = fragment;
    if (!looksLikeFragment(payload)) return { payload, span: sequence === undefined ? undefined : { first: sequence, last: sequence } };
    const header = readFragmentHeader(payload);
    const source = `${this.#channel}\0${fragment.sourceId}`;
    const key = `${source}\0${header?.message}`;
    if (header === undefined || this.#memory.peek(key)?.fits(header, lengthOf(payload)) === false) {
      this.#statistics.malformed++;
      return undefined;
    }
    return this.#memory.wasComplete(key) ? undefined : this.#add({ key, source }, header, fragment);
  }

  /** Gives up every incomplete message. */
  close(): void {
    this.#memory.giveUp(this.#statistics);
  }

  #add(place: { key: string; source: string }, header: FragmentHeader, { payload, sequence }: Fragment): WholeMessage | undefined {
    const { key } = place;
    const partial = this.#memory.use(key, (nowMs) => {
      const startedMs = nowMs + this.#graceMs;
      return new PartialMessage({ ...place, startedMs, counters: this.#statistics }, header, lengthOf(payload));
    });
    partial.add(header, payload, sequence);
    if (!partial.isComplete) {
      this.#memory.weigh(key, partial);
      return undefined;
    }
    this.#memory.finish(key);
    return { payload: partial.assemble(), span: partial.span };
  }
}

/** Number of bytes that a fragment carries of its message. */
function lengthOf(payload: Buffer): number {
  return payload.length - FRAGMENT_HEADER_BYTES;
}
