import type { KeyObject } from "node:crypto";
import { type RecentEntry, RecentTable } from "../order/recent-table.js";
import { ReplayWindow } from "../order/replay-window.js";
import type { Proofs } from "./proofs.js";

const MAX_SENDERS = 1024; // of one channel; the one that was silent for longest goes first

/** A sender that has proved to have the key. One object for each, as long as it is remembered. */
export interface SealedSender {
  /** Unique among the senders of a channel. */
  readonly id: string;
  /** Its salt: 32 hexadecimal digits. */
  readonly salt: string;
  readonly keyId: number;
  readonly key: KeyObject;
  readonly window: ReplayWindow;
  readonly sinceMs: number; // latest time that its packets may have had before it was remembered
  newestMs: number; // latest time in its packets
}

/**
 * The senders of a sealed channel, with the counters that they have used.
 *
 * Theory of operation: whoever can make the table forget a sender could replay its packets. So the table keeps the latest time of all that
 * it has forgotten, for each key, and {@link SealedSenders.mayBeRepeat} holds for every packet that is not later: of an unknown sender, and
 * of one that was unknown then, whose window has begun again and knows no earlier counters. An honest sender that was forgotten comes back
 * with its next packet, which is later, unless its clock is behind those of other forgotten ones.
 */
export class SealedSenders {
  readonly #senders: RecentTable<SealedSender>;
  readonly #proofs: Proofs;
  #latest: RecentEntry<SealedSender> | undefined; // the newest in the table: mostly one sender sends several packets in a row
  readonly #window: number;
  readonly #forgottenMs = new Map<number, number>(); // by key id
  #closedMs = -1; // latest time of a channel of this name that closed

  /**
   * @param window - Packets, the newest among them: all but one may overtake one.
   * @param counters - Counts those that had to make room.
   * @param proofs - Learns which counters are forgotten.
   */
  constructor(window: number, counters: { evicted: number }, proofs: Proofs) {
    this.#window = window;
    this.#proofs = proofs;
    this.#senders = new RecentTable(MAX_SENDERS, (sender) => {
      counters.evicted++;
      this.#forgotten(sender);
    });
  }

  /** Number of senders that are remembered. */
  get size(): number {
    return this.#senders.size;
  }

  /** Latest time in packets of all senders so far; -1 before the first. */
  get latestMs(): number {
    let latestMs = this.#closedMs;
    for (const timeMs of this.#forgottenMs.values()) latestMs = Math.max(latestMs, timeMs);
    for (const { newestMs } of this.#senders.values()) latestMs = Math.max(latestMs, newestMs);
    return latestMs;
  }

  /** Takes packets up to this time for ones that may have come before. Called before the first packet. */
  open(closedMs: number): void {
    this.#closedMs = closedMs;
  }

  /** Returns a sender that is remembered; it stays as old as it is. */
  peek(id: string): SealedSender | undefined {
    return this.#latest?.key === id ? this.#latest.value : this.#senders.peek(id);
  }

  /** Whether a packet under this key, of this time and of this sender, may have come before the window of its sender began. */
  mayBeRepeat(sender: SealedSender | undefined, keyId: number, timeMs: number): boolean {
    return timeMs <= (sender?.sinceMs ?? this.#sinceMs(keyId));
  }

  /** Remembers that a sender has used a counter. */
  use(sender: Omit<SealedSender, "window" | "sinceMs" | "newestMs">, counter: number, timeMs: number): SealedSender {
    if (this.#latest?.key !== sender.id) {
      this.#latest = this.#senders.use(sender.id, () => {
        return { ...sender, window: new ReplayWindow(this.#window), sinceMs: this.#sinceMs(sender.keyId), newestMs: timeMs };
      });
    }
    const { value } = this.#latest;
    value.window.add(counter);
    if (timeMs > value.newestMs) value.newestMs = timeMs;
    return value;
  }

  /** Forgets the senders of keys that are gone. */
  retain(keyIds: readonly number[]): void {
    this.#latest = undefined;
    for (const sender of this.#senders.values()) {
      if (keyIds.includes(sender.keyId)) continue;
      this.#senders.delete(sender.id);
      this.#forgotten(sender);
    }
  }

  #forgotten({ id, keyId, newestMs, window }: SealedSender): void {
    this.#proofs.forgotten(id, window.newest);
    this.#forgottenMs.set(keyId, Math.max(this.#sinceMs(keyId), newestMs));
  }

  #sinceMs(keyId: number): number {
    return this.#forgottenMs.get(keyId) ?? this.#closedMs;
  }
}
