import { BurstArrangement } from "./burst-arrangement.js";

/** Size of a slab, in bytes: room for the largest datagram, or for many small ones (RFC 768: a length field of 16 bits). */
export const SLAB_BYTES = 65_536;

/** Largest number of datagrams in a burst: as many as one sendmmsg or one GSO send carries (UDP_MAX_SEGMENTS, include/linux/udp.h). */
export const MAX_BURST_DATAGRAMS = 64;

const MAX_LENT = 16; // slabs that may be lent at once: 1 MiB per reactor

/** Borrower of a slab. */
export interface SlabBorrower {
  /** Sends its datagrams, and gives the slab back. */
  flush(): void;
}

/**
 * Memory in which datagrams wait between `write` and the flush, shared by all ports of a reactor: a thousand idle ports need none.
 *
 * Before too many slabs are lent, the port that has held its slab longest is flushed.
 */
export class SlabPool {
  /** Memory in which a burst to several peers is put in order while it is flushed. */
  readonly arrangement: BurstArrangement = new BurstArrangement(MAX_BURST_DATAGRAMS, SLAB_BYTES);
  readonly #idle: Buffer[] = [];
  readonly #lent: SlabBorrower[] = [];

  /** Call before {@link SlabPool.borrow}, and before anything that a clock of the user's may change: flushes another borrower, if need be. */
  makeRoom(): void {
    if (this.#lent.length >= MAX_LENT) this.#lent[0]!.flush();
  }

  /** Returns a slab. */
  borrow(borrower: SlabBorrower): Buffer {
    this.#lent.push(borrower);
    return this.#idle.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES);
  }

  /** Takes the slab back. */
  giveBack(borrower: SlabBorrower, slab: Buffer): void {
    if (this.#lent.at(-1) === borrower) this.#lent.pop();
    else this.#lent.splice(this.#lent.indexOf(borrower), 1);
    this.#idle.push(slab);
  }
}
