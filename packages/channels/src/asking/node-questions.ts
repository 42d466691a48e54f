import { checkFunction, throwIfAborted } from "@groupcast/base";
import { MAX_CHALLENGED_NAME } from "../challenge/challenge-name.js";
import {
  type AnswerStream,
  type AskedChannel,
  type ChannelAnswer,
  type ChannelQuestions,
  type ChannelRefusal,
  type ChannelRequestManyOptions,
  type ChannelRequestOptions,
  type RequestStatistics,
  type Responder,
  type Responding,
  type RespondOptions,
  zeroRequestStatistics,
} from "../channel/questions.js";
import type { Subscription } from "../channel/subscription.js";
import { CHANNEL_ERRORS, ChannelStateError } from "../contract/channel-errors.js";
import { type CompanionRole, companionName, maxAskedName } from "../contract/companion-name.js";
import { RequestTimeoutError } from "../contract/request-errors.js";
import type { RemoteNode } from "../presence/node-presence.js";
import { AnswerQueue } from "./answer-queue.js";
import { Answering } from "./answering.js";
import { Asker } from "./asker.js";
import type { AskingNode } from "./asking-node.js";
import type { HiddenChannel } from "./hidden-channels.js";
import { type ResolvedRequest, resolveMaxPending, resolveRequest, resolveRequestMany } from "./request-options.js";

/** The questions of one channel of a node, asked and answered. It opens its companion channels when they are first needed. */
export class NodeQuestions<In, Out> implements ChannelQuestions<In, Out> {
  readonly #node: AskingNode;
  readonly #channel: AskedChannel<In, Out>;
  // Of most channels nothing is ever asked, and a node may have ten thousand: an empty Map alone takes 440 bytes.
  #statistics: RequestStatistics | undefined;
  #companions: Map<CompanionRole, HiddenChannel> | undefined;
  #asker: Asker<Out> | undefined;
  #answering: Answering<In, Out> | undefined;
  #refusal: ChannelRefusal | undefined; // once it is closed

  constructor(node: AskingNode, channel: AskedChannel<In, Out>) {
    this.#node = node;
    this.#channel = channel;
  }

  get responders(): readonly RemoteNode[] {
    return this.#node.owner.usersOf(companionName(this.#channel.name, "questions"), "subscriber");
  }

  async request(value: In, given: ChannelRequestOptions | undefined): Promise<ChannelAnswer<Out>> {
    const options = resolveRequest(given);
    const contents = this.#channel.codec.encode(value);
    throwIfAborted(options.signal);
    return await new Promise((resolve, reject) => this.#askOne(contents, options, { resolve, reject }));
  }

  requestMany(value: In, given: ChannelRequestManyOptions | undefined): AnswerStream<Out> {
    const options = resolveRequestMany(given);
    const contents = this.#channel.codec.encode(value);
    const queue = new AnswerQueue<Out>(options.maxAnswers);
    queue.start(() => {
      throwIfAborted(options.signal);
      return this.#openAsker("requestMany").ask("requestMany", contents, options, queue);
    });
    return queue;
  }

  respond(responder: Responder<In, Out>, given: RespondOptions | undefined): Responding {
    checkFunction("respond", "responder", responder);
    const maxPending = resolveMaxPending(given);
    this.#check("respond");
    if (this.#answering !== undefined) throw this.#stateError(CHANNEL_ERRORS.ERR_CHANNEL_RESPONDER, "respond");
    let subscription: Subscription | undefined;
    const closed = (): void => {
      this.#answering = undefined;
      subscription?.unsubscribe();
    };
    const parts = { node: this.#node, channel: this.#channel, answers: this.#companion("answers"), statistics: this.#counters() };
    const answering = new Answering({ ...parts, responder, maxPending, closed });
    this.#answering = answering;
    try {
      const questions = this.#companion("questions").channel;
      subscription = questions.subscribe((bytes, message) => answering.questionReceived(bytes, message));
    } catch (error) {
      answering.close();
      throw error;
    }
    return answering;
  }

  statistics(): RequestStatistics {
    const companions = this.#companionChannels().map((channel) => channel.statistics());
    const refused = companions.reduce((sum, { unopened, replayed, stale, malformed, incomplete }) => {
      return sum + unopened + replayed + stale + malformed + incomplete;
    }, 0);
    return { ...this.#counters(), refused };
  }

  close(refusal: ChannelRefusal): Promise<unknown> {
    this.#refusal = refusal;
    this.#asker?.close(() => this.#stateError(refusal, "request"));
    this.#answering?.close();
    return Promise.all(this.#companionChannels().map((channel) => channel.close()));
  }

  #askOne(
    contents: Uint8Array,
    options: ResolvedRequest,
    { resolve, reject }: { resolve: (answer: ChannelAnswer<Out>) => void; reject: (reason: unknown) => void },
  ): void {
    const { timeoutMs } = options;
    let end = (): void => {};
    end = this.#openAsker("request").ask("request", contents, options, {
      answered: (answer) => {
        end();
        resolve(answer);
      },
      refused: (error) => {
        end();
        reject(error);
      },
      timedOut: (attempts) => {
        this.#counters().timedOut++;
        const responders = this.#node.knowsNodes ? this.responders.length : undefined;
        reject(new RequestTimeoutError(this.#channel.name, { attempts, timeoutMs, responders }));
      },
      failed: reject,
    });
  }

  #openAsker(operation: string): Asker<Out> {
    this.#check(operation);
    const companions = { questions: this.#companion("questions"), answers: this.#companion("answers") };
    this.#asker ??= new Asker(this.#node, this.#channel, companions, this.#counters());
    return this.#asker;
  }

  #companion(role: CompanionRole): HiddenChannel {
    const open = this.#companions?.get(role) ?? this.#node.hidden.openCompanion(this.#channel, role);
    this.#companions ??= new Map();
    this.#companions.set(role, open);
    return open;
  }

  #companionChannels(): HiddenChannel["channel"][] {
    return [...(this.#companions?.values() ?? [])].map(({ channel }) => channel);
  }

  #counters(): RequestStatistics {
    this.#statistics ??= zeroRequestStatistics();
    return this.#statistics;
  }

  #check(operation: string): void {
    if (this.#refusal !== undefined) throw this.#stateError(this.#refusal, operation);
    const { name, seal } = this.#channel;
    const longest = maxAskedName(seal?.isChallenging ? MAX_CHALLENGED_NAME : undefined); // companions have challenges if the channel has
    if (name.length > longest) throw this.#stateError(CHANNEL_ERRORS.ERR_CHANNEL_ASKED_NAME, operation);
  }

  #stateError(definition: ConstructorParameters<typeof ChannelStateError>[0], operation: string): ChannelStateError {
    return new ChannelStateError(definition, operation, { channel: this.#channel.name });
  }
}
