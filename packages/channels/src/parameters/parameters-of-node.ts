import { callGuarded } from "@groupcast/base";
import { makeParameters, type NodeParameters } from "./node-parameters.js";
import type { ParameterDefinitions } from "./parameter-definition.js";
import { ParameterNodes, type ParameterNodesOptions } from "./parameter-nodes.js";
import { ParameterServer } from "./parameter-server.js";
import { makeRemoteParameters, type RemoteParameters } from "./remote-parameters.js";

/** The part of a node that has parameters, and asks for those of others. */
export class ParametersOfNode<P extends ParameterDefinitions> {
  readonly own: NodeParameters<P>;
  readonly nodes: ParameterNodes;
  readonly #options: ParameterNodesOptions;
  #server: ParameterServer | undefined;

  /** @throws InvalidArgumentError for each definition that is wrong. */
  constructor(given: P | undefined, options: ParameterNodesOptions) {
    const { name, session, report } = options;
    this.#options = options;
    this.nodes = new ParameterNodes(options);
    const changed: Parameters<typeof makeParameters>[1]["changed"] = (change) => callGuarded(() => this.#server?.changed(change), report);
    this.own = makeParameters(given, { name, session, changed, report });
  }

  /** Begins to serve the node's own parameters, if it has some. @throws CannotListenError, MulticastJoinError (UDP). */
  start(): void {
    if (this.own.list().length === 0) return;
    this.#server = new ParameterServer(this.own, this.nodes.channelOf(this.#options.session, "new ChannelNode"));
    this.nodes.announceOwn();
  }

  /** Returns the parameters of a node. @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`: not a string. */
  of(node: string): RemoteParameters {
    return makeRemoteParameters(node, this.nodes);
  }

  /** Serves nothing more, and ends what was asked. Parameters can still be set, for this node alone. */
  close(): void {
    this.#server = undefined;
    this.nodes.close();
  }
}
