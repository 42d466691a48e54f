/**
 * The messages of one channel that a stream has kept, for one receiver.
 *
 * Theory of operation: the reception asks for the last number of the stream, and has the server send what comes after it, or from where the
 * history begins (an ordered consumer of the client). The client sees by the numbers of the stream whether something is missing, and begins
 * again after the last one that came. The server cannot be asked for the last so many messages of a channel. So a history of several is read
 * from the beginning of the stream, and only the latest are passed on. When the server refuses, falls silent, or the stream is gone, that is
 * reported, and the reception tries again every second. When the connection breaks, it begins again with the next one. A stream that was made
 * again counts from 1, so its numbers begin again, too.
 */
import type { Consumer, ConsumerMessages, JetStreamManager, JsMsg, JetStreamClient as Reader } from "@nats-io/jetstream";
import { Queue } from "../order/queue.js";

const RETRY_MS = 1000;
const HEARTBEAT_MS = 5000; // of the server; two that are missing make the reception begin again
const MADE_AGAIN = "the stream was made again: what it had kept and had not sent is lost";

/** Messages from before, at most. */
export interface KeptHistory {
  readonly messages: number;
  readonly bytes: number;
}

/** Parts of a transport that its receptions use. */
export interface StreamReceptionOptions {
  readonly stream: string;
  readonly subject: string;
  readonly history: KeptHistory;
  readonly manager: JetStreamManager;
  readonly reader: Reader;
  /** Takes a message. Must not throw. */
  readonly take: (message: JsMsg) => void;
  /** Reports that nothing can be received for now. */
  readonly failed: (subject: string, cause: unknown) => void;
}

/** Number to begin with, and the last one of the history. */
interface Start {
  readonly sequence: number;
  readonly historyEnd: number; // 0: no history
}

/** Reading of the stream, at the server and here. */
interface Reading {
  readonly consumer: Consumer;
  readonly messages: ConsumerMessages;
}

export class StreamReception {
  readonly #options: StreamReceptionOptions;
  readonly #history = new Queue<JsMsg>();
  #historyBytes = 0;
  #historyEnd = 0; // sequence; 0 when it is over
  #next: number | undefined; // sequence, once there is one to go on with
  #created: string | undefined; // time at which the stream was made
  #reading: Reading | undefined;
  #attempt = 0; // number: what an earlier one brings does not count
  #retry: NodeJS.Timeout | undefined;

  constructor(options: StreamReceptionOptions) {
    this.#options = options;
  }

  /** Whether it has begun, so that nothing that is stored from now on can be missed. */
  get hasBegun(): boolean {
    return this.#next !== undefined;
  }

  /** Begins, or goes on; resolves when nothing that is stored from then on can be missed, or when it has failed and will try again. */
  async start(): Promise<void> {
    const attempt = ++this.#attempt;
    try {
      await this.#open(attempt);
    } catch (error) {
      this.#failed(attempt, error);
    }
  }

  /** Takes no more messages until it is started again, as the connection has broken. */
  pause(): void {
    this.#attempt++;
    clearTimeout(this.#retry);
    if (this.#historyEnd !== 0) this.#forgetHistory();
    void this.#reading?.messages.close();
    this.#reading = undefined;
  }

  /** Takes no more messages, and has the server forget its consumer. */
  stop(): void {
    const reading = this.#reading;
    this.pause();
    if (reading !== undefined) forget(reading.consumer);
  }

  async #open(attempt: number): Promise<void> {
    const { reader, stream, subject } = this.#options;
    const { sequence, historyEnd } = await this.#start();
    if (attempt !== this.#attempt) return;
    const consumer: Consumer = await reader.consumers.get(stream, {
      filter_subjects: subject,
      opt_start_seq: sequence,
      deliver_policy: "by_start_sequence",
    } as never);
    if (attempt !== this.#attempt) return forget(consumer);
    this.#historyEnd = historyEnd;
    if (historyEnd === 0) this.#next = sequence;
    const messages = await consumer.consume({
      callback: (message) => this.#take(attempt, message),
      idle_heartbeat: HEARTBEAT_MS,
      abort_on_missing_resource: true,
    });
    this.#reading = { consumer, messages };
    if (attempt !== this.#attempt)
      this.stop(); // another attempt begins when this one has failed, or is over
    else this.#watch(attempt, messages);
  }

  #watch(attempt: number, messages: ConsumerMessages): void {
    const watchSilence = async (): Promise<void> => {
      for await (const { type } of messages.status()) {
        if (type === "heartbeats_missed") this.#failed(attempt, new Error("the stream fell silent"));
      }
    };
    void watchSilence();
    void messages.closed().then((error) => this.#failed(attempt, error));
  }

  async #start(): Promise<Start> {
    const { manager, stream, subject, history } = this.#options;
    const { state, created } = await manager.streams.info(stream);
    const end = state.last_seq + 1;
    if (this.#next !== undefined) return { sequence: this.#goOn(this.#next, end, created), historyEnd: 0 };
    this.#created = created;
    if (history.messages === 0) return { sequence: end, historyEnd: 0 };
    const last = await manager.streams.getMessage(stream, { last_by_subj: subject });
    if (last === null) return { sequence: end, historyEnd: 0 };
    return history.messages === 1 ? { sequence: last.seq, historyEnd: 0 } : { sequence: 1, historyEnd: last.seq };
  }

  /** Returns the number to go on with. */
  #goOn(next: number, end: number, created: string): number {
    if (created === this.#created && next <= end) return next;
    this.#created = created;
    this.#options.failed(this.#options.subject, new Error(MADE_AGAIN));
    return 1;
  }

  #take(attempt: number, message: JsMsg): void {
    if (attempt !== this.#attempt) return;
    if (this.#historyEnd === 0) {
      this.#next = message.seq + 1;
      this.#options.take(message);
    } else this.#remember(attempt, message);
  }

  #remember(attempt: number, message: JsMsg): void {
    const { messages, bytes } = this.#options.history;
    this.#history.push(message);
    this.#historyBytes += message.data.length;
    while (this.#history.length > messages || (this.#historyBytes > bytes && this.#history.length > 1)) {
      this.#historyBytes -= this.#history.shift()!.data.length;
    }
    if (message.seq < this.#historyEnd && message.info.pending > 0) return;
    this.#historyEnd = 0;
    while (this.#history.length > 0) this.#take(attempt, this.#history.shift()!);
  }

  #failed(attempt: number, cause: unknown): void {
    if (attempt !== this.#attempt) return;
    this.stop();
    this.#options.failed(this.#options.subject, cause);
    this.#retry = setTimeout(() => void this.start(), RETRY_MS).unref();
  }

  /** Nothing of a history that is not complete was passed on, so all of it is read again. */
  #forgetHistory(): void {
    this.#history.clear();
    this.#historyBytes = 0;
    this.#historyEnd = 0;
  }
}

/** Has the server forget a consumer. Without an answer it does so by itself, after five minutes. */
function forget(consumer: Consumer): void {
  consumer.delete().catch(() => {});
}
