import { hash } from "node:crypto";

const DIGITS = 3; // hexadecimal ones of a name's hash
const PLACES = 16 ** DIGITS;

/**
 * The latest times in packets that the sealed channels of a node had accepted when they were closed. A channel that is opened again refuses
 * what is no later, as nothing else shows that it is new.
 *
 * One time for each of 4096 places, 32 KiB, however many channels come and go; the hash of a name is its place. Nothing is ever evicted:
 * channels that share a place share the latest of their times, which loses no packet that is sealed after both have closed.
 */
export class ClosedSeals {
  #latestMs: Float64Array | undefined; // from the first channel that closes

  /** Returns the time up to which packets of a channel may have come before; -1 when there is none. */
  latestOf(channel: string): number {
    return this.#latestMs?.[placeOf(channel)] ?? -1;
  }

  /** Remembers the latest time in packets of a channel that closes. */
  close(channel: string, latestMs: number): void {
    this.#latestMs ??= new Float64Array(PLACES).fill(-1);
    const place = placeOf(channel);
    this.#latestMs[place] = Math.max(this.#latestMs[place]!, latestMs);
  }
}

function placeOf(channel: string): number {
  return Number.parseInt(hash("sha256", channel, "hex").slice(0, DIGITS), 16);
}
