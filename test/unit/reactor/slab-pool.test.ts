import { expect, test } from "vitest";
import { SLAB_BYTES, type SlabBorrower, SlabPool } from "../../../packages/reactor/src/sending/slab-pool.js";

const MAX_LENT = 16;

/** Borrows from a pool, and gives back when it is flushed. */
class Borrower implements SlabBorrower {
  readonly #pool: SlabPool;
  slab: Buffer | undefined;
  flushes = 0;

  constructor(pool: SlabPool) {
    this.#pool = pool;
  }

  borrow(): Buffer {
    this.#pool.makeRoom();
    this.slab = this.#pool.borrow(this);
    return this.slab;
  }

  flush(): void {
    this.flushes++;
    const slab = this.slab!;
    this.slab = undefined;
    this.#pool.giveBack(this, slab);
  }
}

test("borrow() lends a slab that holds the largest datagram", () => {
  expect(new Borrower(new SlabPool()).borrow()).toHaveLength(65_536);
  expect(SLAB_BYTES).toBe(65_536);
});

test("borrow() lends what was given back, to whoever asks", () => {
  const pool = new SlabPool();
  const first = new Borrower(pool);
  const slab = first.borrow();
  first.flush();
  expect(new Borrower(pool).borrow()).toBe(slab);
});

test("borrow() lends two borrowers two slabs", () => {
  const pool = new SlabPool();
  expect(new Borrower(pool).borrow()).not.toBe(new Borrower(pool).borrow());
});

test("makeRoom() before a slab too many flushes who has had theirs longest, and makes no more memory", () => {
  const pool = new SlabPool();
  const borrowers = Array.from({ length: 3 * MAX_LENT }, () => new Borrower(pool));
  const slabs = new Set(borrowers.map((borrower) => borrower.borrow()));
  expect(slabs.size).toBe(MAX_LENT);
  expect(borrowers.map(({ flushes }) => flushes)).toEqual(borrowers.map((_, index) => (index < 2 * MAX_LENT ? 1 : 0)));
});
