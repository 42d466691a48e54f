const MESSAGE_COST_BYTES = 256; // memory of the objects around a message, so that many empty ones count for their cost

/** Room for the packets of all channels of a node that wait behind the fragments of long messages. */
export class WaitingRoom {
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Memory that waiting packets take, in bytes, about. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Lets `packets` wait if there is room for all of them; returns whether there is. */
  enter(packets: readonly Uint8Array[]): boolean {
    const bytes = packets.reduce((sum, packet) => sum + costOf(packet), 0);
    if (this.#bytes + bytes > this.#maxBytes) return false;
    this.#bytes += bytes;
    return true;
  }

  /** Gives back the room of a packet. */
  leave(packet: Uint8Array): void {
    this.#bytes -= costOf(packet);
  }
}

/** Returns the memory that a waiting packet takes, in bytes, about. */
export function costOf(packet: Uint8Array): number {
  return packet.length + MESSAGE_COST_BYTES;
}
