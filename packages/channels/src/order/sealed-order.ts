import type { OrderTracker } from "./sequence-tracker.js";

/**
 * Finds whether a sealed message came in order, by the sealed counter of its sender.
 *
 * A counter never begins again: a sender that starts again has another salt, and so is another source. Whatever is behind the newest is
 * late, however long it took, and nobody without the key can move a counter. The state lives as long as the source object.
 */
export class SealedOrder implements OrderTracker {
  readonly restarts = 0;
  #newest = new WeakMap<object, number>();

  /** Returns the lead of a message with the counters from `first` to `last`. A message that is ahead becomes the newest. */
  lead(source: object, first: number, last: number): number {
    const newest = this.#newest.get(source);
    const lead = newest === undefined ? 1 : first - newest;
    if (lead > 0) this.#newest.set(source, last);
    return lead;
  }

  close(): void {
    this.#newest = new WeakMap();
  }
}
