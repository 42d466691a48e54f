import type { KeyObject } from "node:crypto";
import { outOfRange } from "@groupcast/base";
import { Gate } from "./gate.js";
import { deriveGateKey, deriveSignaturePrefix, type KeyRing } from "./seal-keys.js";

/** One key of one channel. */
export interface ChannelKey {
  readonly id: number;
  readonly key: KeyObject;
  readonly gate: Gate;
  readonly signaturePrefix: Buffer;
  forged: number; // packets under its id that it did not open
}

/** The keys of one channel, which change while it runs. */
export class ChannelKeys {
  readonly #channel: string;
  readonly #keys = new Map<number, ChannelKey>();
  #sealing!: ChannelKey;

  constructor(channel: string, ring: KeyRing) {
    this.#channel = channel;
    this.#take(ring);
  }

  /** The key that seals. */
  get sealing(): ChannelKey {
    return this.#sealing;
  }

  /** Returns the key that seals a further part of a message: that of the parts before, unless it is gone. */
  sealingWith(before: ChannelKey | undefined): ChannelKey {
    return before !== undefined && this.#keys.get(before.id) === before ? before : this.#sealing;
  }

  /** Ids of the keys that open, in ascending order. */
  get ids(): readonly number[] {
    return [...this.#keys.keys()].sort((a, b) => a - b);
  }

  /** Returns the key with an id. */
  get(id: number): ChannelKey | undefined {
    return this.#keys.get(id);
  }

  /**
   * Takes the place of all keys. Those that stay keep their counters.
   *
   * @throws InvalidArgumentError when an id that is in use gets another key: nodes would take one another's packets for forged.
   */
  rotate(operation: string, ring: KeyRing): void {
    for (const [id, key] of ring.keys) {
      if (this.#keys.get(id)?.key.equals(key) === false)
        throw outOfRange(operation, "keys", id, "another id for a new key, as long as the old one is in use");
    }
    this.#take(ring);
  }

  #take({ keys, sealing }: KeyRing): void {
    for (const id of this.#keys.keys()) if (!keys.has(id)) this.#keys.delete(id);
    for (const [id, key] of keys) {
      if (!this.#keys.has(id)) this.#keys.set(id, this.#keyOf(id, key));
    }
    this.#sealing = this.#keys.get(sealing)!;
  }

  #keyOf(id: number, key: KeyObject): ChannelKey {
    const channel = this.#channel;
    return { id, key, gate: new Gate(deriveGateKey(key, channel)), signaturePrefix: deriveSignaturePrefix(key, channel), forged: 0 };
  }
}
