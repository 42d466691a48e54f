/**
 * One direction of a relay.
 *
 * A packet passes unless one of these reasons applies, checked in this order:
 * - `own`: this relay sent it itself;
 * - `relayed`: it came to this network through a relay, and the network cannot carry its origin (UDP);
 * - `hops`: it has passed as many relays as it may;
 * - `returned`: it was published on the network it would go to;
 * - `repeated`: it has come before, from this side or the other;
 * - `notAllowed`: no rule names its channel;
 * - `limited`: its rule has reached its rate;
 * - `tooLong`: it fits no packet of the other network.
 */
import { type Clock, callGuarded } from "@groupcast/base";
import type { ChannelReceiver, ChannelSender, ReceivedPacket, RelayEnvelope } from "../contract/channel-transport.js";
import { RecentTable } from "../order/recent-table.js";
import { RateLimit } from "./rate-limit.js";
import type { RelaySide, ResolvedRule } from "./relay-options.js";
import type { RelayedPackets } from "./relayed-packets.js";
import { ruleFor } from "./ruled-channels.js";

/** Counters of one direction of a relay, in packets. The relay forwarded none of them except `forwarded`. */
export interface LaneStatistics {
  /** Passed on. */
  forwarded: number;
  /** The other transport did not take them. */
  refused: number;
  /** This relay had sent them itself. */
  own: number;
  /** Another relay had brought them, and the network cannot carry their origin (UDP). */
  relayed: number;
  /** They had passed as many relays as they may. */
  hops: number;
  /** They had come before, from this side or the other. */
  repeated: number;
  /** They were published on the network they would go to. */
  returned: number;
  /** Their rule had reached its rate. */
  limited: number;
  /** They fit no packet of the other network. */
  tooLong: number;
  /** No rule names their channel. */
  notAllowed: number;
}

/** Counters of the numbers that senders give their packets. A relay on UDP numbers packets anew, so nobody behind it sees these gaps. */
export interface SeriesStatistics {
  /**
   * Packets that were missing when a later one of their sender arrived: lost before this relay, for example in flight on a broken
   * connection.
   */
  lost: number;
  /** Packets that arrived after a later one of their sender. The relay forwarded them, and `lost` includes them. */
  late: number;
}

/** The part of a relay that its lanes use. */
export interface LaneOptions {
  readonly relay: string; // 16 hexadecimal digits
  readonly from: RelaySide;
  readonly to: RelaySide;
  readonly rules: readonly ResolvedRule[];
  readonly maxHops: number;
  readonly maxChannels: number;
  readonly packets: RelayedPackets; // shared by both lanes
  readonly clock: Clock;
  readonly report: (error: unknown) => void;
}

interface Route {
  readonly sender: ChannelSender;
  readonly limit: RateLimit;
}

export class RelayLane implements ChannelReceiver {
  readonly statistics: LaneStatistics = {
    forwarded: 0,
    refused: 0,
    own: 0,
    relayed: 0,
    hops: 0,
    repeated: 0,
    returned: 0,
    limited: 0,
    tooLong: 0,
    notAllowed: 0,
  };
  readonly series: SeriesStatistics = { lost: 0, late: 0 };
  readonly #options: LaneOptions;
  readonly #limits: ReadonlyMap<ResolvedRule, RateLimit>;
  readonly #routes: RecentTable<Route>;
  #evicted = 0;

  constructor(options: LaneOptions) {
    this.#options = options;
    const nowMs = options.clock.nowMs();
    this.#limits = new Map(options.rules.map((rule) => [rule, new RateLimit(rule.maxPerSecond, nowMs)]));
    this.#routes = new RecentTable(options.maxChannels, (route) => {
      this.#evicted++;
      this.#closeRoute(route);
    });
  }

  packetReceived(packet: ReceivedPacket): void {
    try {
      this.statistics[this.#pass(packet)]++;
    } catch (error) {
      this.statistics.refused++; // the other transport is closed, or cannot open a sender
      this.#options.report(error);
    }
  }

  /** Number of channels that had to make room for others. */
  get evicted(): number {
    return this.#evicted;
  }

  /** Closes its senders. Reports what they throw. */
  close(): void {
    for (const route of this.#routes.values()) this.#closeRoute(route);
  }

  #closeRoute({ sender }: Route): void {
    callGuarded(() => sender.close(), this.#options.report);
  }

  #pass(packet: ReceivedPacket): keyof LaneStatistics {
    const { relay, from, to, packets, clock } = this.#options;
    const circular = this.#circular(packet);
    if (circular !== undefined) return circular;
    const { origin, hops } = packet.envelope ?? { origin: from.network, hops: 0 };
    // Before it is remembered: a copy with a false origin, as anybody can write it, must not make the packet itself a repeat.
    if (origin === to.network) return "returned";
    const nowMs = clock.nowMs();
    const source = packets.sourceOf(packet, from.network);
    const sequence = packet.sequence ?? source.next++;
    if (packets.isRepeat(packet, source, sequence, nowMs)) return "repeated";
    if (packet.sequence !== undefined) this.#count(packets.lead(source, sequence, nowMs));
    return this.#send(packet, { origin, source: source.id, sequence, hops: hops + 1, via: relay }, nowMs);
  }

  #count(lead: number): void {
    if (lead > 1) this.series.lost += lead - 1;
    else if (lead < 0) this.series.late++;
  }

  /** Returns the reason to pass a packet no further, if there is one in what relays have noted on it. */
  #circular({ isRelayed, envelope }: ReceivedPacket): keyof LaneStatistics | undefined {
    if (envelope === undefined) return isRelayed ? "relayed" : undefined;
    if (envelope.via === this.#options.relay) return "own";
    return envelope.hops >= this.#options.maxHops ? "hops" : undefined;
  }

  #send({ channel, payload }: ReceivedPacket, stamped: RelayEnvelope, nowMs: number): keyof LaneStatistics {
    const isTooLong = payload.length > this.#options.to.transport.maxPayloadBytes(channel); // a broker's limit changes
    const route = this.#routeFor(channel);
    if (route === undefined) return "notAllowed";
    if (!route.limit.take(nowMs)) return "limited";
    if (isTooLong) return "tooLong";
    return route.sender.send(payload, stamped) ? "forwarded" : "refused";
  }

  #routeFor(channel: string): Route | undefined {
    const known = this.#routes.peek(channel);
    const rule = known === undefined ? ruleFor(this.#options.rules, channel) : undefined;
    if (known === undefined && rule === undefined) return undefined;
    const { transport } = this.#options.to;
    return this.#routes.use(channel, () => ({ limit: this.#limits.get(rule!)!, sender: transport.openSender(channel, "relay") })).value;
  }
}
