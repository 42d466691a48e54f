import { checkFunction, checkString, wrongType } from "@groupcast/base";
import type { ChannelRequestOptions } from "../channel/questions.js";
import { ParameterClient } from "./parameter-client.js";
import type { JsonValue, ParameterDescription } from "./parameter-definition.js";
import type { ParameterNodes } from "./parameter-nodes.js";
import { readValue } from "./parameter-protocol.js";
import { type ParameterWatch, ParameterWatching, type RemoteParameterChange } from "./parameter-watch.js";

/** Makes the view of a node's parameters. */
export let makeRemoteParameters: (node: string, nodes: ParameterNodes) => RemoteParameters;

/**
 * The parameters of another node, or of this one: `node.parametersOf("camera")`.
 *
 * Each call finds the node by name, so it may restart meanwhile. A call waits for a node that is not known yet, until its time-out.
 * Every promise rejects with ParameterError `ERR_PARAMETER_NODE_UNKNOWN` or `ERR_PARAMETER_NODE_AMBIGUOUS`, and as `channel.request()` does.
 */
export class RemoteParameters {
  static {
    makeRemoteParameters = (node, nodes) => new RemoteParameters(node, nodes);
  }
  /** Name or session of the node. */
  readonly node: string;
  readonly #client: ParameterClient;

  private constructor(node: string, nodes: ParameterNodes) {
    this.node = checkString("parametersOf", "node", node);
    this.#client = new ParameterClient(node, nodes);
  }

  /** Returns a promise of a parameter's value. It rejects with ParameterError `ERR_PARAMETER_UNKNOWN`. Nothing checks `T`. */
  async get<T extends JsonValue = JsonValue>(name: string, options?: ChannelRequestOptions): Promise<T> {
    const call = { operation: "get", name: checkString("get", "name", name), options };
    const { value } = await this.#client.ask(await this.#client.connect(call), { get: name }, readValue, call);
    return value as T;
  }

  /**
   * Sets a parameter of the node. The owner sets it only once, even if the question is repeated.
   *
   * @returns A promise of the value that the owner now has. It rejects with the owner's refusal, a ParameterError: `ERR_PARAMETER_UNKNOWN`,
   * `ERR_PARAMETER_TYPE`, `ERR_PARAMETER_RANGE`, `ERR_PARAMETER_READ_ONLY`, `ERR_PARAMETER_NOT_SETTABLE`. After a time-out the owner may have
   * set it.
   */
  async set<T extends JsonValue = JsonValue>(name: string, value: T, options?: ChannelRequestOptions): Promise<T> {
    const call = { operation: "set", name: checkString("set", "name", name), options };
    if (JSON.stringify(value) === undefined) throw wrongType("set", "value", value, "a value that JSON can represent");
    const question = { set: name, value, ...this.#client.nodes.author };
    const answer = await this.#client.ask(await this.#client.connect(call), question, readValue, call);
    return answer.value as T;
  }

  /** Returns a promise of all parameters, with their values, bounds and descriptions. */
  async list(options?: ChannelRequestOptions): Promise<readonly ParameterDescription[]> {
    const call = { operation: "list", options };
    return (await this.#client.list(await this.#client.connect(call), call)).parameters;
  }

  /**
   * Calls `listener` for each change from now on. The watch recovers missed changes: it then reports a parameter that changed several times
   * only once. When a node of that name restarts, the watch reports the differences.
   *
   * @returns A promise that resolves when no further change can be missed.
   */
  async watch(listener: (change: RemoteParameterChange) => void, options?: ChannelRequestOptions): Promise<ParameterWatch> {
    checkFunction("watch", "listener", listener);
    const watching = new ParameterWatching(this.#client, listener);
    await watching.start(options);
    return watching;
  }
}
