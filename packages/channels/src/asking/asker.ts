/**
 * The asking side of a channel on one node.
 *
 * Theory of operation: a question is published on the channel's companion for questions, answers come on the one for answers, and every
 * asker of the channel hears them all. An answer names its question by a number that nobody can guess; one that names none that is pending
 * here is dropped and counted after its first bytes, so a flood costs its reception and nothing else.
 */
import { watchRejection } from "@groupcast/base";
import type { ChannelMessage } from "../channel/channel-message.js";
import type { AskedChannel, ChannelAnswer, RequestStatistics } from "../channel/questions.js";
import { CHANNEL_ERRORS, ChannelLengthError, ChannelStateError } from "../contract/channel-errors.js";
import { AnswerError } from "../contract/request-errors.js";
import { RecentTable } from "../order/recent-table.js";
import type { AskingNode } from "./asking-node.js";
import { answeredQuestion, decodeAnswer, encodeQuestion, QUESTION_OVERHEAD_BYTES, questionId, type ReceivedAnswer } from "./envelope.js";
import type { HiddenChannel } from "./hidden-channels.js";
import { PendingQuestion } from "./pending-question.js";
import type { ResolvedRequest } from "./request-options.js";

const MAX_ENDED = 1024; // questions that are remembered after their end, to tell late answers from those of others

/** Whoever waits for the answers to one question. */
export interface AnswerTaker<Out> {
  /** Takes an answer, which arrived as so many bytes. */
  answered(answer: ChannelAnswer<Out>, lengthBytes: number): void;
  /** Takes the error of a responder. */
  refused(error: AnswerError): void;
  /** The time is over. */
  timedOut(attempts: number): void;
  /** The question cannot be asked, or its signal has aborted. */
  failed(reason: unknown): void;
}

/** A question that waits for answers. */
interface Waiting<Out> {
  readonly taker: AnswerTaker<Out>;
  readonly answeredBy: Set<string>; // sessions
  readonly pending: PendingQuestion;
}

export class Asker<Out> {
  readonly #node: AskingNode;
  readonly #channel: AskedChannel<never, Out>;
  readonly #statistics: RequestStatistics;
  readonly #questions: HiddenChannel;
  readonly #waiting = new Map<string, Waiting<Out>>();
  readonly #ended = new RecentTable<true>(MAX_ENDED);

  /** Begins to receive answers. @throws CannotListenError, MulticastJoinError (UDP). */
  constructor(
    node: AskingNode,
    channel: AskedChannel<never, Out>,
    companions: { questions: HiddenChannel; answers: HiddenChannel },
    statistics: RequestStatistics,
  ) {
    this.#node = node;
    this.#channel = channel;
    this.#statistics = statistics;
    this.#questions = companions.questions;
    companions.answers.channel.subscribe((bytes, message) => this.#answerReceived(bytes, message));
    node.hidden.announce(companions.questions, true);
  }

  /** Asks a question. Its answers go to `taker`, until the function that this returns is called. @throws ChannelStateError `ERR_CHANNEL_REQUESTS`. */
  ask(operation: string, contents: Uint8Array, options: ResolvedRequest, taker: AnswerTaker<Out>): () => void {
    if (!this.#node.begin()) throw new ChannelStateError(CHANNEL_ERRORS.ERR_CHANNEL_REQUESTS, operation, { channel: this.#channel.name });
    const question = encodeQuestion(contents);
    const id = questionId(question);
    const { clock, report } = this.#node.owner;
    const pending = new PendingQuestion(
      {
        clock,
        report,
        send: () => this.#send(question, contents.length),
        sentAgain: () => this.#statistics.retransmissions++,
        timedOut: (attempts) => taker.timedOut(attempts),
        failed: (reason) => taker.failed(reason),
        ended: () => this.#forget(id),
      },
      options,
    );
    this.#waiting.set(id, { taker, answeredBy: new Set(), pending });
    this.#statistics.requests++;
    this.#statistics.pending++;
    pending.start();
    return () => void pending.end();
  }

  /** Ends every question with a reason. */
  close(makeReason: () => unknown): void {
    for (const { pending } of [...this.#waiting.values()]) pending.fail(makeReason());
  }

  #send(question: Buffer, contentsBytes: number): void {
    try {
      this.#questions.channel.publish(question); // one that the transport does not take is one that was lost
    } catch (error) {
      if (!(error instanceof ChannelLengthError)) throw error;
      throw new ChannelLengthError(this.#channel.name, contentsBytes, error.maxBytes - QUESTION_OVERHEAD_BYTES, "request");
    }
  }

  #forget(id: string): void {
    this.#waiting.delete(id);
    this.#ended.use(id, () => true);
    this.#statistics.pending--;
    this.#node.ended();
  }

  #answerReceived(bytes: Buffer, message: ChannelMessage): void {
    const id = answeredQuestion(bytes);
    const waiting = id === undefined ? undefined : this.#waiting.get(id);
    const answer = waiting && decodeAnswer(bytes);
    if (id === undefined || (waiting !== undefined && answer === undefined)) this.#statistics.malformed++;
    else if (waiting === undefined || answer === undefined) this.#statistics[this.#ended.peek(id) === undefined ? "foreign" : "late"]++;
    else if (waiting.answeredBy.has(answer.session)) this.#statistics.repeatedAnswers++;
    else this.#take(waiting, answer, message);
  }

  #take({ taker, answeredBy }: Waiting<Out>, { session, name, outcome }: ReceivedAnswer, received: ChannelMessage): void {
    const channel = this.#channel.name;
    if (!Buffer.isBuffer(outcome)) {
      answeredBy.add(session);
      this.#statistics.answered++;
      taker.refused(new AnswerError(channel, { ...outcome, responder: name, session }));
      return;
    }
    const message = { ...received, channel };
    const lengthBytes = outcome.length;
    let data: Out;
    try {
      data = this.#channel.codec.decode(outcome);
      watchRejection(data, this.#node.owner.report); // of a codec that is async by mistake
    } catch (error) {
      this.#channel.undecodable({ data: outcome, message, error }); // another responder may do better
      return;
    }
    answeredBy.add(session);
    this.#statistics.answered++;
    taker.answered({ data, message, responder: { session, name } }, lengthBytes);
  }
}
