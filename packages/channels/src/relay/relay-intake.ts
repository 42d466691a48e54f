/**
 * The receiving end of a relay on one side.
 *
 * Theory of operation: the intake receives the channels that rules name from the start. Patterns it leaves to a transport that can receive
 * them, as NATS can. On other transports it reads the heartbeats of the nodes, and receives each channel that matches while some node
 * publishes it. It cannot find the channels of nodes without heartbeats: rules have to name those.
 */
import { type Clock, callGuarded, type ScheduledCall } from "@groupcast/base";
import type { ChannelReceiver, ChannelTransport, ReceivedPacket } from "../contract/channel-transport.js";
import { HEARTBEAT_CHANNEL } from "../presence/heartbeat.js";
import { NodeDirectory } from "../presence/node-directory.js";
import type { ResolvedRule } from "./relay-options.js";

const RECONCILE_MS = 50; // once for many heartbeats, as they come in bursts and anybody can send them

/** The part of a relay that its intakes use. */
export interface IntakeOptions {
  readonly transport: ChannelTransport;
  readonly rules: readonly ResolvedRule[]; // of this direction
  readonly receiver: ChannelReceiver;
  readonly maxChannels: number; // found by heartbeats
  readonly clock: Clock;
  readonly report: (error: unknown) => void;
}

export class RelayIntake {
  readonly #options: IntakeOptions;
  readonly #named: readonly string[];
  readonly #patterns: readonly ResolvedRule[];
  readonly #received = new Set<string>(); // of the named ones
  readonly #found = new Set<string>();
  readonly #matching = new Map<string, ChannelReceiver>(); // by pattern
  #directory: NodeDirectory | undefined;
  #reconciliation: ScheduledCall | undefined;
  readonly #listener: ChannelReceiver = { packetReceived: (packet) => this.#heartbeatReceived(packet) };

  constructor(options: IntakeOptions) {
    this.#options = options;
    const { rules } = options;
    this.#named = [...new Set(rules.filter(({ pattern }) => pattern.isName).map(({ pattern }) => pattern.text))];
    this.#patterns = rules.filter(({ pattern }) => !pattern.isName);
  }

  /** Receives all that the rules name. When a part of it cannot be received, {@link RelayIntake.close} gives back the rest. */
  start(): void {
    for (const channel of this.#named) this.#startChannel(channel);
    if (this.#patterns.length > 0) this.#startPatterns();
  }

  /** Receives nothing from now on. Reports what the transport throws. */
  close(): void {
    const { transport, receiver, report } = this.#options;
    for (const channel of [...this.#received, ...this.#found]) this.#stop(channel, receiver);
    for (const [text, matching] of this.#matching) callGuarded(() => transport.stopReceivingPattern?.(text, matching), report);
    this.#reconciliation?.cancel();
    if (this.#directory === undefined) return;
    this.#directory.close();
    this.#stop(HEARTBEAT_CHANNEL, this.#listener);
  }

  #stop(channel: string, receiver: ChannelReceiver): void {
    const { transport, report } = this.#options;
    callGuarded(() => transport.stopReceiving(channel, receiver), report);
  }

  #startChannel(channel: string): void {
    this.#options.transport.startReceiving(channel, this.#options.receiver);
    this.#received.add(channel);
  }

  #startPatterns(): void {
    const { transport, clock } = this.#options;
    if (transport.startReceivingPattern !== undefined) {
      for (const { pattern } of this.#patterns) this.#startPattern(pattern.text);
      return;
    }
    const directory = new NodeDirectory(clock, undefined, () => {
      this.#reconciliation ??= clock.schedule(RECONCILE_MS, () => this.#reconcile());
    });
    this.#directory = directory;
    transport.startReceiving(HEARTBEAT_CHANNEL, this.#listener);
  }

  /** Patterns may overlap with names and with one another. The first that matches a channel gets it, so that nothing comes twice. */
  #startPattern(text: string): void {
    if (this.#matching.has(text)) return;
    const matching: ChannelReceiver = {
      packetReceived: (packet) => {
        if (this.#patternOf(packet.channel) === text) this.#options.receiver.packetReceived(packet);
      },
    };
    this.#options.transport.startReceivingPattern!(text, matching);
    this.#matching.set(text, matching);
  }

  #patternOf(channel: string): string | undefined {
    if (this.#named.includes(channel)) return undefined;
    return this.#patterns.find(({ pattern }) => pattern.matches(channel))?.pattern.text;
  }

  #heartbeatReceived({ isRelayed, payload }: ReceivedPacket): void {
    if (!isRelayed) this.#directory!.take(payload); // channels of nodes on other networks come from there
  }

  /** Receives the channels that nodes publish now, and no others. */
  #reconcile(): void {
    this.#reconciliation = undefined;
    const { transport, receiver, maxChannels, report } = this.#options;
    const wanted = this.#publishedChannels();
    for (const channel of this.#found) {
      if (wanted.has(channel)) continue;
      this.#found.delete(channel);
      this.#stop(channel, receiver);
    }
    for (const channel of wanted) {
      if (this.#found.has(channel) || this.#found.size >= maxChannels) continue;
      try {
        transport.startReceiving(channel, receiver);
        this.#found.add(channel);
      } catch (error) {
        report(error); // the system refuses a join
      }
    }
  }

  #publishedChannels(): Set<string> {
    const published = this.#directory!.nodes.flatMap(({ channels }) => channels.filter(({ isPublished }) => isPublished));
    const matching = published.map(({ name }) => name).filter((name) => this.#patterns.some(({ pattern }) => pattern.matches(name)));
    return new Set(matching.filter((name) => !this.#named.includes(name) && name !== HEARTBEAT_CHANNEL));
  }
}
