import { type Arrival, checkIndex, checkStart, type DatagramBatch, runEndOf, type SocketAddress, uint32Of } from "@groupcast/backend";
import { mappedText } from "../address/ip-address.js";
import type { Endpoint } from "../host/endpoint.js";
import type { HostInterface } from "../host/host-interface.js";
import type { Packet } from "../network/packet.js";
import type { ReadSlab } from "./read-slab.js";
import type { Arrived } from "./receive-queue.js";
import type { SocketOptions } from "./socket-options.js";

const NS_PER_MS = 1_000_000;

/** Parts of a socket and its network that a batch uses. */
export interface BatchContext {
  readonly endpoint: Endpoint;
  readonly options: SocketOptions;
  readonly slab: ReadSlab;
  readonly epochMs: number;
}

/** The datagrams of one wake-up. One object per socket, filled again and again. */
export class ReceivedBatch implements DatagramBatch {
  readonly arrived: Arrived[] = [];
  readonly #context: BatchContext;
  readonly #zoned = new Map<string, SocketAddress>(); // link-local senders, and IPv4 ones on an IPv6 socket
  #views: (Buffer | undefined)[] = [];
  #maxPacketBytes = 0;

  constructor(context: BatchContext) {
    this.#context = context;
  }

  get length(): number {
    return this.arrived.length;
  }

  /** Starts with no datagrams; those that are added are cut to `maxPacketBytes`. */
  begin(maxPacketBytes: number): void {
    this.#maxPacketBytes = maxPacketBytes;
    this.#context.slab.reset();
  }

  /** Drops all datagrams and views, when the call that delivered them is over. */
  end(): void {
    this.arrived.length = 0;
    if (this.#views.length > 0) this.#views = [];
  }

  lengthBytes(index: number): number {
    const { packet } = this.#get(index);
    return this.#end(packet) - packet.start;
  }

  view(index: number): Buffer {
    const { packet } = this.#get(index);
    const end = this.#end(packet);
    const known = this.#views[index];
    if (known !== undefined && known.length === end - packet.start) return known; // else the program has transferred its memory
    const view = this.#context.slab.view(packet.bytes, packet.start, end);
    this.#views[index] = view;
    return view;
  }

  copy(index: number, startBytes = 0): Buffer {
    const { packet } = this.#get(index);
    const end = this.#end(packet);
    checkStart(startBytes, end - packet.start);
    const start = packet.start + startBytes;
    const copy = Buffer.allocUnsafeSlow(end - start); // not of Node's pool: whoever detaches it must not empty other Buffers
    packet.bytes.copy(copy, 0, start, end);
    return copy;
  }

  runEnd(first: number, prefixBytes: number, leastBytes?: number): number {
    return runEndOf(this, first, prefixBytes, leastBytes);
  }

  uint32(index: number, offset: number): number {
    return uint32Of(this, index, offset);
  }

  from(index: number): SocketAddress {
    const { packet, ingress } = this.#get(index);
    const { family } = this.#context.endpoint;
    return packet.source.family === family && !packet.source.needsZone ? packet.from : this.#zonedSender(packet, ingress);
  }

  truncated(index: number): boolean {
    const { packet } = this.#get(index);
    return packet.end - packet.start > this.#maxPacketBytes;
  }

  arrival(index: number): Arrival {
    const { packet, ingress, timeMs, dropsBefore } = this.#get(index);
    const { options, epochMs } = this.#context;
    const { receivePacketInfo, receiveTtl, receiveTimestamp, receiveDropCount } = options.values;
    return {
      ...(receivePacketInfo === 1 && { destination: this.destination(index), interface: ingress.name, interfaceIndex: ingress.index }),
      ...(receiveTtl === 1 && { ttl: packet.hops }),
      ...(receiveTimestamp === 1 && { timestampNs: nanoseconds(epochMs, timeMs) }),
      ...(receiveDropCount === 1 && dropsBefore > 0 && { kernelDrops: dropsBefore }),
      truncated: this.truncated(index),
    };
  }

  destination(index: number): string {
    const { destination } = this.#get(index).packet;
    const { endpoint, options } = this.#context;
    if (options.values.receivePacketInfo === 0) return "";
    return endpoint.family === 6 ? mappedText(destination) : destination.text;
  }

  interfaceIndex(index: number): number {
    const { ingress } = this.#get(index);
    return this.#context.options.values.receivePacketInfo === 0 ? 0 : ingress.index;
  }

  #get(index: number): Arrived {
    checkIndex(index, this.arrived.length);
    return this.arrived[index]!;
  }

  #end({ start, end }: Packet): number {
    return Math.min(end, start + this.#maxPacketBytes);
  }

  #zonedSender({ source, sourcePort }: Packet, ingress: HostInterface): SocketAddress {
    const key = `${source.text}%${ingress.name} ${sourcePort}`;
    let sender = this.#zoned.get(key);
    if (sender === undefined) {
      if (this.#zoned.size >= 4096) this.#zoned.clear(); // senders come and go
      sender = this.#context.endpoint.written(source, sourcePort, ingress.name);
      this.#zoned.set(key, sender);
    }
    return sender;
  }
}

/** Adds in two parts: a number that counts nanoseconds since 1970 would be off by hundreds of them. */
function nanoseconds(epochMs: number, timeMs: number): bigint {
  const wholeMs = Math.trunc(epochMs);
  return BigInt(wholeMs) * BigInt(NS_PER_MS) + BigInt(Math.round((epochMs - wholeMs + timeMs) * NS_PER_MS));
}
