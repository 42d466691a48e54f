/** The send buffer of a socket: datagrams that a link has taken and not yet put on the wire. */
import type { LinkCredit } from "../host/host-output.js";
import { bufferCost } from "./buffer-cost.js";

interface Charge {
  readonly untilMs: number;
  readonly cost: number;
}

export class SendBuffer implements LinkCredit {
  #charges: Charge[] = [];
  #usedBytes = 0;

  /** Whether the socket has to wait before it sends more: EAGAIN (`sock_alloc_send_pskb` of net/core/sock.c). */
  isFull(nowMs: number, limitBytes: number): boolean {
    if (this.#usedBytes < limitBytes) return false;
    this.#release(nowMs);
    return this.#usedBytes >= limitBytes;
  }

  /** Counts a datagram until the link is done with it. */
  charge(payload: number, untilMs: number, nowMs: number): void {
    if (this.#charges.length >= 1024) this.#release(nowMs);
    const cost = bufferCost(payload);
    this.#usedBytes += cost;
    this.#charges.push({ untilMs, cost });
  }

  /** Returns the time when half of it will be free, which is when Linux reports "writable" (`sock_def_write_space`). */
  writableAtMs(nowMs: number, limitBytes: number): number {
    let used = this.#usedBytes;
    let atMs = nowMs;
    for (const { untilMs, cost } of this.#charges) {
      if (2 * used <= limitBytes) break;
      used -= cost;
      atMs = untilMs;
    }
    return atMs;
  }

  #release(nowMs: number): void {
    const rest = this.#charges.findIndex(({ untilMs }) => untilMs > nowMs);
    const done = rest < 0 ? this.#charges.splice(0) : this.#charges.splice(0, rest);
    for (const { cost } of done) this.#usedBytes -= cost;
  }
}
