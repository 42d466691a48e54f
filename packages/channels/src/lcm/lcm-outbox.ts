/**
 * Messages between a sender and the port of an LCM transport.
 *
 * Theory of operation: a short message leaves at once. The fragments of a long one leave a burst at a time, so that the receive buffers of
 * this and other hosts hold them. Messages that are sent meanwhile wait behind them: LCM's sender does not mix the fragments of two
 * messages either. The count advances once a message has left completely, so a refused message leaves no gap.
 */
import type { Clock, ScheduledCall } from "@groupcast/base";
import type { MulticastPort } from "groupcast";
import type { WaitingRoom } from "../channel/waiting-room.js";
import type { TransportStatistics } from "../contract/channel-transport.js";
import { Queue } from "../order/queue.js";
import { type LcmMessage, lcmDatagram, lcmDatagramCount, nextLcmSequence } from "./lcm-datagram.js";

const BURST_BYTES = 32 * 1024; // as the bursts of other long messages
const PAUSE_MS = 1;
const LINGER_MS = 1000; // longest time that a closing outbox waits for the network to take more

/** The surroundings of an outbox. */
export interface LcmOutboxOptions {
  readonly port: MulticastPort;
  readonly to: { readonly address: string; readonly port: number };
  readonly clock: Clock;
  readonly statistics: TransportStatistics;
  readonly waitingRoom: WaitingRoom;
  /** Reports an error that no call can throw. */
  readonly report: (error: unknown) => void;
}

export class LcmOutbox {
  readonly #options: LcmOutboxOptions;
  readonly #waiting = new Queue<LcmMessage>();
  #current: LcmMessage | undefined; // some of its datagrams may have left
  #currentIndex = 0;
  #sequence = 0;
  #nextBurst: ScheduledCall | undefined;
  #progressMs = 0;
  #drained: (() => void) | undefined; // while it is closing

  constructor(options: LcmOutboxOptions) {
    this.#options = options;
  }

  /** Port from which the messages leave. */
  get port(): MulticastPort {
    return this.#options.port;
  }

  /** Sends a message, or queues it; returns false if the network refuses it, or the queue has no room. Copies `payload`. */
  send(channel: string, payload: Uint8Array): boolean {
    const message = { channel, payload };
    const isShort = lcmDatagramCount(message) === 1;
    const isTaken = isShort && this.#current === undefined ? this.#sendAtOnce(message) : this.#wait(message);
    if (!isTaken) this.#options.statistics.dropped++;
    return isTaken;
  }

  /** Sends the waiting messages; resolves when they have left, or the network takes no more. Counts the rest as dropped. */
  async drain(): Promise<void> {
    if (this.#current === undefined) return;
    this.#progressMs = this.#options.clock.nowMs();
    await new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
  }

  #sendAtOnce(message: LcmMessage): boolean {
    const { port, to, statistics } = this.#options;
    if (!port.write(lcmDatagram(message, this.#sequence, 0, 1), to)) return false;
    this.#sequence = nextLcmSequence(this.#sequence);
    statistics.sent++;
    return true;
  }

  #wait({ channel, payload }: LcmMessage): boolean {
    if (!this.#options.waitingRoom.enter([payload])) return false;
    this.#waiting.push({ channel, payload: Buffer.from(payload) });
    if (this.#current === undefined) this.#sendBurst();
    return true;
  }

  #sendBurst(): void {
    this.#nextBurst = undefined;
    try {
      this.#sendWaiting();
    } catch (error) {
      this.#abandon(); // the port has closed
      this.#options.report(error);
    }
    if (this.#drained !== undefined && this.#options.clock.nowMs() - this.#progressMs >= LINGER_MS) this.#abandon();
    if (this.#current !== undefined) this.#nextBurst ??= this.#options.clock.schedule(PAUSE_MS, () => this.#sendBurst());
    else this.#drained?.();
  }

  #sendWaiting(): void {
    const { port, to, clock } = this.#options;
    this.#current ??= this.#waiting.shift();
    for (let bytes = 0; this.#current !== undefined && bytes < BURST_BYTES; this.#progressMs = clock.nowMs()) {
      const count = lcmDatagramCount(this.#current);
      const datagram = lcmDatagram(this.#current, this.#sequence, this.#currentIndex, count);
      if (!port.write(datagram, to)) return;
      bytes += datagram.length;
      if (++this.#currentIndex === count) this.#next();
    }
  }

  #next(): void {
    this.#options.waitingRoom.leave(this.#current!.payload);
    this.#options.statistics.sent++;
    this.#sequence = nextLcmSequence(this.#sequence);
    this.#currentIndex = 0;
    this.#current = this.#waiting.shift();
  }

  #abandon(): void {
    this.#nextBurst?.cancel();
    this.#currentIndex = 0;
    for (; this.#current !== undefined; this.#current = this.#waiting.shift()) {
      this.#options.waitingRoom.leave(this.#current.payload);
      this.#options.statistics.dropped++;
    }
  }
}
