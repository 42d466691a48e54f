import { randomBytes } from "node:crypto";
import { asError, callGuarded, Emitter, Eventful, type EventTable } from "@groupcast/base";
import type { Reactor, TriggerId } from "groupcast";
import { AskingNode } from "./asking/asking-node.js";
import { NodeQuestions } from "./asking/node-questions.js";
import { linkOf } from "./challenge/channel-link.js";
import { type Channel, closeChannel, makeChannel, mayLinger, peerChanged } from "./channel/channel.js";
import { type ChannelOptions, resolveChannelOptions } from "./channel/channel-options.js";
import type { ChannelOwner } from "./channel/channel-owner.js";
import { TurnClock } from "./channel/turn-clock.js";
import { WaitingRoom } from "./channel/waiting-room.js";
import { type ChannelNamespace, channelNamespace } from "./channel-namespace.js";
import type { ChannelOpener } from "./channel-opener.js";
import { CHANNEL_ERRORS, ChannelStateError } from "./contract/channel-errors.js";
import { resolveChannelName } from "./contract/channel-name.js";
import type { ChannelTransport } from "./contract/channel-transport.js";
import { Closing } from "./contract/closing.js";
import { checkCarried } from "./contract/messages-only.js";
import { ReassemblyMemories } from "./fragments/reassembly-memories.js";
import { type NodeOptions, type ResolvedNodeOptions, resolveNodeOptions } from "./node-options.js";
import { RecentTable } from "./order/recent-table.js";
import { forgetSource, type SourceState } from "./order/sequence-tracker.js";
import type { NodeParameters } from "./parameters/node-parameters.js";
import type { NoParameters, ParameterDefinitions } from "./parameters/parameter-definition.js";
import { ParametersOfNode } from "./parameters/parameters-of-node.js";
import type { RemoteParameters } from "./parameters/remote-parameters.js";
import { type ChannelUsage, HEARTBEAT_CHANNEL } from "./presence/heartbeat.js";
import { Heartbeats } from "./presence/heartbeats.js";
import type { DirectoryStatistics, NodeChange, UsageChange } from "./presence/node-directory.js";
import type { RemoteNode } from "./presence/node-presence.js";
import { NodeReliability } from "./reliable/node-reliability.js";
import { type ChannelSeal, SealedChannel, type WornKey } from "./seal/channel-seal.js";
import { ClosedSeals } from "./seal/closed-seals.js";
import type { ResolvedSeal } from "./seal/seal-options.js";

/** Events of a node. */
export type NodeEvents = {
  /** Another node appeared, changed its name or channels, or left. */
  node: (change: NodeChange) => void;
  /** A channel has closed, by `channel.close()`. The node has forgotten it; its counters are in its `statistics()`. */
  channelClosed: (channel: Channel<never, unknown>) => void;
  /**
   * 2 ** 36 packets forged for a key of sealed heartbeats have arrived: rotate the key. Emitted again after each 2 ** 36. The heartbeats
   * continue.
   */
  keyWorn: (worn: WornKey) => void;
  /**
   * A subscriber or a listener of a channel threw or rejected, or the transport failed. Without a listener the node logs it. Never fatal.
   */
  error: (error: Error) => void;
};

const EVENTS: EventTable<NodeEvents> = {
  node: "a node was found, changed or was lost",
  channelClosed: "a channel has closed",
  keyWorn: "a key has reached the limit on forgeries",
  error: "user code threw, or the transport failed",
};

const MAX_WAITING_BYTES = 64 * 1024 * 1024;

/** Counters of a node, over all its channels. */
export interface NodeStatistics {
  /** Sources of messages whose order the node tracks now. */
  readonly sources: number;
  /** Sources that were evicted. The next message of such a source counts as the first. */
  readonly evicted: number;
  /** Memory of incomplete messages now, in bytes. */
  readonly heldBytes: number;
  /** Memory of messages that now wait behind the fragments of long ones, in bytes. */
  readonly waitingBytes: number;
  /** Approximate memory of packets that reliable channels now keep to send them again, in bytes. */
  readonly keptBytes: number;
  /** Approximate memory of packets that now wait on reliable channels for earlier ones, in bytes. */
  readonly orderingBytes: number;
  /** Counters of the directory of other nodes; `undefined` when the node sends no heartbeats. */
  readonly directory: DirectoryStatistics | undefined;
}

/**
 * A participant in a network of channels: opens channels by name, and finds the other nodes.
 *
 * Theory of operation: the first request for a name makes its channel, which costs nothing before it is published or subscribed. The
 * node's heartbeats go over the same transport, on a channel of their own. A node closes with its reactor.
 */
