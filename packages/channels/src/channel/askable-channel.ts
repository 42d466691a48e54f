import { type Emitter, Eventful } from "@groupcast/base";
import type { RemoteNode } from "../presence/node-presence.js";
import type { ChannelEvents } from "./channel-events.js";
import type {
  AnswerStream,
  ChannelAnswer,
  ChannelQuestions,
  ChannelRequestManyOptions,
  ChannelRequestOptions,
  RequestStatistics,
  Responder,
  Responding,
  RespondOptions,
} from "./questions.js";

/** The part of a channel that asks and answers. Questions and answers travel on channels of their own; subscribers do not see them. */
export abstract class AskableChannel<In, Out> extends Eventful<ChannelEvents> {
  readonly #questions: ChannelQuestions<In, Out>;

  /** @param emitter - Emits the events of the channel. @param questions - Asks and answers. */
  constructor(emitter: Emitter<ChannelEvents>, questions: ChannelQuestions<In, Out>) {
    super(emitter);
    this.#questions = questions;
  }

  /** Other nodes that answer questions on it, as far as their heartbeats say. */
  get responders(): readonly RemoteNode[] {
    return this.#questions.responders;
  }

  /**
   * Asks a question, and waits for the first answer. It is asked again after a second, or earlier if `timeoutMs` asks for it, and each wait
   * is twice as long as the one before, with a random share (RFC 8085, 3.1.1). A responder is called once for it, however often it comes.
   *
   * @param value - The question. The codec turns it into bytes at once.
   * @returns A promise of the answer. It rejects with RequestTimeoutError `ERR_CHANNEL_REQUEST_TIMEOUT`; with AnswerError
   * `ERR_CHANNEL_ANSWER`: the responder threw; with the reason of the signal; with ChannelStateError `ERR_CHANNEL_CLOSED` or
   * `ERR_NODE_CLOSED`, also when that happens while it waits, `ERR_CHANNEL_REQUESTS` (1,024 are pending on this node) or
   * `ERR_CHANNEL_ASKED_NAME` (a name longer than 236 characters, 213 with `challenge`); and with the errors of
   * {@link Channel.publish} and {@link Channel.subscribe}.
   */
  request(value: In, options?: ChannelRequestOptions): Promise<ChannelAnswer<Out>> {
    return this.#questions.request(value, options);
  }

  /**
   * Asks a question at once, and returns the answers of several responders for `for await`, one of each, until the time is over. Errors of
   * responders are in `errors`. Leaving the loop ends the request.
   *
   * @param value - The question. The codec turns it into bytes at once.
   * @throws InvalidArgumentError for an option or a value that is wrong. All other errors of {@link Channel.request} but the time-out reject
   * the promise of the next answer.
   */
  requestMany(value: In, options?: ChannelRequestManyOptions): AnswerStream<Out> {
    return this.#questions.requestMany(value, options);
  }

  /**
   * Answers the questions on this channel. A node hears its own questions, too.
   *
   * @param responder - Returns the answer, or a promise of it. What it throws reaches the asker: the code, and 1,024 bytes of the message.
   * @throws InvalidArgumentError for a responder or an option that is wrong. @throws ChannelStateError `ERR_CHANNEL_RESPONDER` (this node
   * has a responder on this channel already), `ERR_CHANNEL_ASKED_NAME`, `ERR_CHANNEL_CLOSED`, `ERR_NODE_CLOSED`. @throws CannotListenError,
   * MulticastJoinError (UDP).
   */
  respond(responder: Responder<In, Out>, options?: RespondOptions): Responding {
    return this.#questions.respond(responder, options);
  }

  /** Returns the counters of questions and answers as they are now. */
  requestStatistics(): RequestStatistics {
    return this.#questions.statistics();
  }
}
