/**
 * The messages of one channel that a stream has kept, for one receiver.
 *
 * Theory of operation: the reception asks for the last number of the stream, and has the server send what comes after it, or from where the
 * history begins (an ordered consumer of the client). The client sees by the numbers of the stream whether something is missing, and begins
 * again after the last one that came; so does it when the connection is back. The server cannot be asked for the last so many messages of
 * a channel. So a history of several is read from the beginning of the stream, and only the latest are passed on. When
 * the server refuses, or the stream is gone, that is reported, and the reception tries again every second.
 */
import type { Consumer, ConsumerMessages, JetStreamManager, JsMsg, JetStreamClient as Reader } from "@nats-io/jetstream";
import { Queue } from "../order/queue.js";

const RETRY_MS = 1000;
const HEARTBEAT_MS = 5000; // of the server; two that are missing make the client look after its consumer

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

export class StreamReception {
  readonly #options: StreamReceptionOptions;
  readonly #history = new Queue<JsMsg>();
  #historyBytes = 0;
  #historyEnd = 0; // sequence; 0 when it is over
  #next: number | undefined; // sequence, once something has come
  #messages: ConsumerMessages | undefined;
  #retry: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: StreamReceptionOptions) {
    this.#options = options;
  }

  /** Begins, and resolves when nothing that is stored from then on can be missed, or when it has failed and will try again. */
  async start(): Promise<void> {
    try {
      await this.#open();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Takes no more messages. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#retry);
    void this.#messages?.close().catch(() => {}); // the connection broke meanwhile: the server forgets the consumer by itself
  }

  async #open(): Promise<void> {
    const { reader, stream, subject } = this.#options;
    const { sequence, historyEnd } = await this.#start();
    this.#historyEnd = historyEnd;
    const consumer: Consumer = await reader.consumers.get(stream, {
      filter_subjects: subject,
      opt_start_seq: sequence,
      deliver_policy: "by_start_sequence",
    } as never);
    const messages = await consumer.consume({
      callback: (message) => this.#take(message),
      idle_heartbeat: HEARTBEAT_MS,
      abort_on_missing_resource: true,
    });
    this.#messages = messages;
    if (this.#isStopped) this.stop();
    else void messages.closed().then((error) => this.#failed(error));
  }

  async #start(): Promise<Start> {
    const { manager, stream, subject, history } = this.#options;
    const { state } = await manager.streams.info(stream);
    const end = state.last_seq + 1;
    if (this.#next !== undefined) return { sequence: this.#next <= end ? this.#next : 1, historyEnd: 0 }; // 1: the stream was made again
    if (history.messages === 0) return { sequence: end, historyEnd: 0 };
    const last = await manager.streams.getMessage(stream, { last_by_subj: subject });
    if (last === null) return { sequence: end, historyEnd: 0 };
    return history.messages === 1 ? { sequence: last.seq, historyEnd: 0 } : { sequence: 1, historyEnd: last.seq };
  }

  #take(message: JsMsg): void {
    if (this.#isStopped) return;
    this.#next = message.seq + 1;
    if (this.#historyEnd === 0) this.#options.take(message);
    else this.#remember(message);
  }

  #remember(message: JsMsg): void {
    const { messages, bytes } = this.#options.history;
    this.#history.push(message);
    this.#historyBytes += message.data.length;
    while (this.#history.length > messages || (this.#historyBytes > bytes && this.#history.length > 1)) {
      this.#historyBytes -= this.#history.shift()!.data.length;
    }
    if (message.seq < this.#historyEnd && message.info.pending > 0) return;
    this.#historyEnd = 0;
    while (this.#history.length > 0 && !this.#isStopped) this.#options.take(this.#history.shift()!);
  }

  #failed(cause: unknown): void {
    if (this.#isStopped) return;
    if (this.#historyEnd !== 0) this.#forgetHistory();
    this.#options.failed(this.#options.subject, cause);
    this.#retry = setTimeout(() => void this.start(), RETRY_MS).unref();
  }

  /** Nothing of a history that is not complete was passed on, so all of it is read again. */
  #forgetHistory(): void {
    this.#history.clear();
    this.#historyBytes = 0;
    this.#historyEnd = 0;
    this.#next = undefined;
  }
}
