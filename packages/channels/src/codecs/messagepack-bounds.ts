/**
 * Checks MessagePack before it is decoded (msgpack/spec.md). Decoders allocate as many elements as an array announces, and a few bytes can
 * announce billions of elements, in nested arrays.
 */
import { CodecMismatchError } from "./codec-mismatch.js";

/** Bounds on one message. */
export interface MessagePackBounds {
  readonly maxValues: number;
  readonly takesBigIntegers: boolean; // integers that a number cannot represent
}

/** Depth of the deepest array or map. Recursive code can walk through much deeper values. */
export const MAX_MESSAGEPACK_DEPTH = 100;

/** The rest of a value after its first byte: a length of `lengthBytes` bytes, and then as many bytes, elements or pairs, and `more` bytes. */
interface Head {
  readonly lengthBytes: 0 | 1 | 2 | 4;
  readonly more: number; // further bytes
  readonly children: 0 | 1 | 2; // values for each unit of the length: 1 in an array, 2 in a map; 0 if the length counts bytes
}

const fixed = (more: number): Head => ({ lengthBytes: 0, more, children: 0 });
const counted = (lengthBytes: 1 | 2 | 4, children: 0 | 1 | 2 = 0, more = 0): Head => ({ lengthBytes, more, children });

/** First byte, from 0xc0 on → what follows. 0xc1 is never used. */
const HEADS: readonly (Head | undefined)[] = [
  ...[fixed(0), undefined, fixed(0), fixed(0)], // nil, false, true
  ...[counted(1), counted(2), counted(4)], // bin
  ...[counted(1, 0, 1), counted(2, 0, 1), counted(4, 0, 1)], // ext, with its type
  ...[fixed(4), fixed(8)], // float
  ...[fixed(1), fixed(2), fixed(4), fixed(8)], // uint
  ...[fixed(1), fixed(2), fixed(4), fixed(8)], // int
  ...[fixed(2), fixed(3), fixed(5), fixed(9), fixed(17)], // fixext, with its type
  ...[counted(1), counted(2), counted(4)], // str
  ...[counted(2, 1), counted(4, 1), counted(2, 2), counted(4, 2)], // array, map
];
const FIRST_HEAD = 0xc0;
const UINT64 = 0xcf;
const INT64 = 0xd3;

/** Walks through one message. */
class Walk {
  readonly #bytes: Buffer;
  readonly #bounds: MessagePackBounds;
  readonly #open: number[] = []; // number of values that each array and map around the next value still needs
  #offset = 0;
  #values = 0;

  constructor(bytes: Buffer, bounds: MessagePackBounds) {
    this.#bytes = bytes;
    this.#bounds = bounds;
  }

  run(): void {
    for (this.#open.push(1); this.#open.length > 0; ) {
      if (this.#open.at(-1) === 0) this.#open.pop();
      else this.#next();
    }
    if (this.#offset < this.#bytes.length) refuse(`continue for ${this.#bytes.length - this.#offset} after the value`);
  }

  #next(): void {
    this.#open[this.#open.length - 1]!--;
    if (++this.#values > this.#bounds.maxValues) refuse(`have more than ${this.#bounds.maxValues} values`);
    const first = this.#bytes[this.#skip(1)]!;
    if (first <= 0x7f || first >= 0xe0) return; // fixint
    if (first <= 0x8f)
      this.#announce(2 * (first & 0x0f)); // fixmap
    else if (first <= 0x9f)
      this.#announce(first & 0x0f); // fixarray
    else if (first <= 0xbf)
      this.#skip(first & 0x1f); // fixstr
    else this.#takeHead(first);
  }

  #takeHead(first: number): void {
    const head = HEADS[first - FIRST_HEAD];
    if (head === undefined) refuse("have the byte c1, which the format never uses");
    const { lengthBytes, more, children } = head;
    const length = lengthBytes === 0 ? 0 : this.#bytes.readUIntBE(this.#skip(lengthBytes), lengthBytes);
    if (children > 0) this.#announce(children * length);
    else this.#checkInteger(first, this.#skip(more + length));
  }

  /** Adds values that must follow. The walk continues until they have, and refuses bytes that end earlier. */
  #announce(count: number): void {
    if (this.#open.length > MAX_MESSAGEPACK_DEPTH) refuse(`nest more than ${MAX_MESSAGEPACK_DEPTH} arrays and maps`);
    this.#open.push(count);
  }

  /** Refuses larger integers, because a number would silently round them. */
  #checkInteger(first: number, at: number): void {
    if (this.#bounds.takesBigIntegers || (first !== UINT64 && first !== INT64)) return;
    const value = first === UINT64 ? this.#bytes.readBigUInt64BE(at) : this.#bytes.readBigInt64BE(at);
    if (!Number.isSafeInteger(Number(value))) refuse(`have the integer ${value}, which needs the option bigint`);
  }

  #skip(bytes: number): number {
    const at = this.#offset;
    if (bytes > this.#bytes.length - at) refuse("end too early");
    this.#offset += bytes;
    return at;
  }
}

/** Checks that bytes are one value within bounds. @throws CodecMismatchError */
export function checkMessagePack(bytes: Buffer, bounds: MessagePackBounds): void {
  new Walk(bytes, bounds).run();
}

function refuse(reason: string): never {
  throw new CodecMismatchError("messagepack", reason);
}
