const SMALL_BYTES = [0, 1, 16, 64, 512, 1400, 1472]; // 1472 fills an Ethernet frame
const LARGE_BYTES = [1473, 8000, 9000, 32_768, 65_507]; // these are fragmented where frames are smaller
const PATTERN = Buffer.from(Uint8Array.from({ length: 65_536 + 256 }, (_, i) => (i * 31 + (i >> 8)) & 0xff));

/** The datagrams that a client sends: number `i` always has the same bytes, and its neighbours have others. */
export class Course {
  readonly count: number;
  readonly #sizes: readonly number[];

  constructor(count: number, largestBytes: number) {
    this.count = count;
    const sizes = [...SMALL_BYTES, ...SMALL_BYTES, ...SMALL_BYTES, ...LARGE_BYTES];
    this.#sizes = sizes.map((bytes) => Math.min(bytes, largestBytes));
  }

  datagram(index: number): Buffer {
    const start = index % 251; // prime, so that no size keeps meeting the same bytes
    return PATTERN.subarray(start, start + this.#sizes[index % this.#sizes.length]!);
  }
}
