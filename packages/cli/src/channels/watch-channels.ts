import { asError, outOfRange, whenAborted } from "@groupcast/base";
import type { ChannelNode, RemoteNode } from "@groupcast/channels";
import type { Reactor, ScheduledCall } from "groupcast";
import { type ChannelNetwork, type ChannelNetworkSettings, openChannelNetwork } from "../channel-network/channel-network.js";
import { ChannelSelection } from "../channel-network/channel-selection.js";
import { type ChannelsModule, loadChannels } from "../channel-network/load-channels.js";
import type { ChannelPacket } from "./channel-packet.js";
import { BrokerChannelReceiver, type ChannelReceiver, UdpChannelReceiver } from "./channel-receiver.js";

/** Channels to receive, their network, and an end. */
export interface ChannelWatchPlan extends ChannelNetworkSettings {
  /** Names, and patterns: `*` stands for one part, `**` at the end for one or more. Heartbeats show which channels match a pattern. */
  readonly channels: readonly string[];
  /** Number of packets after which it ends. Default: no limit. */
  readonly count?: number | undefined;
  /** Time after which it ends, in milliseconds. Default: no limit. */
  readonly durationMs?: number | undefined;
  /** Ends it. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the name of each channel when its reception begins. */
  readonly onChannel?: ((channel: string) => void) | undefined;
}

/** State of a watch. */
export interface ChannelWatchReport {
  /** Names of the received channels, in the order in which they were found. */
  readonly channels: readonly string[];
  /** Number of packets. */
  readonly packets: number;
  /** Number of packets lost because a receive buffer was full. */
  readonly kernelDrops: number;
  /** Number of channels that match a pattern but are not received, because the limit of 256 is reached. */
  readonly leftOut: number;
  /** Time since it began, in milliseconds. */
  readonly durationMs: number;
}

const MOST_FOUND = 256; // channels of patterns: each is a socket, and anybody can announce channels
const PROGRESS_MS = 500;

/** Code that looks at packets. */
export interface PacketObserver {
  /** Is called with each packet. What it throws ends the watch. */
  take(packet: ChannelPacket, watch: ChannelWatch): void;
  /** Called twice a second. */
  progress?(watch: ChannelWatch): void;
}

/** A watch of channels, while it runs. */
export class ChannelWatch {
  readonly #reactor: Reactor;
  readonly #plan: ChannelWatchPlan;
  readonly #observer: PacketObserver;
  readonly #selection: ChannelSelection;
  readonly #network: ChannelNetwork;
  readonly #receiver: ChannelReceiver;
  readonly #received = new Set<string>();
  readonly #refused = new Set<string>();
  readonly #stops: (() => void)[] = [];
  readonly #startMs: number;
  readonly #ended: Promise<void>;
  #end: () => void = () => {};
  #fail: (error: unknown) => void = () => {};
  #found = 0;
  #packets = 0;
  #progress: ScheduledCall | undefined;

  private constructor(parts: WatchParts) {
    const { reactor, module, plan, observer, selection, network } = parts;
    this.#reactor = reactor;
    this.#plan = plan;
    this.#observer = observer;
    this.#selection = selection;
    this.#network = network;
    const take = (packet: ChannelPacket): void => this.#take(packet);
    this.#receiver =
      network.broker === undefined ? new UdpChannelReceiver(reactor, module, plan, take) : new BrokerChannelReceiver(network.broker, take);
    this.#startMs = reactor.clock.nowMs();
    this.#ended = new Promise((resolve, reject) => {
      this.#end = resolve;
      this.#fail = reject;
    });
  }

  /**
   * Receives channels until the plan's end.
   *
   * @throws (rejects) InvalidArgumentError for a name or a pattern that is none; what opening the network throws; what `observer` throws.
   */
  static async run(reactor: Reactor, plan: ChannelWatchPlan, observer: PacketObserver): Promise<ChannelWatchReport> {
    const module = await loadChannels();
    const selection = new ChannelSelection("watch channels", module, plan.channels);
    if (plan.lcm !== undefined && selection.hasPatterns) {
      throw outOfRange(
        "watch channels",
        "channels",
        plan.channels.join(" "),
        "names, because patterns find nothing on LCM, where no program announces its channels",
      );
    }
    const network = await openChannelNetwork(reactor, module, plan);
    const watch = new ChannelWatch({ reactor, module, plan, observer, selection, network });
    try {
      watch.#start();
      await watch.#ended;
      return watch.report();
    } finally {
      watch.#close();
      await network.close();
    }
  }

  /** The other nodes of the network, as presence tells. */
  get nodes(): ChannelNode["nodes"] {
    return this.#network.node.nodes;
  }

  /** Returns the state. */
  report(): ChannelWatchReport {
    const durationMs = Math.round(this.#reactor.clock.nowMs() - this.#startMs);
    const { kernelDrops } = this.#receiver;
    return { channels: [...this.#received], packets: this.#packets, kernelDrops, leftOut: this.#refused.size, durationMs };
  }

  #start(): void {
    const { signal, durationMs } = this.#plan;
    for (const name of this.#selection.names) this.#receive(name);
    const { node, broker } = this.#network;
    if (this.#selection.hasPatterns) node.on("node", ({ node: changed }) => this.#guard(() => this.#look(changed)));
    node.on("error", this.#fail);
    broker?.on("error", this.#fail);
    this.#stops.push(whenAborted(signal, () => this.#end()));
    if (signal?.aborted) this.#end();
    if (durationMs !== undefined) this.#after(durationMs, () => this.#end());
    this.#showProgress();
  }

  #after(delayMs: number, call: () => void): void {
    const scheduled = this.#reactor.clock.schedule(delayMs, call);
    this.#stops.push(() => scheduled.cancel());
  }

  #showProgress(): void {
    if (this.#observer.progress === undefined) return;
    this.#progress = this.#reactor.clock.schedule(PROGRESS_MS, () => {
      this.#guard(() => this.#observer.progress?.(this));
      this.#showProgress();
    });
  }

  #close(): void {
    this.#progress?.cancel();
    for (const stop of this.#stops) stop();
    this.#receiver.close();
  }

  /** Receives the channels that a node uses by now: of one node, as there can be a thousand with 65,536 channels. */
  #look(node: RemoteNode): void {
    for (const name of this.#selection.usedBy([node])) {
      if (this.#received.has(name)) continue;
      if (this.#found === MOST_FOUND) {
        if (this.#refused.size < MOST_FOUND) this.#refused.add(name);
        continue;
      }
      this.#found++;
      this.#receive(name);
    }
  }

  #receive(channel: string): void {
    this.#receiver.receive(channel);
    this.#received.add(channel);
    this.#plan.onChannel?.(channel);
  }

  #take(packet: ChannelPacket): void {
    if (this.#packets === this.#plan.count) return;
    this.#packets++;
    this.#guard(() => this.#observer.take(packet, this));
    if (this.#packets === this.#plan.count) this.#end();
  }

  /** Makes a call that may run code of the plan's: what it throws ends the watch. */
  #guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#fail(asError(error));
    }
  }
}

interface WatchParts {
  readonly reactor: Reactor;
  readonly module: ChannelsModule;
  readonly plan: ChannelWatchPlan;
  readonly observer: PacketObserver;
  readonly selection: ChannelSelection;
  readonly network: ChannelNetwork;
}
