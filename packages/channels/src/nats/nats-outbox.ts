/**
 * Messages to NATS that the server has not confirmed.
 *
 * Theory of operation: the NATS client takes messages without bound, and forgets them when it dials again. So the outbox limits the bytes in
 * flight: after so many bytes, and at the latest a moment after a message, it asks the server to answer (PING, PONG), and the answer
 * confirms the messages before it. While too much is in flight, or while there is no connection, messages wait here, within bounds. Without
 * room the outbox discards the one that has waited longest, as the latest is worth most. Messages in flight when the connection breaks
 * may have arrived or not; the outbox counts them and does not send them again: at most once, as on UDP. The server may come back with
 * another limit; a message that is too long for it by then is dropped. So is a relay's packet that has waited for long: another relay may
 * have passed a copy on, and receivers have to know how late it can be.
 */
import type { MsgHdrs, NatsConnection } from "@nats-io/transport-node";
import type { TransportStatistics } from "../contract/channel-transport.js";
import { Queue } from "../order/queue.js";
import type { OutboxLimits } from "./nats-options.js";

const CONFIRM_BYTES = 256 * 1024;
const CONFIRM_MS = 100;
const MAX_UNCONFIRMED_BYTES = 8 * 1024 * 1024;
const MESSAGE_COST_BYTES = 128; // subject, header and the client's own
const MAX_RELAYED_WAIT_MS = 30_000;

/** A message. */
export interface Outgoing {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly header: MsgHdrs;
  readonly isRelayed: boolean;
}

interface WaitingMessage extends Outgoing {
  readonly sinceMs: number;
}

/** The part of a transport that its outbox uses. */
export interface OutboxOwner {
  /** Returns the length of the longest payload that the server takes now, in bytes. */
  maxPayloadBytes(): number;
  /** Reports an error of the client that no call can throw. */
  failed(error: unknown): void;
}

export class NatsOutbox {
  readonly #connection: NatsConnection;
  readonly #statistics: TransportStatistics;
  readonly #limits: OutboxLimits;
  readonly #owner: OutboxOwner;
  readonly #waiting = new Queue<WaitingMessage>();
  #waitingBytes = 0;
  #isConnected = true;
  #life = 0; // number of the connection: an answer on an earlier one does not count
  #unasked = { bytes: 0, messages: 0 }; // since the last question
  #unconfirmed = { bytes: 0, messages: 0 };
  #question: NodeJS.Timeout | undefined;

  constructor(connection: NatsConnection, statistics: TransportStatistics, limits: OutboxLimits, owner: OutboxOwner) {
    this.#connection = connection;
    this.#statistics = statistics;
    this.#limits = limits;
    this.#owner = owner;
  }

  /** Number of messages that wait. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Sends a message, or lets it wait. Copies its payload. */
  send(message: Outgoing): void {
    const outgoing = { ...message, payload: Buffer.from(message.payload) }; // the client reads it later
    if (this.#waiting.length === 0 && this.#hasRoom) this.#give(outgoing);
    else this.#keep({ ...outgoing, sinceMs: performance.now() });
  }

  /** Sends the messages that wait, as there is a connection again. */
  connected(): void {
    this.#isConnected = true;
    this.#giveWaiting();
  }

  /** Lets messages wait, and counts those in flight as unconfirmed, as the connection has broken. */
  disconnected(): void {
    this.#isConnected = false;
    this.#life++;
    this.#statistics.unconfirmed += this.#unconfirmed.messages;
    this.#unconfirmed = { bytes: 0, messages: 0 };
    this.#unasked = { bytes: 0, messages: 0 };
    clearTimeout(this.#question);
    this.#question = undefined;
  }

  /** Resolves when the server has confirmed every message; rejects when the connection breaks. Messages that wait count as dropped. */
  async finish(): Promise<void> {
    clearTimeout(this.#question);
    this.#statistics.dropped += this.#waiting.length;
    this.#waiting.clear();
    if (this.#isConnected) await this.#connection.flush();
  }

  get #hasRoom(): boolean {
    return this.#isConnected && this.#unconfirmed.bytes < MAX_UNCONFIRMED_BYTES;
  }

  /** Gives a message to the client, or drops it. Never throws, as the rest of the queue has to follow. */
  #give({ subject, payload, header }: Outgoing): void {
    if (payload.length > this.#owner.maxPayloadBytes()) {
      this.#statistics.dropped++;
      return;
    }
    try {
      this.#connection.publish(subject, payload, { headers: header });
    } catch (error) {
      this.#statistics.dropped++; // the client has closed
      this.#owner.failed(error);
      return;
    }
    this.#statistics.sent++;
    for (const count of [this.#unasked, this.#unconfirmed]) {
      count.bytes += payload.length + MESSAGE_COST_BYTES;
      count.messages++;
    }
    if (this.#unasked.bytes >= CONFIRM_BYTES) this.#ask();
    else this.#question ??= setTimeout(() => this.#ask(), CONFIRM_MS).unref();
  }

  #ask(): void {
    clearTimeout(this.#question);
    this.#question = undefined;
    const life = this.#life;
    const { bytes, messages } = this.#unasked;
    this.#unasked = { bytes: 0, messages: 0 };
    this.#connection.flush().then(
      () => this.#confirmed(life, bytes, messages),
      () => {}, // the connection broke: disconnected() counts
    );
  }

  #confirmed(life: number, bytes: number, messages: number): void {
    if (life !== this.#life) return;
    this.#unconfirmed.bytes -= bytes;
    this.#unconfirmed.messages -= messages;
    this.#giveWaiting();
  }

  #giveWaiting(): void {
    const nowMs = performance.now();
    while (this.#waiting.length > 0 && this.#hasRoom) {
      const { sinceMs, ...outgoing } = this.#waiting.shift()!;
      this.#waitingBytes -= outgoing.payload.length;
      if (outgoing.isRelayed && nowMs - sinceMs > MAX_RELAYED_WAIT_MS) this.#statistics.dropped++;
      else this.#give(outgoing);
    }
  }

  #keep(outgoing: WaitingMessage): void {
    this.#waiting.push(outgoing);
    this.#waitingBytes += outgoing.payload.length;
    while (this.#waiting.length > this.#limits.maxMessages || this.#waitingBytes > this.#limits.maxBytes) {
      this.#waitingBytes -= this.#waiting.shift()!.payload.length;
      this.#statistics.dropped++;
    }
  }
}
