import { type Clock, type ScheduledCall, throwIfAborted, whenAborted } from "@groupcast/base";
import type { HiddenChannel, HiddenChannels } from "../asking/hidden-channels.js";
import type { ResolvedRequest } from "../asking/request-options.js";
import { type Channel, closeChannel } from "../channel/channel.js";
import { jsonCodec } from "../channel/codec.js";
import { CHANNEL_ERRORS, ChannelStateError } from "../contract/channel-errors.js";
import { ParameterError } from "../contract/parameter-errors.js";
import type { NodeChange } from "../presence/node-directory.js";
import type { RemoteNode } from "../presence/node-presence.js";
import type { SealedChannel, WornKey } from "../seal/channel-seal.js";
import { isSession, PARAMETER_CHANNELS } from "./parameter-protocol.js";

const MAX_NAME = 255;

/** The part of a node that the parameters of others use. */
export interface ParameterNodesOptions {
  readonly name: string;
  readonly session: string;
  readonly clock: Clock;
  readonly hidden: HiddenChannels;
  readonly seal: SealedChannel | undefined;
  readonly keyWorn: (worn: WornKey) => void;
  /** Returns the other nodes. */
  readonly nodes: () => readonly RemoteNode[];
  readonly knowsNodes: boolean;
  readonly report: (error: unknown) => void;
}

/** Finds the nodes whose parameters are asked for, and has the channels to them open. */
export class ParameterNodes {
  readonly #options: ParameterNodesOptions;
  readonly #channels = new Map<string, HiddenChannel<unknown, unknown>>(); // by session
  readonly #waiting = new Set<() => void>(); // for nodes that are not known
  readonly #watches = new Set<{ close(): void }>();
  #isClosed = false;

  constructor(options: ParameterNodesOptions) {
    this.#options = options;
  }

  /** The clock of the node. */
  get clock(): Clock {
    return this.#options.clock;
  }

  /** Name and session of this node, as it introduces itself. */
  get author(): { readonly name: string; readonly session: string } {
    const { name, session } = this.#options;
    return { name: name.slice(0, MAX_NAME), session };
  }

  /** Reports an error that no call can throw. */
  readonly report = (error: unknown): void => this.#options.report(error);

  /** Returns the channel for the parameters of a node. @throws ChannelStateError `ERR_NODE_CLOSED`. */
  channelOf(session: string, operation: string): Channel<unknown, unknown> {
    this.#checkOpen(operation);
    const { hidden, seal, keyWorn } = this.#options;
    const known = this.#channels.get(session);
    if (known !== undefined) return known.channel;
    const opened = hidden.open(`${PARAMETER_CHANNELS}/${session}`, { codec: jsonCodec, isFragmented: false, seal, keyWorn });
    this.#channels.set(session, opened);
    return opened.channel;
  }

  /** Announces that this node publishes on the channel for its own parameters. */
  announceOwn(): void {
    const { hidden, session } = this.#options;
    hidden.announce(this.#channels.get(session)!, true);
  }

  /** Returns the session of a node, once it is known. Rejects with ParameterError `ERR_PARAMETER_NODE_UNKNOWN`, `ERR_PARAMETER_NODE_AMBIGUOUS`. */
  async find(operation: string, node: string, { timeoutMs, signal }: Pick<ResolvedRequest, "timeoutMs" | "signal">): Promise<string> {
    this.#checkOpen(operation);
    throwIfAborted(signal);
    const session = this.#lookUp(operation, node);
    if (session !== undefined) return session;
    if (!this.#options.knowsNodes) throw new ParameterError(CHANNEL_ERRORS.ERR_PARAMETER_NODE_UNKNOWN, operation, { node });
    let ignoreSignal = (): void => {};
    let retry = (): void => {};
    let deadline: ScheduledCall | undefined;
    try {
      return await new Promise<string>((resolve, reject) => {
        retry = () => this.#retry(operation, node, { resolve, reject });
        this.#waiting.add(retry);
        ignoreSignal = whenAborted(signal, reject);
        deadline = this.clock.schedule(timeoutMs, () =>
          reject(new ParameterError(CHANNEL_ERRORS.ERR_PARAMETER_NODE_UNKNOWN, operation, { node })),
        );
      });
    } finally {
      this.#waiting.delete(retry);
      ignoreSignal();
      deadline?.cancel();
    }
  }

  /** Another node came, changed or is gone: of one that is gone the channel is closed, until it is asked again. */
  nodeChanged({ change, node: { session } }: NodeChange): void {
    if (change !== "gone") for (const retry of [...this.#waiting]) retry();
    const opened = change === "gone" ? this.#channels.get(session) : undefined;
    if (opened === undefined) return;
    this.#channels.delete(session);
    void opened.channel.close();
  }

  /** Ends watches, and what waits for a node; closes all channels. */
  close(): void {
    this.#isClosed = true;
    for (const retry of [...this.#waiting]) retry();
    for (const watch of [...this.#watches]) watch.close();
    for (const { channel } of this.#channels.values()) closeChannel(channel);
  }

  /** Closes a watch when the node closes, until the function that this returns is called. @throws ChannelStateError `ERR_NODE_CLOSED`. */
  closeWithNode(watch: { close(): void }): () => void {
    this.#checkOpen("watch");
    this.#watches.add(watch);
    return () => this.#watches.delete(watch);
  }

  #retry(
    operation: string,
    node: string,
    { resolve, reject }: { resolve: (session: string) => void; reject: (reason: unknown) => void },
  ): void {
    try {
      this.#checkOpen(operation);
      const session = this.#lookUp(operation, node);
      if (session !== undefined) resolve(session);
    } catch (error) {
      reject(error);
    }
  }

  #checkOpen(operation: string): void {
    if (this.#isClosed) throw new ChannelStateError(CHANNEL_ERRORS.ERR_NODE_CLOSED, operation);
  }

  /** @throws ParameterError `ERR_PARAMETER_NODE_AMBIGUOUS`. */
  #lookUp(operation: string, node: string): string | undefined {
    if (isSession(node)) return node;
    const all = [this.#options, ...this.#options.nodes()].filter(({ name }) => name === node).map(({ session }) => session);
    if (all.length < 2) return all[0];
    const reason = `${CHANNEL_ERRORS.ERR_PARAMETER_NODE_AMBIGUOUS.meaning}: ${all.slice(0, 4).join(", ")}`;
    throw new ParameterError(CHANNEL_ERRORS.ERR_PARAMETER_NODE_AMBIGUOUS, operation, { node }, { reason });
  }
}
