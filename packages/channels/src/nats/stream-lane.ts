/**
 * Messages on one subject that the stream has not confirmed, in their order.
 *
 * Theory of operation: a message stays here until the stream has confirmed it, however late. When a confirmation does not come, all messages of
 * the lane are given again after a moment, in the same order; other lanes go on meanwhile. Each message has an id, by which the stream knows
 * those that it has stored already (docs.nats.io, Nats-Msg-Id). It remembers ids for a while only, so a message is given again only for a
 * while, from when it was given first.
 */
import type { MsgHdrs } from "@nats-io/transport-node";

const AGAIN_MS = 500;
const MAX_IN_FLIGHT = 256; // messages

/** A message. */
export interface StreamMessage {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly header: MsgHdrs;
  /** Unique, and nothing that others can guess: a stream stores no second message of an id. */
  readonly id: string;
}

/** The part of an outbox that its lanes use. */
export interface LaneOwner {
  /** Time for which a message is given again, from when it was given first, in milliseconds. */
  readonly repeatMs: number;
  /** Whether messages may be given now. */
  readonly isOpen: () => boolean;
  /** Gives a message to the stream; resolves when the stream has confirmed it. */
  readonly publish: (message: StreamMessage) => Promise<unknown>;
  /** Returns whether an error is the stream's last word on a message. */
  readonly isRefusal: (error: unknown) => boolean;
  readonly confirmed: (message: StreamMessage) => void;
  readonly refused: (message: StreamMessage, cause: unknown) => void;
  /** Takes a message that is too old to be given again, and may have been stored or not. */
  readonly expired: (message: StreamMessage, cause: unknown) => void;
}

interface Attempt {
  readonly cause?: unknown; // of the last failure
  readonly firstMs: number;
}

export class StreamLane {
  readonly #owner: LaneOwner;
  readonly #unconfirmed = new Map<StreamMessage, Attempt | undefined>(); // in their order
  readonly #inFlight = new Map<StreamMessage, Attempt>();
  #again: NodeJS.Timeout | undefined;

  constructor(owner: LaneOwner) {
    this.#owner = owner;
  }

  /** Number of messages that are not confirmed. */
  get length(): number {
    return this.#unconfirmed.size;
  }

  /** Adds a message behind the others. */
  add(message: StreamMessage): void {
    this.#unconfirmed.set(message, undefined);
    this.give();
  }

  /** Gives the stream what it has not got, as far as that is possible now. */
  give(): void {
    const nowMs = performance.now();
    for (const [message, last] of this.#unconfirmed) {
      if (!this.#owner.isOpen() || this.#again !== undefined || this.#inFlight.size >= MAX_IN_FLIGHT) return;
      if (this.#inFlight.has(message)) continue;
      if (last !== undefined && nowMs - last.firstMs > this.#owner.repeatMs) this.#expire(message, last.cause);
      else void this.#store(message, { ...last, firstMs: last?.firstMs ?? nowMs });
    }
  }

  /** Gives everything again at the next {@link StreamLane.give}, as the connection has broken. */
  restart(): void {
    this.#inFlight.clear();
    clearTimeout(this.#again);
    this.#again = undefined;
  }

  /** Forgets everything. */
  clear(): void {
    this.restart();
    this.#unconfirmed.clear();
  }

  async #store(message: StreamMessage, attempt: Attempt): Promise<void> {
    this.#inFlight.set(message, attempt);
    this.#unconfirmed.set(message, attempt);
    try {
      await this.#owner.publish(message);
      this.#remove(message, () => this.#owner.confirmed(message));
    } catch (error) {
      if (this.#inFlight.get(message) === attempt) this.#failed(message, { ...attempt, cause: error });
    }
    this.give();
  }

  #failed(message: StreamMessage, attempt: Attempt & { readonly cause: unknown }): void {
    if (this.#owner.isRefusal(attempt.cause)) this.#remove(message, () => this.#owner.refused(message, attempt.cause));
    else if (performance.now() - attempt.firstMs > this.#owner.repeatMs) this.#expire(message, attempt.cause);
    else {
      this.#unconfirmed.set(message, attempt);
      this.restart();
      this.#again = setTimeout(() => {
        this.#again = undefined;
        this.give();
      }, AGAIN_MS).unref();
    }
  }

  #expire(message: StreamMessage, cause: unknown = new Error("the connection broke before the stream confirmed the message")): void {
    this.#remove(message, () => this.#owner.expired(message, cause));
  }

  #remove(message: StreamMessage, removed: () => void): void {
    this.#inFlight.delete(message);
    if (this.#unconfirmed.delete(message)) removed();
  }
}
