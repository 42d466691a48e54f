import { anyAddress, familyOf, isMulticast } from "@groupcast/backend";
import type { Arrival, Destination, SocketAddress } from "groupcast";
import { VERSION } from "../version.js";
import { DIRECTION, RECEPTION } from "./pcapng-layout.js";
import { type BlockSink, PcapngWriter } from "./pcapng-writer.js";

/** A received datagram, with the facts that its port knows. */
export interface RecordableDatagram {
  /** Payload. */
  readonly data: Buffer;
  /** Sender. */
  readonly from: SocketAddress;
  /** Destination; `""` as address: not known. */
  readonly to: Destination;
  /** Interface, TTL, kernel's time and drops. */
  readonly arrival: Arrival;
  /** Number of the port that received it, whose drops `arrival` counts. */
  readonly listener: number;
}

/** Contents of a recording. */
export interface RecordingReport {
  /** Number of datagrams. */
  readonly datagrams: number;
  /** Number of bytes, those of blocks and headers included. */
  readonly fileBytes: number;
  /** Number of datagrams that the kernel lost, and that the recording marks as missing. */
  readonly drops: number;
}

/** One interface of a recording. */
interface Recorded {
  readonly number: number;
  received: number;
  drops: number;
}

const DEFAULT_TTL = 64; // where the backend does not know it (dgram)

/** Records datagrams as pcapng that Wireshark opens: raw IP packets with the kernel's times, interfaces, directions and drops. */
export class DatagramRecorder {
  readonly #writer: PcapngWriter;
  readonly #nowNs: () => bigint;
  readonly #interfaces = new Map<string, Recorded>();
  readonly #dropsOfListener = new Map<number, number>();
  #lastReception = { address: "", flag: 0 };
  #datagrams = 0;
  #drops = 0;
  #fileBytes = 0;

  /** @param nowNs - Wall clock in nanoseconds since 1970, for datagrams without a kernel time. */
  constructor(sink: BlockSink, nowNs: () => bigint) {
    this.#nowNs = nowNs;
    this.#writer = new PcapngWriter((blocks) => {
      sink(blocks);
      this.#fileBytes += blocks.length;
    }, `groupcast ${VERSION}`);
  }

  /** Records a datagram. Its bytes are copied. */
  record({ data, from, to, arrival, listener }: RecordableDatagram): void {
    const at = this.#interfaceOf(arrival.interface);
    const drops = this.#newDrops(listener, arrival.kernelDrops ?? 0);
    at.received++;
    at.drops += drops;
    this.#datagrams++;
    this.#drops += drops;
    const address = to.address === "" ? anyAddress(familyOf(from.address)) : to.address;
    this.#writer.writePacket({
      interface: at.number,
      timeNs: arrival.timestampNs ?? this.#nowNs(),
      flags: DIRECTION.in | this.#receptionOf(address),
      drops,
      from,
      to: { address, port: to.port },
      ttl: arrival.ttl ?? DEFAULT_TTL,
      data,
    });
  }

  /** Hands over what waits in memory. */
  flush(): void {
    this.#writer.flush();
  }

  /** Writes what each interface received and lost. @param drops - Number lost in all, those behind the last datagram included. */
  end(drops: number): RecordingReport {
    const late = Math.max(0, drops - this.#drops);
    if (late > 0) this.#anyInterface().drops += late;
    this.#drops += late;
    for (const { number, ...counts } of this.#interfaces.values()) this.#writer.writeStatistics(number, this.#nowNs(), counts);
    this.#writer.flush();
    return this.report();
  }

  /** Returns what has been recorded. */
  report(): RecordingReport {
    return { datagrams: this.#datagrams, fileBytes: this.#fileBytes + this.#writer.pendingBytes, drops: this.#drops };
  }

  #interfaceOf(name: string | undefined): Recorded {
    const key = name ?? "";
    const known = this.#interfaces.get(key);
    if (known !== undefined) return known;
    const made = { number: this.#writer.addInterface(name), received: 0, drops: 0 };
    this.#interfaces.set(key, made);
    return made;
  }

  /** Most datagrams go where the one before went; looking at an address costs more than the rest of this method. */
  #receptionOf(address: string): number {
    if (address !== this.#lastReception.address) this.#lastReception = { address, flag: receptionOf(address) };
    return this.#lastReception.flag;
  }

  #anyInterface(): Recorded {
    return [...this.#interfaces.values()][0] ?? this.#interfaceOf(undefined);
  }

  /** The kernel counts the drops of each socket from its beginning. */
  #newDrops(listener: number, drops: number): number {
    const before = this.#dropsOfListener.get(listener) ?? 0;
    this.#dropsOfListener.set(listener, Math.max(before, drops));
    return Math.max(0, drops - before);
  }
}

function receptionOf(address: string): number {
  if (isMulticast(address)) return RECEPTION.multicast;
  return address.endsWith(".255") ? RECEPTION.broadcast : RECEPTION.unicast;
}
