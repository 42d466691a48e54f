/**
 * Layout of the memory that the addon and TypeScript share, counted in 32-bit words. `addon/batch_layout.h` is the same layout in C++.
 * A change of either needs a new LAYOUT_VERSION in both, which the loader compares.
 */
export const LAYOUT_VERSION = 4;

export const MAX_SLOTS = 64; // runs of datagrams that one wake-up can fill
export const MAX_RUNS = 64; // runs of datagrams to one peer that one send call can describe
export const MAX_ENTRIES = 8192; // datagrams that one wake-up can deliver

/** Columns of an address: `WORDS` are in network order and mean nothing on this side. */
export const ADDRESS = { FAMILY: 0, PORT: 1, WORDS: 2, SCOPE: 6, SIZE: 7 } as const;

/** Columns of one slot. `TIMESTAMP` counts 64-bit words. */
export const SLOT = {
  FROM: 0,
  KNOWN: 7,
  INTERFACE: 8,
  DESTINATION: 9,
  TTL: 16,
  DROPS: 17,
  TIMESTAMP: 9,
  SIZE: 20,
} as const;

/** Bits of `SLOT.KNOWN`. */
export const KNOWN = { DESTINATION: 1, TTL: 2, TIMESTAMP: 4, DROPS: 8 } as const;

/** Columns of one received datagram. */
export const ENTRY = { OFFSET: 0, LENGTH: 1, SLOT: 2, TRUNCATED: 3, COPIED_AT: 4, SIZE: 5 } as const;

/** Columns of one run: datagrams `FIRST` … `END - 1` of a SendBatch. */
export const RUN = { FIRST: 0, END: 1, TO: 2, HAS_ORIGIN: 9, INTERFACE: 10, SOURCE: 11, SIZE: 18 } as const;

const ARGUMENTS = 4; // addresses that go in and out of single calls

/** Shared memory, as typed arrays. */
export interface SharedTables {
  readonly slots: Int32Array;
  readonly timestamps: BigInt64Array; // the slots again
  readonly runs: Int32Array;
  readonly addresses: Int32Array;
  readonly entries: Int32Array;
  readonly refusal: Int32Array; // of the last send: how many datagrams, and with which errno
}

/** Divides the addon's memory into its tables, in the order of `struct SharedTables`. */
export function sharedTables(memory: ArrayBuffer): SharedTables {
  let offsetBytes = 0;
  const words = (count: number): Int32Array => {
    const table = new Int32Array(memory, offsetBytes, count);
    offsetBytes += table.byteLength;
    return table;
  };
  const slots = words(MAX_SLOTS * SLOT.SIZE);
  const timestamps = new BigInt64Array(memory, slots.byteOffset, slots.length / 2);
  return {
    slots,
    timestamps,
    runs: words(MAX_RUNS * RUN.SIZE),
    addresses: words(ARGUMENTS * ADDRESS.SIZE),
    entries: words(MAX_ENTRIES * ENTRY.SIZE),
    refusal: words(2),
  };
}
