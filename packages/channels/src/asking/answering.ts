/**
 * The answering side of a channel on one node.
 *
 * Theory of operation: a question is known by its digest. While the responder works on it, and as long as its answer is remembered, the same
 * question does not call the responder again: the answer is sent again, at most as often as a question is asked. So a question makes one
 * answer at most, and what a flood of questions costs is bounded.
 */
import { settled, watchRejection } from "@groupcast/base";
import type { ChannelMessage } from "../channel/channel-message.js";
import type { AskedChannel, RequestStatistics, Responder, Responding } from "../channel/questions.js";
import { ChannelLengthError } from "../contract/channel-errors.js";
import type { AskingNode } from "./asking-node.js";
import { decodeQuestion, encodeAnswer, type ReceivedQuestion, wireErrorOf } from "./envelope.js";
import type { HiddenChannel } from "./hidden-channels.js";

/** The parts of a channel that answer. */
export interface AnsweringParts<In, Out> {
  readonly node: AskingNode;
  readonly channel: AskedChannel<In, Out>;
  readonly answers: HiddenChannel;
  readonly statistics: RequestStatistics;
  readonly responder: Responder<In, Out>;
  readonly maxPending: number;
  readonly closed: () => void;
}

/** A question that the responder works on. */
interface Task {
  readonly key: string;
  readonly question: string;
  readonly asker: string;
}

export class Answering<In, Out> implements Responding {
  readonly #parts: AnsweringParts<In, Out>;
  readonly #number: number;
  readonly #running = new Map<string, Task>(); // by key
  readonly #askers = new Map<string, number>(); // asker → its pending calls
  #isActive = true;

  constructor(parts: AnsweringParts<In, Out>) {
    this.#parts = parts;
    this.#number = parts.node.nextResponder();
    parts.node.hidden.announce(parts.answers, true);
  }

  get isActive(): boolean {
    return this.#isActive;
  }

  get pending(): number {
    return this.#running.size;
  }

  close(): void {
    if (!this.#isActive) return;
    this.#isActive = false;
    const { node, answers, closed } = this.#parts;
    node.answers.forget(this.#number);
    node.hidden.announce(answers, false);
    closed();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  questionReceived(bytes: Buffer, message: ChannelMessage): void {
    const { node, statistics } = this.#parts;
    const question = decodeQuestion(bytes);
    if (question === undefined) {
      statistics.malformed++;
      return;
    }
    const key = `${this.#number} ${question.id}`;
    const isRunning = this.#running.has(key);
    if (isRunning || node.answers.has(key)) {
      statistics.repeatedQuestions++;
      if (!isRunning) this.#resend(key);
    } else this.#begin(key, question, message);
  }

  #resend(key: string): void {
    const answer = this.#parts.node.answers.resend(key);
    if (answer !== undefined && this.#publish(answer)) this.#parts.statistics.resent++;
  }

  #begin(key: string, { id, contents }: ReceivedQuestion, received: ChannelMessage): void {
    const { maxPending, statistics, channel } = this.#parts;
    const asker = received.sender ?? received.from.address ?? received.from.id;
    const share = Math.max(1, Math.floor(maxPending / 2));
    if (this.#running.size >= maxPending || (this.#askers.get(asker) ?? 0) >= share) {
      statistics.busy++;
      return;
    }
    const task = { key, question: id, asker };
    const message = { ...received, channel: channel.name };
    this.#running.set(key, task);
    this.#askers.set(asker, (this.#askers.get(asker) ?? 0) + 1);
    statistics.questions++;
    statistics.running++;
    settled(this.#answerTo(contents, message)).then(
      (answer) => this.#finish(task, answer as In),
      (error: unknown) => this.#fail(task, error),
    );
  }

  /** Rejects with what the codec or the responder throws. */
  async #answerTo(contents: Buffer, message: ChannelMessage): Promise<In> {
    const { channel, responder } = this.#parts;
    return await responder(this.#decode(contents, message, channel), message);
  }

  #decode(contents: Buffer, message: ChannelMessage, { codec, undecodable }: AskedChannel<In, Out>): Out {
    try {
      const data = codec.decode(contents);
      watchRejection(data, this.#parts.node.owner.report); // of a codec that is async by mistake
      return data;
    } catch (error) {
      undecodable({ data: contents, message, error });
      throw error;
    }
  }

  #finish(task: Task, value: In): void {
    const { channel } = this.#parts;
    try {
      this.#send(task, channel.codec.encode(value));
    } catch (error) {
      this.#fail(task, error); // the codec refuses it, or it is too long
      return;
    }
    this.#ended(task);
  }

  #fail(task: Task, thrown: unknown): void {
    this.#parts.statistics.failed++;
    try {
      this.#send(task, wireErrorOf(thrown));
    } catch (error) {
      this.#parts.node.owner.report(error);
    }
    this.#ended(task);
  }

  /** Sends an answer, and remembers it. @throws ChannelLengthError. */
  #send({ key, question, asker }: Task, outcome: Parameters<typeof encodeAnswer>[2]): void {
    const { node, statistics } = this.#parts;
    if (!this.#isActive) {
      statistics.abandoned++;
      return;
    }
    const answer = encodeAnswer(question, node, outcome);
    if (this.#publish(answer)) statistics.answers++;
    node.answers.add(asker, key, { responder: this.#number, answer });
  }

  /** Returns whether the transport took it. @throws ChannelLengthError. */
  #publish(answer: Buffer): boolean {
    try {
      return this.#parts.answers.channel.publish(answer);
    } catch (error) {
      if (error instanceof ChannelLengthError) throw error;
      this.#parts.node.owner.report(error); // the transport is closed
      return false;
    }
  }

  #ended({ key, asker }: Task): void {
    this.#parts.statistics.running--;
    this.#running.delete(key);
    const left = this.#askers.get(asker)! - 1;
    if (left === 0) this.#askers.delete(asker);
    else this.#askers.set(asker, left);
  }
}
