import { randomBytes } from "node:crypto";
import { wrongType } from "@groupcast/base";
import type { Reactor, TriggerId } from "groupcast";
import { RelayIntake } from "./relay-intake.js";
import { type LaneStatistics, RelayLane, type SeriesStatistics } from "./relay-lane.js";
import { type RelayOptions, type RelaySide, type ResolvedRelayOptions, resolveRelayOptions } from "./relay-options.js";
import { RelayedPackets } from "./relayed-packets.js";

/** Counters of one direction of a relay, in packets. */
export interface RelayStatistics extends Readonly<LaneStatistics>, Readonly<SeriesStatistics> {
  /** Name of the network that packets come from. */
  readonly from: string;
  /** Name of the network that they go to. */
  readonly to: string;
  /**
   * Channels that nodes of the first network now publish and rules match, but that the relay does not receive, because there are more than
   * `maxChannels`.
   */
  readonly crowdedOut: number;
  /** Channels that the relay closed in favour of others. Each opens again with its next packet. */
  readonly evicted: number;
  /** Packets of channels with `reliable` that were missing on the first network, and arrived after the relay asked for them. */
  readonly recovered: number;
  /** Packets missing there, on the same channels, and given up; some may have been forged numbers. */
  readonly givenUp: number;
}

/**
 * Forwards channels from one network to another, and back: for example from multicast to NATS, for sites without a common network.
 *
 * Payloads pass unchanged, sealed ones still sealed. On NATS a packet keeps its source, its number, the network it comes from and the
 * count of relays it has passed. UDP has no room for these: there a packet comes from a port that only relays use, and no relay forwards it
 * further. A relay closes with its reactor.
 */
export class ChannelRelay {
  /** Random number that identifies this relay: 16 hexadecimal digits. */
  readonly id: string;
  readonly #options: ResolvedRelayOptions;
  readonly #reactor: Reactor;
  readonly #lanes: readonly { readonly from: RelaySide; readonly to: RelaySide; readonly lane: RelayLane }[];
  readonly #intakes: readonly RelayIntake[];
  readonly #trigger: TriggerId;
  #isClosed = false;

  /**
   * Opens a relay.
   *
   * @throws InvalidArgumentError for each option that is unknown or wrong. @throws CannotListenError, MulticastJoinError (UDP). After an
   * error it receives nothing.
   */
  constructor(reactor: Reactor, options: RelayOptions) {
    this.id = randomBytes(8).toString("hex");
    if (typeof reactor?.addSystemEventTrigger !== "function") throw wrongType("new ChannelRelay", "reactor", reactor, "a Reactor");
    this.#options = resolveRelayOptions(options);
    this.#reactor = reactor;
    const [a, b] = this.#options.sides;
    const packets = new RelayedPackets(this.id);
    this.#lanes = [this.#lane(a, b, packets), this.#lane(b, a, packets)];
    this.#intakes = this.#lanes.map(({ from, lane }) => this.#intake(from, lane));
    this.#trigger = this.#start();
  }

  /** Returns the current counters: from the first side to the second, and back. */
  statistics(): readonly [RelayStatistics, RelayStatistics] {
    const [there, back] = this.#lanes.map(({ from, to, lane }, index) => {
      const { crowdedOut, repairs } = this.#intakes[index]!;
      const { recovered, givenUp } = repairs;
      const { evicted, statistics, series } = lane;
      return { from: from.network, to: to.network, crowdedOut, evicted, recovered, givenUp, ...statistics, ...series };
    });
    return [there!, back!];
  }

  /** Stops forwarding. The transports stay open. A further call changes nothing. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (!this.#reactor.hasStopped) this.#reactor.removeSystemEventTrigger(this.#trigger);
    this.#closePieces();
  }

  /** Calls {@link ChannelRelay.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** The last step of the constructor: receives on both sides, or on none. */
  #start(): TriggerId {
    try {
      for (const intake of this.#intakes) intake.start();
      return this.#reactor.addSystemEventTrigger("before", "shutdown", () => this.close());
    } catch (error) {
      this.#closePieces();
      throw error;
    }
  }

  #closePieces(): void {
    for (const intake of this.#intakes) intake.close();
    for (const { lane } of this.#lanes) lane.close();
  }

  #lane(from: RelaySide, to: RelaySide, packets: RelayedPackets): { from: RelaySide; to: RelaySide; lane: RelayLane } {
    const { maxHops, maxChannels } = this.#options;
    const { clock } = this.#reactor;
    const report = (error: unknown): void => this.#report(error);
    const rules = this.#rulesFrom(from);
    return { from, to, lane: new RelayLane({ relay: this.id, from, to, rules, maxHops, maxChannels, packets, clock, report }) };
  }

  #intake(from: RelaySide, receiver: RelayLane): RelayIntake {
    const { maxChannels } = this.#options;
    const { clock } = this.#reactor;
    const report = (error: unknown): void => this.#report(error);
    return new RelayIntake({ transport: from.transport, rules: this.#rulesFrom(from), receiver, maxChannels, clock, report });
  }

  #rulesFrom({ network }: RelaySide): ResolvedRelayOptions["rules"] {
    return this.#options.rules.filter(({ from }) => from === undefined || from === network);
  }

  #report(error: unknown): void {
    this.#options.logger.error("the relay could not forward something", { error });
  }
}
