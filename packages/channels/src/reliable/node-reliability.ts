import { RecentTable } from "../order/recent-table.js";
import { Budget } from "./budget.js";
import { HeldMemory } from "./held-memory.js";
import type { ReliableStream } from "./reliable-stream.js";
import { SentMemory } from "./sent-packets.js";

const MAX_SENT_BYTES = 128 * 1024 * 1024;
const MAX_HELD_BYTES = 64 * 1024 * 1024;
const MAX_STREAMS = 4096;
const INTRODUCTIONS_PER_SECOND = 200; // of senders: forged ones have it send no more than that to their victims

/** A stream with the channel that it belongs to. */
export interface StreamEntry {
  readonly stream: ReliableStream;
  /** Forgets the stream, which had to make room. */
  readonly evicted: () => void;
}

/** State that all reliable channels of a node share: the bounds on what they take. */
export class NodeReliability {
  /** Packets that are kept to be sent again. */
  readonly sent: SentMemory = new SentMemory(MAX_SENT_BYTES);
  /** Packets that wait for earlier ones. */
  readonly held: HeldMemory = new HeldMemory(MAX_HELD_BYTES);
  /** Senders on reliable channels, by channel and sender. */
  readonly streams: RecentTable<StreamEntry> = new RecentTable(MAX_STREAMS, ({ evicted }) => evicted());
  /** Questions to senders that have not answered yet. */
  readonly introductions: Budget;

  constructor(nowMs: number) {
    this.introductions = new Budget(INTRODUCTIONS_PER_SECOND, INTRODUCTIONS_PER_SECOND, nowMs);
  }
}
