import type { Packet } from "../network/packet.js";
import type { DropReason, PacketEvent, PacketLog, PacketPlace } from "../network/packet-log.js";
import type { TracedPacket, TraceRecord } from "./trace-record.js";

/** Turns what happens to packets into trace records, while it is switched on. */
export class TraceRecorder implements PacketLog {
  isRecording = false;
  /** Older records make room for newer ones above this number. */
  maxRecords = 0;
  readonly #nowMs: () => number;
  #records: TraceRecord[] = [];
  #discarded = 0;
  #lastPacket: Packet | undefined;
  #lastTraced: TracedPacket | undefined;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Records, in order. */
  get records(): readonly TraceRecord[] {
    return this.#records;
  }

  /** Number of records that made room for newer ones. */
  get discarded(): number {
    return this.#discarded;
  }

  /** Drops all records. */
  clear(): void {
    this.#records = [];
    this.#discarded = 0;
  }

  note(event: PacketEvent, packet: Packet, place: PacketPlace, detail = ""): void {
    const { nodeName, name } = place;
    this.#records.push({ timeMs: this.#nowMs(), event, node: nodeName, interface: name, packet: this.#traced(packet), detail });
    if (this.#records.length <= this.maxRecords) return;
    const surplus = Math.ceil(this.maxRecords / 2); // half at once: one by one would move the rest each time
    this.#records.splice(0, surplus);
    this.#discarded += surplus;
  }

  noteDrop(packet: Packet, place: PacketPlace, reason: DropReason): void {
    if (this.isRecording) this.note("dropped", packet, place, reason);
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