export class ChannelNode<const P extends ParameterDefinitions = NoParameters> extends Eventful<NodeEvents> {
  readonly #emitter: Emitter<NodeEvents>;
  /** Name that other nodes see. */
  readonly name: string;
  /** Random number that identifies this node: 16 hexadecimal digits. */
  readonly session: string;
  /** Network of the node: the transport from its options, or the {@link UdpTransport} that the node made. */
  readonly transport: ChannelTransport;
  /** Opens a channel within the node's namespace. */
  readonly channel: ChannelOpener;
  /** The seal of the node's heartbeats, which rotates their keys; `undefined` when they are not sealed. */
  readonly seal: ChannelSeal | undefined;
  /** The parameters from the node's options. Other nodes read them, and set those that are `settable`. */
  readonly parameters: NodeParameters<P>;
  readonly #parameters: ParametersOfNode<P>;
  readonly #seal: SealedChannel | undefined;
  readonly #options: ResolvedNodeOptions<P>;
  readonly #namespace: ChannelNamespace;
  readonly #channels = new Map<string, Channel<never, unknown>>();
  readonly #sources: RecentTable<SourceState>;
  readonly #reassembly: ReassemblyMemories;
  readonly #reliability: NodeReliability;
  readonly #waitingRoom = new WaitingRoom(MAX_WAITING_BYTES);
  #evicted = 0;
  readonly #owner: ChannelOwner;
  readonly #asking: AskingNode;
  readonly #heartbeats: Heartbeats | undefined;
  readonly #reactor: Reactor;
  readonly #trigger: TriggerId;
  readonly #failed = (error: Error): void => this.#report(error);
  readonly #closing = new Closing();

