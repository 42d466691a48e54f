/**
 * Messages to a stream that it has not confirmed, within bounds: beyond them new ones are not taken.
 *
 * Theory of operation: each subject has its own lane, so that one that the stream does not store, or no longer takes, keeps no other waiting. A
 * message that the stream refuses is dropped, counted and reported. So is one that was given again for as long as the stream can know it by its
 * id, half a minute at most; it may be stored or not.
 */
import type { JetStreamClient as Publisher } from "@nats-io/jetstream";
import type { TransportStatistics } from "../contract/channel-transport.js";
import type { OutboxLimits } from "./nats-options.js";
import { type LaneOwner, StreamLane, type StreamMessage } from "./stream-lane.js";

const CONFIRM_MS = 5000; // for a stream whose servers elect a new leader

/** Parts of a transport that use the outbox. */
export interface StreamOutboxOptions {
  readonly publisher: Publisher;
  readonly statistics: TransportStatistics;
  readonly limits: OutboxLimits;
  /** Time for which a message is given again, in milliseconds. */
  readonly repeatMs: number;
  /** Returns whether an error is the stream's last word on a message. */
  readonly isRefusal: (error: unknown) => boolean;
  /** Counts and reports a message that the stream refused. */
  readonly refused: (subject: string, cause: unknown) => void;
  /** Reports a message that may be stored or not, and is given no more. */
  readonly expired: (subject: string, cause: unknown) => void;
}

export class StreamOutbox {
  readonly #options: StreamOutboxOptions;
  readonly #laneOwner: LaneOwner;
  readonly #lanes = new Map<string, StreamLane>(); // by subject; those that are not empty
  #messages = 0;
  #bytes = 0;
  #holds = 1; // it begins without a connection
  #emptied = (): void => {};

  constructor(options: StreamOutboxOptions) {
    const { publisher, statistics, repeatMs, isRefusal, refused, expired } = options;
    this.#options = options;
    this.#laneOwner = {
      repeatMs,
      isRefusal,
      isOpen: () => this.#holds === 0,
      publish: ({ subject, payload, header, id }) =>
        publisher.publish(subject, payload, { headers: header, msgID: id, timeout: CONFIRM_MS }),
      confirmed: (message) => {
        statistics.sent++;
        this.#removed(message);
      },
      refused: (message, cause) => {
        this.#removed(message);
        refused(message.subject, cause);
      },
      expired: (message, cause) => {
        statistics.unconfirmed++;
        this.#removed(message);
        expired(message.subject, cause);
      },
    };
  }

  /** Number of messages that are not confirmed. */
  get length(): number {
    return this.#messages;
  }

  /** Takes a message, copies its payload, and returns whether there is room for it. */
  send(message: StreamMessage): boolean {
    const { maxMessages, maxBytes } = this.#options.limits;
    const { subject, payload } = message;
    if (this.#messages >= maxMessages || this.#bytes + payload.length > maxBytes) return false;
    const lane = this.#lanes.get(subject) ?? new StreamLane(this.#laneOwner);
    this.#lanes.set(subject, lane);
    this.#messages++;
    this.#bytes += payload.length;
    lane.add({ ...message, payload: Buffer.from(payload) });
    return true;
  }

  /** Gives the client nothing until {@link StreamOutbox.release} was called as often. */
  hold(): void {
    this.#holds++;
  }

  /** Undoes {@link StreamOutbox.hold}. */
  release(): void {
    if (--this.#holds === 0) for (const lane of [...this.#lanes.values()]) lane.give();
  }

  /** Gives everything again at the next {@link StreamOutbox.release}, as the connection has broken. */
  restart(): void {
    for (const lane of this.#lanes.values()) lane.restart();
  }

  /** Resolves when nothing is left to be confirmed. */
  async whenEmpty(): Promise<void> {
    if (this.#messages === 0) return;
    await new Promise<void>((resolve) => {
      this.#emptied = resolve;
    });
  }

  /** Counts what is not confirmed as unconfirmed, and gives it no more. */
  close(): void {
    for (const lane of this.#lanes.values()) lane.clear();
    this.#options.statistics.unconfirmed += this.#messages;
    this.#lanes.clear();
    this.#messages = 0;
    this.#bytes = 0;
    this.#emptied();
  }

  #removed({ subject, payload }: StreamMessage): void {
    this.#messages--;
    this.#bytes -= payload.length;
    if (this.#lanes.get(subject)?.length === 0) this.#lanes.delete(subject);
    if (this.#messages === 0) this.#emptied();
  }
}
