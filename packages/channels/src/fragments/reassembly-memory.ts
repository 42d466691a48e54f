/**
 * The incomplete messages of all channels of a node.
 *
 * Theory of operation: fragments that never finish cost a bounded amount of memory for a bounded time. A message is given up when it has
 * waited too long, or when there is too much: of its source, then of all. The one whose latest fragment is oldest goes first, so a message
 * whose fragments keep coming stays. Complete messages are remembered, so that a repeated fragment does not begin one again.
 */
import type { Clock, ScheduledCall } from "@groupcast/base";
import { QuotaTable } from "../order/quota-table.js";
import { RecentTable } from "../order/recent-table.js";
import type { HeldMessage, PartialMessage, ReassemblyCounters } from "./partial-message.js";

const TIMEOUT_MS = 2000; // from a message's first fragment; at 32 KiB a millisecond the longest takes half a second
const MAX_PER_SOURCE = 8; // one sender sends one message after another
const MAX_PARTIALS = 1024;
const MAX_REMEMBERED = 4096; // complete messages

export class ReassemblyMemory<Held extends HeldMessage = PartialMessage> {
  readonly #clock: Clock;
  readonly #partials: QuotaTable<Held>;
  readonly #complete = new RecentTable<number>(MAX_REMEMBERED); // time of completion, by key
  #expiry: ScheduledCall | undefined;

  /** @param maxBytes - Memory of all incomplete messages. Those of one source have half of it. */
  constructor(clock: Clock, maxBytes: number) {
    this.#clock = clock;
    const limits = { all: { entries: MAX_PARTIALS, weight: maxBytes }, owner: { entries: MAX_PER_SOURCE, weight: maxBytes / 2 } };
    this.#partials = new QuotaTable(limits, (partial) => partial.counters.incomplete++);
  }

  /** Memory of the incomplete messages, in bytes. */
  get heldBytes(): number {
    return this.#partials.weight;
  }

  /** Returns the incomplete message of a key, if there is one. */
  peek(key: string): Held | undefined {
    return this.#partials.peek(key);
  }

  /** Whether the message of a key was completed recently. @param withinMs - Longest time since then. Default: as long as it is remembered. */
  wasComplete(key: string, withinMs: number = Number.POSITIVE_INFINITY): boolean {
    const completeMs = this.#complete.peek(key);
    return completeMs !== undefined && this.#clock.nowMs() - completeMs <= withinMs;
  }

  /** Returns the incomplete message of a key, which begins with `make` if there is none, and counts as the latest from now on. */
  use(key: string, make: (nowMs: number) => Held): Held {
    const known = this.#partials.peek(key) ?? make(this.#clock.nowMs());
    this.#partials.use(known.source, key, () => known);
    this.#expiry ??= this.#clock.schedule(TIMEOUT_MS, () => this.#expire());
    return known;
  }

  /** Counts the memory of a message, which has changed. It may have to go itself. */
  weigh(key: string, partial: Held): void {
    this.#partials.weigh(key, partial.heldBytes);
  }

  /** Forgets a message that is complete now, but for its key. */
  finish(key: string): void {
    this.#partials.delete(key);
    this.#complete.delete(key);
    this.#complete.use(key, () => this.#clock.nowMs());
  }

  /** Gives up every message that counts there. */
  giveUp(counters: ReassemblyCounters): void {
    this.#giveUp((partial) => partial.counters === counters);
    if (this.#partials.size > 0) return;
    this.#expiry?.cancel();
    this.#expiry = undefined;
  }

  #expire(): void {
    const nowMs = this.#clock.nowMs();
    this.#giveUp(({ startedMs }) => nowMs - startedMs >= TIMEOUT_MS);
    const firstMs = Math.min(...this.#partials.values().map(({ startedMs }) => startedMs));
    const isEmpty = this.#partials.size === 0;
    this.#expiry = isEmpty ? undefined : this.#clock.schedule(Math.max(1, firstMs + TIMEOUT_MS - nowMs), () => this.#expire());
  }

  #giveUp(isOver: (partial: Held) => boolean): void {
    for (const partial of this.#partials.values()) {
      if (!isOver(partial)) continue;
      this.#partials.delete(partial.key);
      partial.counters.incomplete++;
    }
  }
}