  /**
   * Opens a node.
   *
   * @throws InvalidArgumentError for each option that is unknown or wrong. @throws CannotListenError, MulticastJoinError when UDP cannot
   * carry its heartbeats. After an error nothing is open.
   */
  constructor(reactor: Reactor, options: NodeOptions<P>) {
    const emitter = new Emitter<NodeEvents>(EVENTS);
    super(emitter);
    emitter.listenerThrew = (error) => this.#options.logger.error("an event listener threw", { error });
    this.#emitter = emitter;
    this.#options = resolveNodeOptions(reactor, options);
    this.#reactor = reactor;
    this.name = this.#options.name;
    this.session = randomBytes(8).toString("hex");
    this.transport = this.#options.transport;
    this.#namespace = channelNamespace(this.#options.namespace, (...request) => this.#open(...request));
    this.channel = this.#namespace.channel;
    this.#sources = new RecentTable(this.#options.maxSources, (source) => {
      this.#evicted++;
      forgetSource(source);
    });
    this.#reassembly = new ReassemblyMemories(reactor.clock, this.#options.maxReassemblyBytes);
    this.#reliability = new NodeReliability(reactor.clock.nowMs());
    this.#owner = {
      reliability: this.#reliability,
      transport: this.transport,
      clock: reactor.clock,
      turnClock: new TurnClock(reactor.clock),
      sources: this.#sources,
      reassembly: this.#reassembly,
      waitingRoom: this.#waitingRoom,
      closedSeals: new ClosedSeals(),
      usersOf: (channel, role) => this.#heartbeats?.directory.usersOf(channel, role) ?? [],
      questionsOf: (channel) => new NodeQuestions(this.#asking, channel),
      usageChanged: () => this.#heartbeats?.changed(),
      forget: (channel) => this.#forget(channel),
      report: (error) => this.#report(error),
    };
    const knowsNodes = this.#options.heartbeatMs > 0;
    this.#asking = new AskingNode({ name: this.name, session: this.session, knowsNodes }, this.#owner);
    this.#seal = this.#options.seal && this.#sealHeartbeats(this.#options.seal);
    this.seal = this.#seal;
    this.#parameters = this.#makeParameters(knowsNodes);
    this.parameters = this.#parameters.own;
    this.#heartbeats = this.#options.heartbeatMs === 0 ? undefined : this.#makeHeartbeats();
    this.#trigger = this.#start();
  }

  /** Returns a namespace within the node's; `/` begins at the root, `..` goes up. @throws InvalidArgumentError `ERR_CHANNEL_NAME`. */
  namespace(path: string): ChannelNamespace {
    return this.#namespace.namespace(path);
  }

  /** Channels that the node has open, the oldest first; a copy. A closed node still lists those that it closed. */
  get channels(): readonly Channel<never, unknown>[] {
    return [...this.#channels.values()];
  }

  /** The other nodes; the one with the latest heartbeat is last. A node without heartbeats knows no others. */
  get nodes(): readonly RemoteNode[] {
    return this.#heartbeats?.directory.nodes ?? [];
  }

  /**
   * Returns the parameters of another node, by its name or its session. A name of 16 hexadecimal digits counts as a session.
   *
   * @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`: not a string.
   */
  parametersOf(node: string): RemoteParameters {
    return this.#parameters.of(node);
  }

  /** Returns the counters as they are now. */
  statistics(): NodeStatistics {
    return {
      sources: this.#sources.size,
      evicted: this.#evicted,
      heldBytes: this.#reassembly.heldBytes,
      waitingBytes: this.#waitingRoom.bytes,
      keptBytes: this.#reliability.sent.bytes,
      orderingBytes: this.#reliability.held.bytes,
      directory: this.#heartbeats?.directory.statistics(),
    };
  }

  /**
   * Announces that the node leaves, ends subscriptions and loops, and closes the transport if the node made it. Reliable channels that have
   * published first continue for a moment, as described at `channel.close()`.
   *
   * @returns A promise that resolves when everything is closed; every call returns the same one. Never rejects.
   */
  close(): Promise<void> {
    return this.#closing.begin(() => this.#close());
  }

  /** Calls {@link ChannelNode.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    if (!this.#reactor.hasStopped) this.#reactor.removeSystemEventTrigger(this.#trigger);
    const channels = [...this.#channels.values()];
    if (channels.some(mayLinger)) await Promise.all(channels.map(closeChannel)); // before the transport
    const closing = [this.#heartbeats?.close()];
    // First, so that a transport does not leave ten thousand groups before it closes.
    if (this.#options.ownsTransport) closing.push(this.transport.close());
    for (const channel of channels) closing.push(closeChannel(channel));
    this.#parameters.close();
    this.#stopListening();
    await Promise.all(closing);
  }

  /** Listens to the transport's errors no more. */
  #stopListening(): void {
    callGuarded(
      () => void this.transport.off("error", this.#failed),
      (error) => this.#report(error),
    );
  }

  #open(operation: string, namespace: string, name: string, options: ChannelOptions | undefined): Channel<never, unknown> {
    const fullName = resolveChannelName(operation, namespace, name);
    if (this.#closing.hasBegun) throw new ChannelStateError(CHANNEL_ERRORS.ERR_NODE_CLOSED, operation, { channel: fullName });
    const known = this.#channels.get(fullName);
    if (known !== undefined && options !== undefined)
      throw new ChannelStateError(CHANNEL_ERRORS.ERR_CHANNEL_OPEN, operation, { channel: fullName });
    if (known !== undefined) return known;
    const resolved = resolveChannelOptions(options); // first, as it refuses what is unknown
    checkCarried(operation, this.transport, options);
    const channel = makeChannel<never, unknown>(fullName, this.#owner, resolved);
    this.#channels.set(fullName, channel);
    return channel;
  }

  #forget(name: string): () => void {
    const channel = this.#channels.get(name)!;
    this.#channels.delete(name);
    this.#reassembly.close(name);
    return () => {
      if (channel.isPublished) this.#heartbeats?.changed();
      this.#emitter.emit("channelClosed", channel);
    };
  }

  #peerChanged(change: UsageChange): void {
    const channel = this.#channels.get(change.channel);
    if (channel !== undefined) peerChanged(channel, change);
  }

  /** The last step of the constructor: opens what the node needs, or leaves nothing open. */
  #start(): TriggerId {
    try {
      this.#heartbeats?.start();
      this.#parameters.start();
      this.transport.on("error", this.#failed);
      return this.#reactor.addSystemEventTrigger("before", "shutdown", () => this.close());
    } catch (error) {
      this.#stopListening();
      this.#parameters.close();
      void this.#heartbeats?.close();
      if (this.#options.ownsTransport) void this.transport.close();
      throw error;
    }
  }

  #sealHeartbeats(options: ResolvedSeal): SealedChannel {
    const counters = { unopened: 0, replayed: 0, stale: 0, evicted: 0 }; // those by reason are in its statistics
    return new SealedChannel(HEARTBEAT_CHANNEL, options, counters, (worn) => this.#emitter.emit("keyWorn", worn));
  }

  #makeParameters(knowsNodes: boolean): ParametersOfNode<P> {
    return new ParametersOfNode(this.#options.parameters, {
      name: this.name,
      session: this.session,
      clock: this.#reactor.clock,
      hidden: this.#asking.hidden,
      seal: this.#seal,
      keyWorn: (worn) => this.#emitter.emit("keyWorn", worn),
      nodes: () => this.nodes,
      knowsNodes,
      report: (error) => this.#report(error),
    });
  }

  #makeHeartbeats(): Heartbeats {
    const { name, heartbeatMs, maxNodes } = this.#options;
    const parts = { transport: this.transport, clock: this.#reactor.clock, report: (error: unknown) => this.#report(error) };
    return new Heartbeats({
      ...parts,
      transport: linkOf(HEARTBEAT_CHANNEL, this.#seal, parts),
      session: this.session,
      name,
      periodMs: heartbeatMs,
      maxNodes,
      seal: this.#seal,
      usages: () => this.#usages(),
      nodeChanged: (change) => {
        this.#parameters.nodes.nodeChanged(change);
        this.#emitter.emit("node", change);
      },
      usageChanged: (change) => this.#peerChanged(change),
    });
  }

  #usages(): readonly ChannelUsage[] {
    const used = [...this.#channels.values()].filter(({ isPublished, isSubscribed }) => isPublished || isSubscribed);
    return [...used.map(({ name, isPublished, isSubscribed }) => ({ name, isPublished, isSubscribed })), ...this.#asking.usages];
  }

  #report(thrown: unknown): void {
    const error = asError(thrown);
    if (!this.#emitter.emit("error", error)) this.#options.logger.error(`node ${JSON.stringify(this.name)}`, { error });
  }
}
