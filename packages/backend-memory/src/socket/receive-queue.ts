/** The receive buffer of a socket: datagrams that wait to be read, and the number of those that found no room. */
import type { HostInterface } from "../host/host-interface.js";
import { type Packet, payloadBytes } from "../network/packet.js";
import { bufferCost } from "./buffer-cost.js";

/** A datagram in the buffer. */
export interface Arrived {
  readonly packet: Packet;
  readonly ingress: HostInterface;
  readonly timeMs: number;
  readonly dropsBefore: number; // as SO_RXQ_OVFL counts
}

export class ReceiveQueue {
  #queue: Arrived[] = [];
  #head = 0;
  #usedBytes = 0;
  #drops = 0;

  get length(): number {
    return this.#queue.length - this.#head;
  }

  /** Datagrams that found no room, since the socket was opened. */
  get drops(): number {
    return this.#drops;
  }

  /** Takes a datagram if the buffer of `limitBytes` has room, or is empty (`__udp_enqueue_schedule_skb` of net/ipv4/udp.c). */
  push(packet: Packet, ingress: HostInterface, timeMs: number, limitBytes: number): boolean {
    const cost = bufferCost(payloadBytes(packet));
    if (this.#usedBytes > 0 && this.#usedBytes + cost > limitBytes) {
      this.#drops += 1;
      return false;
    }
    this.#usedBytes += cost;
    this.#queue.push({ packet, ingress, timeMs, dropsBefore: this.#drops });
    return true;
  }

  /** Moves up to `maxDatagrams` to `batch`, and none once `maxBytes` have been moved. */
  take(batch: Arrived[], maxDatagrams: number, maxBytes: number): void {
    let bytes = 0;
    while (this.#head < this.#queue.length && batch.length < maxDatagrams && bytes < maxBytes) {
      const arrived = this.#queue[this.#head++]!;
      const payload = payloadBytes(arrived.packet);
      bytes += payload;
      this.#usedBytes -= bufferCost(payload);
      batch.push(arrived);
    }
    if (this.#head === this.#queue.length) this.clear();
    else if (this.#head > 1024) this.#compact();
  }

  clear(): void {
    this.#queue.length = 0;
    this.#head = 0;
    this.#usedBytes = 0;
  }

  #compact(): void {
    this.#queue = this.#queue.slice(this.#head);
    this.#head = 0;
  }
}
