/** Recordings of this program, of tcpdump and of Wireshark, as UDP datagrams in the order of the file. */
import type { Destination } from "groupcast";
import { ByteSource } from "./byte-source.js";
import type { Frame } from "./frame.js";
import { unwrap } from "./link-layers.js";
import { isPcap, pcapFrames } from "./pcap-frames.js";
import { pcapngFrames } from "./pcapng-frames.js";
import { BLOCK } from "./pcapng-layout.js";
import { udpDatagram } from "./udp-datagram.js";

/** A datagram of a recording. */
export interface RecordedDatagram {
  /** Time in nanoseconds since 1970; undefined: the file does not say. */
  readonly timeNs: bigint | undefined;
  /** Sender; IPv6 without zone. */
  readonly from: Destination;
  /** Destination; IPv6 without zone. */
  readonly to: Destination;
  /** TTL or hop limit when it was captured. */
  readonly ttl: number;
  /** Name of the interface; undefined: the file does not say. */
  readonly interface: string | undefined;
  /** Direction; undefined: the file does not say. */
  readonly direction: "in" | "out" | undefined;
  /** Number of datagrams lost before it, according to the file. */
  readonly drops: number;
  /** Payload; valid until the next datagram is asked for. */
  readonly data: Buffer;
}

/** Magic numbers of files that are taken for recordings, read little-endian in as many bytes → what to do. */
const OTHERS: readonly { readonly magic: Buffer; readonly advice: string }[] = [
  { magic: Buffer.from([0x1f, 0x8b]), advice: "it is compressed: run gunzip on it first" },
  { magic: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), advice: "it is compressed: run unzstd on it first" },
  { magic: Buffer.from("snoop\0"), advice: 'it is a snoop capture: convert it with "tshark -r FILE -w NEW"' },
];
const MAGIC_BYTES = 6;

/**
 * A recording that is read once, from its beginning to its end. Memory is bounded, however long the file is.
 *
 * It skips frames without a whole UDP datagram, and counts them in `skipped`: fragments, other protocols, frames cut short.
 */
export class RecordingReader implements AsyncIterable<RecordedDatagram> {
  readonly #source: ByteSource;
  readonly #skipped = new Map<string, number>();

  private constructor(source: ByteSource) {
    this.#source = source;
  }

  /** Opens a recording: pcapng, or pcap. @throws NodeJS.ErrnoException of open(2). */
  static async open(path: string): Promise<RecordingReader> {
    return new RecordingReader(await ByteSource.open(path));
  }

  /** Map of reason → number of frames skipped so far. */
  get skipped(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#skipped);
  }

  /** Yields the datagrams, and closes the file at the end. @throws RecordingError the file is broken; NodeJS.ErrnoException of read(2). */
  async *[Symbol.asyncIterator](): AsyncGenerator<RecordedDatagram> {
    try {
      for await (const frame of await this.#frames()) {
        const datagram = this.#datagramOf(frame);
        if (datagram !== undefined) yield datagram;
      }
    } finally {
      await this.#source.close();
    }
  }

  async #frames(): Promise<AsyncGenerator<Frame>> {
    const source = this.#source;
    await source.has(MAGIC_BYTES);
    const head = source.peek(MAGIC_BYTES);
    const magic = head.length < 4 ? 0 : head.readUInt32LE(0);
    if (magic === BLOCK.section) return pcapngFrames(source);
    if (isPcap(magic)) return pcapFrames(source);
    const other = OTHERS.find((each) => each.magic.equals(head.subarray(0, each.magic.length)));
    throw source.error(other?.advice ?? (head.length === 0 ? "it is empty" : "it is neither pcapng nor pcap"));
  }

  #datagramOf({ timeNs, linkType, bytes, interface: name, direction, drops }: Frame): RecordedDatagram | undefined {
    const unwrapped = unwrap(linkType, bytes);
    if ("skipped" in unwrapped) return this.#skip(unwrapped.skipped);
    const datagram = udpDatagram(unwrapped.ip);
    if (typeof datagram === "string") return this.#skip(datagram);
    return { ...datagram, timeNs, interface: name, direction: direction ?? unwrapped.direction, drops };
  }

  #skip(reason: string): undefined {
    this.#skipped.set(reason, (this.#skipped.get(reason) ?? 0) + 1);
    return undefined;
  }
}
