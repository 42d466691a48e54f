import type { Clock } from "@groupcast/base";
import { ReassemblyMemory } from "./reassembly-memory.js";

/**
 * The memory of incomplete messages of a node. Open channels share one, which anybody can fill. Each sealed channel has its own, so that only
 * holders of its key can push out a message that is coming.
 */
export class ReassemblyMemories {
  readonly #clock: Clock;
  readonly #maxBytes: number;
  readonly #open: ReassemblyMemory;
  readonly #sealed = new Map<string, ReassemblyMemory>(); // by channel

  /** @param maxBytes - Of each of them. */
  constructor(clock: Clock, maxBytes: number) {
    this.#clock = clock;
    this.#maxBytes = maxBytes;
    this.#open = new ReassemblyMemory(clock, maxBytes);
  }

  /** Memory of all incomplete messages, in bytes. */
  get heldBytes(): number {
    return [...this.#sealed.values()].reduce((sum, { heldBytes }) => sum + heldBytes, this.#open.heldBytes);
  }

  /** Returns the memory for a channel that opens. @param seal - Undefined when it is open to all. */
  open(channel: string, seal: object | undefined): ReassemblyMemory {
    if (seal === undefined) return this.#open;
    const memory = new ReassemblyMemory(this.#clock, this.#maxBytes);
    this.#sealed.set(channel, memory);
    return memory;
  }

  /** Forgets the memory of a channel that closes. */
  close(channel: string): void {
    this.#sealed.delete(channel);
  }
}
