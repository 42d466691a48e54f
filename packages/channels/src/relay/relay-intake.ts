/**
 * The receiving end of a relay on one side.
 *
 * Theory of operation: the intake receives the channels that rules name from the start. Patterns it leaves to a transport that can receive
 * them, as NATS can. On other transports it reads the heartbeats of the nodes, and receives each channel that matches while some node
 * publishes it. It cannot find the channels of nodes without heartbeats: rules have to name those. When there are more channels than it may
 * receive, nodes take turns, the latest to send a heartbeat first: who invents nodes and channels cannot crowd others out.
 */
import { type Clock, callGuarded, type ScheduledCall } from "@groupcast/base";
import type { ChannelReceiver, ChannelTransport, ReceivedPacket } from "../contract/channel-transport.js";
import { HEARTBEAT_CHANNEL } from "../presence/heartbeat.js";
import { NodeDirectory } from "../presence/node-directory.js";
import type { ReceiverCounters } from "../reliable/reliable-statistics.js";
import { ChannelPattern } from "./channel-pattern.js";
import type { ResolvedRule } from "./relay-options.js";
import { RelayReceptions } from "./relay-receptions.js";
import { channelsOf, ruleFor } from "./ruled-channels.js";

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
  readonly #receptions: RelayReceptions;
  readonly #named: readonly string[];
  readonly #patterns: readonly ResolvedRule[];
  readonly #subscribed: readonly ChannelPattern[]; // by a transport that can match names
  readonly #received = new Set<string>(); // of the named ones
  readonly #found = new Set<string>();
  readonly #matching = new Map<string, ChannelReceiver>(); // by pattern
  #crowdedOut = 0;
  #directory: NodeDirectory | undefined;
  #reconciliation: ScheduledCall | undefined;
  readonly #listener: ChannelReceiver = { packetReceived: (packet) => this.#heartbeatReceived(packet) };

  constructor(options: IntakeOptions) {
    this.#options = options;
    const { rules } = options;
    this.#receptions = new RelayReceptions(options);
    this.#named = [...new Set(rules.filter(({ pattern }) => pattern.isName).flatMap(channelsOf))];
    this.#patterns = rules.filter(({ pattern }) => !pattern.isName);
    this.#subscribed = this.#patterns.flatMap(channelsOf).map((text) => new ChannelPattern("new ChannelRelay", text));
  }

  /** Receives all that the rules name. When a part of it cannot be received, {@link RelayIntake.close} gives back the rest. */
  start(): void {
    for (const channel of this.#named) this.#startChannel(channel);
    if (this.#patterns.length > 0) this.#startPatterns();
  }

  /** Counters of what was missing on reliable channels. */
  get repairs(): Readonly<ReceiverCounters> {
    return this.#receptions.counters;
  }

  /** Number of channels that nodes publish now, and that are not received. */
  get crowdedOut(): number {
    return this.#crowdedOut;
  }

  /** Receives nothing from now on. Reports what the transport throws. */
  close(): void {
    const { transport, report } = this.#options;
    for (const channel of [...this.#received, ...this.#found]) this.#receptions.stop(channel);
    for (const [text, matching] of this.#matching) callGuarded(() => transport.stopReceivingPattern?.(text, matching), report);
    this.#reconciliation?.cancel();
    if (this.#directory === undefined) return;
    this.#directory.close();
    callGuarded(() => transport.stopReceiving(HEARTBEAT_CHANNEL, this.#listener), report);
  }

  #startChannel(channel: string): void {
    this.#receptions.start(channel);
    this.#received.add(channel);
  }

  #startPatterns(): void {
    const { transport, clock } = this.#options;
    if (transport.startReceivingPattern !== undefined) {
      for (const { text } of this.#subscribed) this.#startPattern(text);
      return;
    }
    const nodeChanged = (): void => {
      this.#reconciliation ??= clock.schedule(RECONCILE_MS, () => this.#reconcile());
    };
    const directory = new NodeDirectory(clock, undefined, { nodeChanged });
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
    return this.#subscribed.find((pattern) => pattern.matches(channel))?.text;
  }

  #heartbeatReceived({ isRelayed, payload, source }: ReceivedPacket): void {
    if (!isRelayed) this.#directory!.take(payload, source); // channels of nodes on other networks come from there
  }

  /** Receives the channels that nodes publish now, as many as it may, and no others. */
  #reconcile(): void {
    this.#reconciliation = undefined;
    const published = takeTurns(this.#publishedByNode());
    this.#keep(published);
    const received = new Set<string>();
    for (const channel of published) {
      if (received.size >= this.#options.maxChannels) break;
      if (this.#found.has(channel) || this.#find(channel)) received.add(channel);
    }
    this.#keep(received);
    this.#crowdedOut = published.size - received.size;
  }

  /** Begins to receive a channel; returns false when the system refuses. */
  #find(channel: string): boolean {
    try {
      this.#receptions.start(channel);
      this.#found.add(channel);
      return true;
    } catch (error) {
      this.#options.report(error);
      return false;
    }
  }

  /** Receives no others than these. */
  #keep(channels: ReadonlySet<string>): void {
    for (const channel of this.#found) {
      if (channels.has(channel)) continue;
      this.#found.delete(channel);
      this.#receptions.stop(channel);
    }
  }

  /** Returns the matching channels that each node publishes, the node that sent the latest heartbeat first. */
  #publishedByNode(): string[][] {
    const isMeant = (name: string): boolean =>
      name !== HEARTBEAT_CHANNEL && !this.#named.includes(name) && ruleFor(this.#patterns, name) !== undefined;
    const byNode = this.#directory!.nodes.map(({ channels }) =>
      channels.flatMap(({ name, isPublished }) => (isPublished && isMeant(name) ? [name] : [])),
    );
    return byNode.reverse();
  }
}

/** Returns the members of all lists: the first ones, then the second ones, and so on. */
function takeTurns(lists: readonly (readonly string[])[]): Set<string> {
  const all = new Set<string>();
  let left = lists.filter(({ length }) => length > 0);
  for (let turn = 0; left.length > 0; turn++) {
    for (const list of left) all.add(list[turn]!);
    left = left.filter(({ length }) => length > turn + 1);
  }
  return all;
}
