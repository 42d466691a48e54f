/** What happened on the network: who sent what to whom, and what became of it. */
import { writeFileSync } from "node:fs";
import type { IcmpKind, Packet } from "../network/packet.js";
import { formatTrace } from "./format-trace.js";
import { toPcap } from "./pcap.js";

const DEFAULT_MAX_RECORDS = 100_000; // some 30 MB with small datagrams

/** Why a datagram ended where it did. */
export type DropReason =
  | "lost on the link" // LinkOptions.loss
  | "queue full" // LinkOptions.queueBytes
  | "interface down"
  | "no carrier" // the interface is on no switch
  | "no such neighbour" // nobody on the link has the address
  | "no route" // at a router
  | "TTL expired" // at a router
  | "TTL 0" // stays on the host
  | "interface-local scope" // ff01::/16 and its like stay on the host
  | "loopback source" // nobody answers 127.0.0.1 or ::1 across a wire
  | "link-local source" // stays on its link (RFC 4291 section 2.5.6)
  | "own address as source" // Linux takes an IPv4 datagram with one of its own addresses for forged
  | "not for this host"
  | "not a member" // nobody on the host wants that group, or that source of it, from that interface
  | "no socket" // nobody has bound the port, or whoever has wants something else
  | "receive buffer full"
  | "nobody to tell"; // an ICMP error for a socket that does not ask for it, or is gone

/** A datagram as the trace keeps it. */
export interface TracedPacket {
  readonly id: number; // copies of one datagram have the same
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
  readonly hops: number; // TTL or hop limit
  readonly trafficClass: number;
  readonly payload: Buffer; // shared with the network: to be read only
  readonly icmp?: { readonly kind: IcmpKind; readonly about: TracedPacket }; // it is an ICMP error, and has no payload
}

/** One line of the trace. */
export interface TraceRecord {
  readonly timeMs: number;
  readonly event: "sent" | "forwarded" | "delivered" | "dropped";
  readonly node: string; // name of the host, router or switch
  readonly interface: string; // where on the node
  readonly packet: TracedPacket;
  readonly detail: string; // delivered: the socket; dropped: the {@link DropReason}; else ""
}

/** Where something happened. */
export interface TracePlace {
  readonly nodeName: string;
  readonly name: string;
}

/** Options of {@link Trace}. */
export interface TraceOptions {
  /** Older records make room for newer ones, and are counted in `discarded`; default 100,000. */
  readonly maxRecords?: number;
}

/** Records what happens on a network, while it is asked to. */
export class Trace {
  readonly #nowMs: () => number;
  readonly #epochMs: number;
  #maxRecords = DEFAULT_MAX_RECORDS;
  #records: TraceRecord[] = [];
  #discarded = 0;
  #isRecording = false;
  #lastPacket: Packet | undefined;
  #lastTraced: TracedPacket | undefined;

  /** @param epochMs - What `nowMs() === 0` is on the wall clock, in milliseconds since 1970; for the times in captures. */
  constructor(nowMs: () => number, epochMs = 0) {
    this.#nowMs = nowMs;
    this.#epochMs = epochMs;
  }

  /** Starts, or goes on, recording. */
  start({ maxRecords = DEFAULT_MAX_RECORDS }: TraceOptions = {}): void {
    this.#maxRecords = maxRecords;
    this.#isRecording = true;
  }

  /** Stops recording; what was recorded stays. */
  stop(): void {
    this.#isRecording = false;
  }

  /** Forgets what was recorded. */
  clear(): void {
    this.#records = [];
    this.#discarded = 0;
  }

  get isRecording(): boolean {
    return this.#isRecording;
  }

  /** What was recorded, in order. */
  get records(): readonly TraceRecord[] {
    return this.#records;
  }

  /** Records that had to make room for newer ones. */
  get discarded(): number {
    return this.#discarded;
  }

  /** The records as text, one line each: see {@link formatTrace}. */
  toString(): string {
    return formatTrace(this.#records);
  }

  /** The datagrams sent and forwarded, as a capture file: see {@link toPcap}. */
  toPcap(): Uint8Array {
    return toPcap(this.#records, this.#epochMs);
  }

  /** Writes {@link Trace.toPcap} to the file `path`, for Wireshark and its like. */
  writePcap(path: string): void {
    writeFileSync(path, this.toPcap());
  }

  /** Adds one line. The network does this, and only while {@link Trace.isRecording}. */
  note(event: TraceRecord["event"], packet: Packet, place: TracePlace, detail = ""): void {
    const { nodeName, name } = place;
    this.#records.push({ timeMs: this.#nowMs(), event, node: nodeName, interface: name, packet: this.#traced(packet), detail });
    if (this.#records.length <= this.#maxRecords) return;
    const surplus = Math.ceil(this.#maxRecords / 2); // half at once: one by one would move the rest each time
    this.#records.splice(0, surplus);
    this.#discarded += surplus;
  }

  /** Adds the end of a datagram, while recording. */
  noteDrop(packet: Packet, place: TracePlace, reason: DropReason): void {
    if (this.#isRecording) this.note("dropped", packet, place, reason);
  }

  #traced(packet: Packet): TracedPacket {
    if (packet !== this.#lastPacket || this.#lastTraced === undefined) {
      this.#lastPacket = packet;
      this.#lastTraced = traced(packet);
    }
    return this.#lastTraced;
  }
}

function traced(packet: Packet): TracedPacket {
  const { id, sourcePort, destinationPort, hops, trafficClass, icmp } = packet;
  const payload = packet.bytes.subarray(packet.start, packet.end);
  const source = packet.source.text;
  const destination = packet.destination.text;
  const fields = { id, source, sourcePort, destination, destinationPort, hops, trafficClass, payload };
  return icmp === undefined ? fields : { ...fields, icmp: { kind: icmp.kind, about: traced(icmp.about) } };
}
