import type { AnswerStream, ChannelAnswer } from "../channel/questions.js";
import type { AnswerError } from "../contract/request-errors.js";
import { Queue } from "../order/queue.js";
import type { AnswerTaker } from "./asker.js";

const MAX_WAITING_BYTES = 64 * 1024 * 1024;
const ENTRY_BYTES = 256; // of an answer beside its contents

type Result<Out> = IteratorResult<ChannelAnswer<Out>>;

/** A reader that waits for the next answer. */
interface Reader<Out> {
  readonly resolve: (result: Result<Out>) => void;
  readonly reject: (reason: unknown) => void;
}

/** The answers to one question that wait for their reader. */
export class AnswerQueue<Out> implements AnswerStream<Out>, AnswerTaker<Out> {
  readonly #maxAnswers: number;
  readonly #errors: AnswerError[] = [];
  readonly #waiting = new Queue<{ readonly answer: ChannelAnswer<Out>; readonly bytes: number }>();
  #waitingBytes = 0;
  #readers: Reader<Out>[] = [];
  #taken = 0;
  #dropped = 0;
  #end: (() => void) | undefined; // of the question, while it is asked
  #isOver = false;
  #failure: { readonly reason: unknown } | undefined; // that no reader has seen

  constructor(maxAnswers: number) {
    this.#maxAnswers = maxAnswers;
  }

  /** Asks. What that throws, the reader gets. */
  start(ask: () => () => void): void {
    try {
      this.#end = ask();
    } catch (error) {
      this.failed(error);
    }
    if (this.#isOver) this.#end?.();
  }

  get errors(): readonly AnswerError[] {
    return this.#errors;
  }

  get dropped(): number {
    return this.#dropped;
  }

  next(): Promise<Result<Out>> {
    const oldest = this.#shift();
    if (oldest !== undefined) return Promise.resolve({ value: oldest, done: false });
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) return Promise.reject(failure.reason);
    if (this.#isOver) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
  }

  return(): Promise<Result<Out>> {
    this.#waiting.clear();
    this.#waitingBytes = 0;
    this.#failure = undefined;
    this.#over();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  answered(answer: ChannelAnswer<Out>, lengthBytes: number): void {
    const reader = this.#readers.shift();
    if (reader === undefined) this.#push(answer, lengthBytes + ENTRY_BYTES);
    else reader.resolve({ value: answer, done: false });
    this.#count();
  }

  refused(error: AnswerError): void {
    this.#errors.push(error);
    this.#count();
  }

  timedOut(): void {
    this.#over();
  }

  failed(reason: unknown): void {
    const reader = this.#readers.shift();
    if (reader === undefined) this.#failure = { reason };
    else reader.reject(reason);
    this.#over();
  }

  #count(): void {
    if (++this.#taken === this.#maxAnswers) this.#over();
  }

  #over(): void {
    this.#isOver = true;
    this.#end?.();
    for (const { resolve } of this.#readers.splice(0)) resolve({ value: undefined, done: true });
  }

  #push(answer: ChannelAnswer<Out>, bytes: number): void {
    this.#waiting.push({ answer, bytes });
    this.#waitingBytes += bytes;
    while (this.#waitingBytes > MAX_WAITING_BYTES) {
      this.#shift();
      this.#dropped++;
    }
  }

  #shift(): ChannelAnswer<Out> | undefined {
    const oldest = this.#waiting.shift();
    this.#waitingBytes -= oldest?.bytes ?? 0;
    return oldest?.answer;
  }
}
