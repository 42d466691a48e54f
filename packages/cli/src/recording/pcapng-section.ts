/** A section of pcapng: its byte order, its interfaces, and what they mean for the times of its packets. */
import { BYTE_ORDER_MAGIC, OPTION, padded } from "./pcapng-layout.js";

/** An interface as its block describes it. */
export interface CapturedInterface {
  readonly linkType: number;
  /** Name; undefined: the file does not say. */
  readonly name: string | undefined;
  /** Nanoseconds of a time's unit, as a fraction. */
  readonly unit: { readonly ns: bigint; readonly per: bigint };
  /** Seconds to add to each time. */
  readonly offsetS: bigint;
  /** Bytes of a packet that were captured at most; 0: all. */
  readonly snapBytes: number;
}

const MOST_INTERFACES = 65_536;
const MICROSECONDS = 6; // 10^-6 s, where there is no option
const BINARY = 0x80; // the other bits are then a power of 2
const MOST_DIGITS = 30; // of a resolution: finer ones are broken
const NS_PER_S = 1_000_000_000n;

/** State of one section. */
export class PcapngSection {
  readonly isLittle: boolean;
  readonly #interfaces: CapturedInterface[] = [];

  private constructor(isLittle: boolean) {
    this.isLittle = isLittle;
  }

  /** Returns the section that begins with a header whose magic is at `at`; undefined if it is no magic. */
  static begin(bytes: Buffer, at: number): PcapngSection | undefined {
    if (bytes.readUInt32LE(at) === BYTE_ORDER_MAGIC) return new PcapngSection(true);
    return bytes.readUInt32BE(at) === BYTE_ORDER_MAGIC ? new PcapngSection(false) : undefined;
  }

  word(bytes: Buffer, at: number): number {
    return this.isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
  }

  half(bytes: Buffer, at: number): number {
    return this.isLittle ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
  }

  interface(number: number): CapturedInterface | undefined {
    return this.#interfaces[number];
  }

  /** Takes the body of an interface's block. Returns what is wrong with it; undefined: nothing. */
  addInterface(body: Buffer): string | undefined {
    if (body.length < 8) return `an interface of ${body.length} bytes`;
    if (this.#interfaces.length === MOST_INTERFACES) return `more than ${MOST_INTERFACES} interfaces`;
    const options = this.options(body.subarray(8));
    const resolution = options.get(OPTION.interface.timeResolution)?.[0] ?? MICROSECONDS;
    const digits = resolution & ~BINARY;
    if (digits > MOST_DIGITS) return `times in units of ${(resolution & BINARY) === 0 ? 10 : 2}^-${digits} seconds`;
    const offset = options.get(OPTION.interface.timeOffset);
    this.#interfaces.push({
      linkType: this.half(body, 0),
      snapBytes: this.word(body, 4),
      name: options.get(OPTION.interface.name)?.toString(),
      unit: (resolution & BINARY) === 0 ? { ns: NS_PER_S, per: 10n ** BigInt(digits) } : { ns: NS_PER_S, per: 2n ** BigInt(digits) },
      offsetS: offset?.length === 8 ? this.#long(offset) : 0n,
    });
    return undefined;
  }

  /** Returns the options in `bytes`, by code; one that does not fit ends them. Of several of one code, the first counts. */
  options(bytes: Buffer): Map<number, Buffer> {
    const options = new Map<number, Buffer>();
    for (let at = 0; at + 4 <= bytes.length; ) {
      const code = this.half(bytes, at);
      const length = this.half(bytes, at + 2);
      if (code === OPTION.end || at + 4 + length > bytes.length) break;
      if (!options.has(code)) options.set(code, bytes.subarray(at + 4, at + 4 + length));
      at += 4 + padded(length);
    }
    return options;
  }

  /** Returns the time at `at`, in nanoseconds since 1970. */
  timeNs(bytes: Buffer, at: number, { unit, offsetS }: CapturedInterface): bigint {
    const ticks = (BigInt(this.word(bytes, at)) << 32n) | BigInt(this.word(bytes, at + 4));
    return (ticks * unit.ns) / unit.per + offsetS * NS_PER_S;
  }

  /** Returns the count that an option of eight bytes has, as far as a number holds it. */
  count(value: Buffer | undefined): number {
    return value?.length === 8 ? Number(BigInt.asUintN(64, this.#long(value))) : 0;
  }

  #long(bytes: Buffer): bigint {
    return this.isLittle ? bytes.readBigInt64LE(0) : bytes.readBigInt64BE(0);
  }
}
