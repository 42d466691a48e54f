// Datagrams as a backend hands them over: in memory that is somebody else's as soon as the wake-up ends.
import {
  type Arrival,
  checkIndex,
  checkStart,
  type DatagramBatch,
  runEndOf,
  type SocketAddress,
  socketAddress,
  uint32Of,
} from "@groupcast/backend";

const STALE = 0x21; // "!": what a borrowed view shows when it was kept too long
const SENDER = socketAddress("192.0.2.99", 9999);

/** A datagram to deliver; what is left out is as on a socket that was told to report nothing. */
export interface FakeDatagram {
  readonly bytes: string | Buffer;
  readonly from?: SocketAddress;
  readonly arrival?: Partial<Arrival>;
}

interface Received {
  readonly bytes: Buffer;
  readonly from: SocketAddress;
  readonly arrival: Arrival;
}

export class FakeBatch implements DatagramBatch {
  readonly #datagrams: readonly Received[];

  constructor(datagrams: readonly (string | FakeDatagram)[], maxPacketBytes: number) {
    this.#datagrams = datagrams.map((datagram) => receive(typeof datagram === "string" ? { bytes: datagram } : datagram, maxPacketBytes));
  }

  get length(): number {
    return this.#datagrams.length;
  }

  lengthBytes(index: number): number {
    return this.#at(index).bytes.length;
  }

  view(index: number): Buffer {
    return this.#at(index).bytes;
  }

  copy(index: number, startBytes = 0): Buffer {
    const { bytes } = this.#at(index);
    checkStart(startBytes, bytes.length);
    const copy = Buffer.allocUnsafeSlow(bytes.length - startBytes); // as real ones: memory of its own, which can be transferred
    bytes.copy(copy, 0, startBytes);
    return copy;
  }

  runEnd(first: number, prefixBytes: number, leastBytes?: number): number {
    return runEndOf(this, first, prefixBytes, leastBytes);
  }

  uint32(index: number, offset: number): number {
    return uint32Of(this, index, offset);
  }

  from(index: number): SocketAddress {
    return this.#at(index).from;
  }

  truncated(index: number): boolean {
    return this.#at(index).arrival.truncated;
  }

  arrival(index: number): Arrival {
    return this.#at(index).arrival;
  }

  destination(index: number): string {
    return this.#at(index).arrival.destination ?? "";
  }

  interfaceIndex(index: number): number {
    return this.#at(index).arrival.interfaceIndex ?? 0;
  }

  /** The wake-up is over. */
  end(): void {
    for (const { bytes } of this.#datagrams) bytes.fill(STALE);
  }

  #at(index: number): Received {
    checkIndex(index, this.#datagrams.length);
    return this.#datagrams[index]!;
  }
}

function receive({ bytes, from = SENDER, arrival = {} }: FakeDatagram, maxPacketBytes: number): Received {
  const whole = Buffer.from(bytes as string);
  const truncated = whole.length > maxPacketBytes;
  return { bytes: Buffer.from(whole.subarray(0, maxPacketBytes)), from, arrival: { ...arrival, truncated } };
}
