import type { Channel } from "../channel/channel.js";
import type { ChannelMessage } from "../channel/channel-message.js";
import type { ParameterError } from "../contract/parameter-errors.js";
import { type NodeParameters, parametersIn, setFor } from "./node-parameters.js";
import type { Parameter } from "./parameter.js";
import type { ParameterChange, ParameterDefinitions } from "./parameter-definition.js";
import { fitting, type ParameterQuestion, readQuestion, type WireChange } from "./parameter-protocol.js";

/** Thrown for what is no question about parameters. */
const NO_QUESTION = Object.assign(new Error("this is not a question about parameters"), { code: "ERR_PARAMETER_QUESTION" });

/** Answers the questions of other nodes about a node's parameters, and tells them of changes. */
export class ParameterServer {
  readonly #parameters: NodeParameters<ParameterDefinitions>;
  readonly #channel: Channel<unknown, unknown>;
  readonly #latest = new Map<string, WireChange>(); // parameter → its latest change

  /** Begins to answer. @throws CannotListenError, MulticastJoinError (UDP). */
  constructor(parameters: NodeParameters<ParameterDefinitions>, channel: Channel<unknown, unknown>) {
    this.#parameters = parameters;
    this.#channel = channel;
    channel.respond((question, message) => this.#answer(readQuestion(question), message));
  }

  /** Tells other nodes of a change. @throws ChannelStateError when the transport is closed. */
  changed({ revision, name, value, by }: ParameterChange): void {
    const change = { revision, name, value, by };
    this.#latest.set(name, change);
    this.#channel.publish(change);
  }

  #answer(question: ParameterQuestion | undefined, { signer }: ChannelMessage): unknown {
    if (question === undefined) throw NO_QUESTION;
    try {
      if ("get" in question) return this.#withRevision({ value: this.#parameters.get(question.get) });
      if ("list" in question) return this.#list(question.list);
      if ("since" in question) return this.#changesSince(question.since);
      const { set, value, name, session } = question;
      const by = signer === undefined ? { name, session, isRemote: true } : { name, session, isRemote: true, signer };
      return this.#withRevision({ value: setFor(this.#parameters, set, value, by) });
    } catch (error) {
      const { code, reason } = error as ParameterError; // the one that these throw
      throw Object.assign(new Error(reason), { code });
    }
  }

  #withRevision<T extends object>(answer: T): T & { readonly revision: number } {
    return { ...answer, revision: this.#parameters.revision };
  }

  #list(first: number): object {
    const all = this.#parameters.list();
    return this.#withRevision({ total: all.length, parameters: fitting(all.slice(first)) });
  }

  #changesSince(revision: number): object {
    const changed = [...parametersIn(this.#parameters).values()].filter((parameter) => parameter.revision > revision);
    const all = changed.sort((a, b) => a.revision - b.revision).map((parameter) => this.#changeOf(parameter));
    const changes = fitting(all);
    return this.#withRevision({ isMore: changes.length < all.length, changes });
  }

  #changeOf({ name, value, revision }: Parameter): WireChange {
    return this.#latest.get(name) ?? { name, value, revision };
  }
}
