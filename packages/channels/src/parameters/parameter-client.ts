import { resolveRequest } from "../asking/request-options.js";
import type { Channel } from "../channel/channel.js";
import type { ChannelRequestOptions } from "../channel/questions.js";
import { PARAMETER_REFUSALS, ParameterError } from "../contract/parameter-errors.js";
import { AnswerError } from "../contract/request-errors.js";
import type { ParameterDescription } from "./parameter-definition.js";
import type { ParameterNodes } from "./parameter-nodes.js";
import { type ParameterPage, type ParameterQuestion, readChanges, readList, type WireChanges } from "./parameter-protocol.js";

const MAX_PARAMETERS = 1024; // of one node, as its owner may define

/** Channel of a node's parameters. */
export type ParameterChannel = Channel<unknown, unknown>;

/** A call that asks. */
export interface ParameterCall {
  readonly operation: string;
  /** Name of the parameter, for errors. */
  readonly name?: string | undefined;
  readonly options?: ChannelRequestOptions | undefined;
}

/** Asks a node for its parameters. */
export class ParameterClient {
  readonly node: string;
  readonly nodes: ParameterNodes;

  /** @param node - Name or session of the node that has the parameters. */
  constructor(node: string, nodes: ParameterNodes) {
    this.node = node;
    this.nodes = nodes;
  }

  /** Finds the node; returns the channel of its parameters. */
  async connect({ operation, options }: ParameterCall): Promise<ParameterChannel> {
    const { timeoutMs, signal } = resolveRequest(options, operation);
    const session = await this.nodes.find(operation, this.node, { timeoutMs, signal });
    return this.nodes.channelOf(session, operation);
  }

  /** Asks for all parameters, with the revision that they have at least. */
  async list(channel: ParameterChannel, call: ParameterCall): Promise<ParameterPage> {
    const parameters: ParameterDescription[] = [];
    let revision: number | undefined;
    for (let total = 1; parameters.length < Math.min(total, MAX_PARAMETERS); ) {
      const page = await this.ask(channel, { list: parameters.length }, readList, call);
      if (page.parameters.length === 0) break;
      revision ??= page.revision;
      total = page.total;
      parameters.push(...page.parameters.slice(0, MAX_PARAMETERS - parameters.length));
    }
    return { revision: revision ?? 0, total: parameters.length, parameters };
  }

  /** Asks for the changes since a revision. */
  changes(channel: ParameterChannel, since: number, call: ParameterCall): Promise<WireChanges> {
    return this.ask(channel, { since }, readChanges, call);
  }

  /** Asks a question. @param read - Reads the answer; returns undefined when it has another form. */
  async ask<T>(
    channel: ParameterChannel,
    question: ParameterQuestion,
    read: (answer: unknown) => T | undefined,
    { operation, name, options }: ParameterCall,
  ): Promise<T> {
    try {
      const { data, responder } = await channel.request(question, options);
      const answer = read(data);
      if (answer !== undefined) return answer;
      const unreadable = { code: "ERR_PARAMETER_ANSWER", message: "its answer has another form" };
      throw new AnswerError(channel.name, { ...unreadable, responder: responder.name, session: responder.session });
    } catch (error) {
      throw error instanceof AnswerError ? this.#refusalOf(error, operation, name) : error;
    }
  }

  #refusalOf(cause: AnswerError, operation: string, parameter: string | undefined): Error {
    if (!Object.hasOwn(PARAMETER_REFUSALS, cause.answerCode)) return cause;
    const refusal = PARAMETER_REFUSALS[cause.answerCode]!;
    const subject = parameter === undefined ? { node: this.node } : { parameter, node: this.node };
    return new ParameterError(refusal, operation, subject, { reason: cause.answerMessage.replace(/\p{Cc}/gu, " "), cause });
  }
}
