/** Public interface of questions and answers on a channel. */
import type { CHANNEL_ERRORS } from "../contract/channel-errors.js";
import type { AnswerError } from "../contract/request-errors.js";
import type { RemoteNode } from "../presence/node-presence.js";
import type { SealedChannel, WornKey } from "../seal/channel-seal.js";
import type { UndecodableMessage } from "./channel-events.js";
import type { ChannelMessage } from "./channel-message.js";
import type { Codec } from "./codec.js";

/** Options of {@link Channel.request}. */
export interface ChannelRequestOptions {
  /**
   * Milliseconds until the request fails, all attempts together, 1 … 2,147,483,647. Default: the time that the attempts need, 7,000 for
   * three.
   */
  readonly timeoutMs?: number | undefined;
  /** Maximum number of times that the question is sent, 1 … 16. Default: 3. */
  readonly attempts?: number | undefined;
  /** Signal that ends the request; the promise then rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@link Channel.requestMany}. */
export interface ChannelRequestManyOptions extends ChannelRequestOptions {
  /** Milliseconds after which the request takes no further answers, 1 … 2,147,483,647. Default: 1,000. */
  readonly timeoutMs?: number | undefined;
  /** Number of responders, of answers and of errors, after which the stream ends, 1 … 65,536. Default: 256. */
  readonly maxAnswers?: number | undefined;
}

/** Node that answered. Anybody who receives a question can answer in any name, unless the channel is sealed. */
export interface AnsweringNode {
  /** Random number that identifies it: 16 hexadecimal digits. */
  readonly session: string;
  /** Its name, at most 255 bytes of UTF-8. */
  readonly name: string;
}

/** One answer. */
export interface ChannelAnswer<Out> {
  /** The answer, as the codec of the channel decodes it. */
  readonly data: Out;
  /** Facts about the answer besides its contents. `lead` and `lost` count the responder's answers to all nodes. */
  readonly message: ChannelMessage;
  /** Node that answered. */
  readonly responder: AnsweringNode;
}

/** The answers to one question, for `for await`. The loop ends at the time-out, or with the last of `maxAnswers`. */
export interface AnswerStream<Out> extends AsyncIterableIterator<ChannelAnswer<Out>> {
  /** Errors of responders so far, the oldest first. Together with the answers they are `maxAnswers` at most. */
  readonly errors: readonly AnswerError[];
  /** Number of answers discarded because the reader was slow: more than 64 MiB waited. */
  readonly dropped: number;
  /** Resolves to the next answer; `done` once the time is over and every answer that waited is read. Rejects as `request()` does. */
  next(): Promise<IteratorResult<ChannelAnswer<Out>>>;
  /** Ends the request. `for await` calls it when its loop is left. */
  return(): Promise<IteratorResult<ChannelAnswer<Out>>>;
  /** Returns the stream itself. */
  [Symbol.asyncIterator](): this;
}

/** Answers a question. If it throws or rejects, the asker gets an `AnswerError` with code and message, never the stack. */
export type Responder<In, Out> = (data: Out, message: ChannelMessage) => In | Promise<In>;

/** Options of {@link Channel.respond}. */
export interface RespondOptions {
  /**
   * Number of calls of the responder that may be pending at a time, 1 … 65,536; one asker has half of them. Further questions are dropped
   * and counted as `busy`; the asker repeats them. A call whose promise never settles still counts. Default 64.
   */
  readonly maxPending?: number | undefined;
}

/** A responder's connection to its channel. `channel.respond()` makes it. */
export interface Responding {
  /** Whether the responder answers questions: until {@link Responding.close}, or until the channel or the node closes. */
  readonly isActive: boolean;
  /** Number of calls of the responder whose promise has not settled. */
  readonly pending: number;
  /** Stops answering; answers of pending calls are discarded and counted as `abandoned`. A further call changes nothing. */
  close(): void;
  /** Closes at the end of `using`; {@link Responding.close}. */
  [Symbol.dispose](): void;
}

/** Counters of a channel's questions and answers since it was opened. */
export interface RequestStatistics {
  /** Questions that this node asked. */
  requests: number;
  /** Of these, those that wait for answers now. */
  pending: number;
  /** Answers that were taken, errors of responders included. */
  answered: number;
  /** Requests that timed out before the first answer. */
  timedOut: number;
  /** Number of times that a question was sent again. */
  retransmissions: number;
  /** Answers to a question of this node that came after its end. */
  late: number;
  /** Answers that arrived again: by a second path, or because the question was repeated. */
  repeatedAnswers: number;
  /** Answers to questions of other nodes, and forged ones. */
  foreign: number;
  /** Questions for which this node called its responder. */
  questions: number;
  /** Of these, those whose call is pending now. */
  running: number;
  /** Answers that were sent, errors included; not those that were sent again. */
  answers: number;
  /** Calls of the responder that threw or rejected, or whose answer is too long for the channel. */
  failed: number;
  /** Questions that came again; the responder is not called again. */
  repeatedQuestions: number;
  /** Answers that were sent again for these. */
  resent: number;
  /** Questions that were dropped because too many calls were pending. */
  busy: number;
  /** Answers that were discarded because the responder had closed meanwhile. */
  abandoned: number;
  /** Questions and answers that are not of the format. */
  malformed: number;
  /**
   * Packets that gave neither a question nor an answer: on a sealed channel those that no key opens, repeats and stale ones; lost
   * fragments.
   */
  refused: number;
}

/** Reason for which a closed channel refuses calls. */
export type ChannelRefusal = typeof CHANNEL_ERRORS.ERR_CHANNEL_CLOSED | typeof CHANNEL_ERRORS.ERR_NODE_CLOSED;

/** The part of a channel that its questions use. */
export interface AskedChannel<In, Out> {
  readonly name: string;
  readonly codec: Codec<In, Out>;
  readonly isFragmented: boolean;
  readonly seal: SealedChannel | undefined;
  readonly keyWorn: (worn: WornKey) => void;
  /** Counts and reports a question or an answer that the codec refused. */
  readonly undecodable: (failure: UndecodableMessage) => void;
}

/** The questions of one channel, asked and answered. */
export interface ChannelQuestions<In, Out> {
  readonly responders: readonly RemoteNode[];
  request(value: In, options: ChannelRequestOptions | undefined): Promise<ChannelAnswer<Out>>;
  requestMany(value: In, options: ChannelRequestManyOptions | undefined): AnswerStream<Out>;
  respond(responder: Responder<In, Out>, options: RespondOptions | undefined): Responding;
  statistics(): RequestStatistics;
  /** Ends what is pending, and refuses further calls. Resolves when its sockets are closed; never rejects. */
  close(refusal: ChannelRefusal): Promise<unknown>;
}

/** Returns counters that are all zero. */
export function zeroRequestStatistics(): RequestStatistics {
  return {
    requests: 0,
    pending: 0,
    answered: 0,
    timedOut: 0,
    retransmissions: 0,
    late: 0,
    repeatedAnswers: 0,
    foreign: 0,
    questions: 0,
    running: 0,
    answers: 0,
    failed: 0,
    repeatedQuestions: 0,
    resent: 0,
    busy: 0,
    abandoned: 0,
    malformed: 0,
    refused: 0,
  };
}
