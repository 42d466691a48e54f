/**
 * Messages to a stream that it has not confirmed.
 *
 * Theory of operation: messages stay here, in their order, until the stream has confirmed each. When the connection breaks, or a
 * confirmation does not come, all of them are given to the client again, in the same order. Each has an id, by which the stream knows those
 * that it has stored already (docs.nats.io, Nats-Msg-Id; two minutes by default), so each is stored once. A message that the stream
 * refuses, or that has waited for half a minute, is dropped, counted and reported. There is a bound on messages and bytes; beyond it new ones
 * are not taken.
 */
import type { JetStreamClient as Publisher } from "@nats-io/jetstream";
import type { MsgHdrs } from "@nats-io/transport-node";
import type { TransportStatistics } from "../contract/channel-transport.js";
import type { OutboxLimits } from "./nats-options.js";

const CONFIRM_MS = 5000; // for a stream whose servers elect a new leader
const AGAIN_MS = 500;
const MAX_AGE_MS = 30_000; // less than the stream remembers ids
const MAX_IN_FLIGHT = 256; // messages

/** A message. */
export interface StreamMessage {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly header: MsgHdrs;
  /** Unique. */
  readonly id: string;
}

interface Unconfirmed extends StreamMessage {
  readonly sinceMs: number;
}

/** Parts of a transport that use the outbox. */
export interface StreamOutboxOptions {
  readonly publisher: Publisher;
  readonly statistics: TransportStatistics;
  readonly limits: OutboxLimits;
  /** Returns whether an error is the stream's last word on a message. */
  readonly isRefusal: (error: unknown) => boolean;
  /** Counts and reports a message that is not stored. */
  readonly dropped: (subject: string, cause: unknown) => void;
}

export class StreamOutbox {
  readonly #options: StreamOutboxOptions;
  readonly #unconfirmed = new Set<Unconfirmed>(); // in their order
  readonly #inFlight = new Set<Unconfirmed>();
  #bytes = 0;
  #holds = 1; // it begins without a connection
  #life = 0; // number of the attempt: what an earlier one brings does not count
  #again: NodeJS.Timeout | undefined;
  #emptied = (): void => {};

  constructor(options: StreamOutboxOptions) {
    this.#options = options;
  }

  /** Number of messages that are not confirmed. */
  get length(): number {
    return this.#unconfirmed.size;
  }

  /** Takes a message, copies its payload, and returns whether there is room for it. */
  send(message: StreamMessage): boolean {
    const { maxMessages, maxBytes } = this.#options.limits;
    if (this.#unconfirmed.size >= maxMessages || this.#bytes + message.payload.length > maxBytes) return false;
    this.#unconfirmed.add({ ...message, payload: Buffer.from(message.payload), sinceMs: performance.now() });
    this.#bytes += message.payload.length;
    this.#give();
    return true;
  }

  /** Gives the client nothing until {@link StreamOutbox.release} was called as often. */
  hold(): void {
    this.#holds++;
  }

  /** Undoes {@link StreamOutbox.hold}. */
  release(): void {
    this.#holds--;
    this.#give();
  }

  /** Gives everything again at the next {@link StreamOutbox.release}, as the connection has broken. */
  restart(): void {
    this.#life++;
    this.#inFlight.clear();
    clearTimeout(this.#again);
    this.#again = undefined;
  }

  /** Resolves when nothing is left to be confirmed. */
  async whenEmpty(): Promise<void> {
    if (this.#unconfirmed.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#emptied = resolve;
    });
  }

  /** Counts what is not confirmed as unconfirmed, and gives it no more. */
  close(): void {
    this.restart();
    this.#options.statistics.unconfirmed += this.#unconfirmed.size;
    this.#unconfirmed.clear();
  }

  #give(): void {
    if (this.#holds > 0 || this.#again !== undefined) return;
    for (const message of this.#unconfirmed) {
      if (this.#inFlight.size >= MAX_IN_FLIGHT) return;
      if (!this.#inFlight.has(message)) void this.#store(message, this.#life);
    }
  }

  async #store(message: Unconfirmed, life: number): Promise<void> {
    const { publisher, statistics } = this.#options;
    const { subject, payload, header, id } = message;
    this.#inFlight.add(message);
    try {
      await publisher.publish(subject, payload, { headers: header, msgID: id, timeout: CONFIRM_MS });
      if (life !== this.#life) return;
      statistics.sent++;
      this.#remove(message);
    } catch (error) {
      if (life === this.#life) this.#failed(message, error);
    }
    this.#give();
  }

  #failed(message: Unconfirmed, error: unknown): void {
    if (this.#options.isRefusal(error) || performance.now() - message.sinceMs > MAX_AGE_MS) {
      this.#remove(message);
      this.#options.dropped(message.subject, error);
      return;
    }
    this.restart();
    this.#again = setTimeout(() => {
      this.#again = undefined;
      this.#give();
    }, AGAIN_MS).unref();
  }

  #remove(message: Unconfirmed): void {
    this.#inFlight.delete(message);
    if (this.#unconfirmed.delete(message)) this.#bytes -= message.payload.length;
    if (this.#unconfirmed.size === 0) this.#emptied();
  }
}
