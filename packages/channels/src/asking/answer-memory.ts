import { QuotaTable } from "../order/quota-table.js";

const LIMITS = {
  all: { entries: 4096, weight: 16 * 1024 * 1024 },
  owner: { entries: 2048, weight: 8 * 1024 * 1024 },
};
const ENTRY_BYTES = 256; // of an answer beside its packet
const MAX_RESENT = 16; // as often as a question is sent at most

/** An answer that was sent. */
interface SentAnswer {
  readonly key: string;
  readonly responder: number;
  readonly answer: Buffer;
  resent: number;
}

/**
 * Answers that a node has sent, so that a question which comes again is answered again, without another call of the responder. Bounded in
 * answers and bytes over all channels, and half of that for one asker.
 */
export class AnswerMemory {
  readonly #answers = new QuotaTable<SentAnswer>(LIMITS);

  /** Number of answers that are remembered. */
  get size(): number {
    return this.#answers.size;
  }

  /** Number of bytes that they take. */
  get bytes(): number {
    return this.#answers.weight;
  }

  /** Remembers an answer of a responder under `key`; what is too much forgets the oldest, first of the same asker. */
  add(asker: string, key: string, { responder, answer }: { readonly responder: number; readonly answer: Buffer }): void {
    this.#answers.use(asker, key, () => ({ key, responder, answer, resent: 0 }));
    this.#answers.weigh(key, answer.length + ENTRY_BYTES);
  }

  /** Whether the answer is remembered. */
  has(key: string): boolean {
    return this.#answers.peek(key) !== undefined;
  }

  /** Returns the answer, to be sent again; undefined when it was sent so often that it must have arrived. */
  resend(key: string): Buffer | undefined {
    const sent = this.#answers.peek(key);
    return sent === undefined || ++sent.resent > MAX_RESENT ? undefined : sent.answer;
  }

  /** Forgets the answers of a responder. */
  forget(responder: number): void {
    for (const answer of this.#answers.values()) if (answer.responder === responder) this.#answers.delete(answer.key);
  }
}
