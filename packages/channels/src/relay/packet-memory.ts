/** The latest packets of one source, each as a whole number, with the time at which it came. */
export class PacketMemory {
  readonly #capacity: number;
  readonly #takenMs = new Map<number, number>(); // by packet
  readonly #order: number[] = []; // a ring, once it is full
  #oldest = 0; // index in the ring

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Number of packets. */
  get size(): number {
    return this.#takenMs.size;
  }

  /** Returns the time at which a packet came, in milliseconds; undefined when it is not remembered. */
  takenMs(packet: number): number | undefined {
    return this.#takenMs.get(packet);
  }

  /** Remembers a packet, in the place of the oldest when there is no room. */
  add(packet: number, nowMs: number): void {
    if (!this.#takenMs.has(packet)) this.#append(packet);
    this.#takenMs.set(packet, nowMs);
  }

  #append(packet: number): void {
    if (this.#order.length < this.#capacity) {
      this.#order.push(packet);
      return;
    }
    this.#takenMs.delete(this.#order[this.#oldest]!);
    this.#order[this.#oldest] = packet;
    this.#oldest = (this.#oldest + 1) % this.#capacity;
  }
}
