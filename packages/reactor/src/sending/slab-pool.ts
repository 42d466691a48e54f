import { BurstArrangement } from "./burst-arrangement.js";

/** Bytes of one slab: the largest datagram, or many small ones (RFC 768: a length field of 16 bits). */
export const SLAB_BYTES = 65_536;

/** Datagrams of one burst: what one sendmmsg or one GSO send carries (UDP_MAX_SEGMENTS, include/linux/udp.h). */
export const MAX_BURST_DATAGRAMS = 64;

const MAX_LENT = 16; // slabs that may be out at once: 1 MiB per reactor

/** Who has borrowed a slab, and gives it back when told to. */
export interface SlabBorrower {
  flush(): void;
}

/**
 * Memory that datagrams wait in between `write` and the flush, shared by all ports of a reactor: a thousand idle ports need none.
 *
 * When too many are out, the port that has held its one longest is flushed at once.
 */
export class SlabPool {
  /** Where a burst to several peers is put in order while it is flushed. */
  readonly arrangement: BurstArrangement = new BurstArrangement(MAX_BURST_DATAGRAMS, SLAB_BYTES);
  readonly #idle: Buffer[] = [];
  readonly #lent: SlabBorrower[] = [];

  borrow(borrower: SlabBorrower): Buffer {
    if (this.#lent.length >= MAX_LENT) this.#lent[0]!.flush();
    this.#lent.push(borrower);
    return this.#idle.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES);
  }

  giveBack(borrower: SlabBorrower, slab: Buffer): void {
    if (this.#lent.at(-1) === borrower) this.#lent.pop();
    else this.#lent.splice(this.#lent.indexOf(borrower), 1);
    this.#idle.push(slab);
  }
}
