/**
 * The ports of a ping. One is bound to the local address that leads to the target, and receives the answers to this host. For each group
 * another one on the same number receives the answers to the group. So the port tells the paths apart, also on a backend that does not see
 * the destinations of datagrams.
 */
import { type Arrival, anyAddress, familyOf } from "@groupcast/backend";
import type { Destination, MulticastPort, Reactor, SocketAddress } from "groupcast";
import { isSourceSpecific } from "./group-prefix.js";
import { localAddressTowards } from "./local-address.js";
import type { AnswerPath } from "./ping-report.js";

/** A datagram that has arrived. */
export interface ArrivedDatagram {
  readonly data: Buffer;
  readonly from: SocketAddress;
  readonly via: AnswerPath;
  /** Group that it came on; undefined for unicast. */
  readonly group: string | undefined;
  /** TTL that was left; undefined where the backend does not know it. */
  readonly ttl: number | undefined;
}

/** Setting of {@link PingSockets}. */
export interface PingSocketsSetting {
  readonly reactor: Reactor;
  /** Destination of the requests. */
  readonly target: Destination;
  /** Interface that groups are sent to and received by; undefined: the one that leads to the target. */
  readonly interface: string | undefined;
  /** TTL of what is sent to a group. */
  readonly ttl: number;
  /** Is called with each datagram. */
  received(datagram: ArrivedDatagram): void;
  /** Is called when nobody listens on a port that was asked. */
  refused(peer: SocketAddress | undefined): void;
}

const MOST_GROUPS = 16; // each has a socket: a host that names another group each time must not use up the descriptors

export class PingSockets {
  /** Local address that the requests come from. */
  readonly localAddress: string;
  readonly #setting: PingSocketsSetting;
  readonly #unicast: MulticastPort;
  readonly #groups = new Map<string, MulticastPort>();
  readonly #joined = new Set<string>();

  /** Opens the port for unicast. @throws SystemError: there is no route to the target. */
  constructor(setting: PingSocketsSetting) {
    const { reactor, interface: outgoingInterface, ttl } = setting;
    this.#setting = setting;
    this.localAddress = localAddressTowards(reactor, setting.target, outgoingInterface);
    this.#unicast = reactor.listenMulticast(0, this.#protocol("unicast", undefined), {
      interface: this.localAddress,
      outgoingInterface: outgoingInterface ?? this.localAddress,
      listenMultiple: true,
      arrival: true,
      ttl,
    });
    this.#unicast.on("refused", ({ peer }) => setting.refused(peer));
  }

  /** Sends a datagram. */
  send(data: Buffer, to: Destination): void {
    this.#unicast.write(data, to);
  }

  /** Returns whether the group is received already, or can be. */
  hasRoomFor(group: string): boolean {
    return this.#groups.has(group) || this.#groups.size < MOST_GROUPS;
  }

  /** Receives a group from `source`, or from anybody where the group is for all sources. @throws MulticastJoinError. */
  join(group: string, source: string): void {
    const port = this.#groups.get(group) ?? this.#openGroup(group);
    const membership = isSourceSpecific(group) ? { source } : {};
    const key = JSON.stringify([group, membership]);
    if (this.#joined.has(key) || !this.#seesDestinations) return;
    port.joinGroup(group, this.#interface, membership);
    this.#joined.add(key);
  }

  /** Number of datagrams that the network refused to send. */
  get failed(): number {
    const { sendFailed, dropped } = this.#unicast.statistics();
    return sendFailed + dropped;
  }

  async close(): Promise<void> {
    await Promise.all([this.#unicast, ...this.#groups.values()].map((port) => port.stopListening()));
  }

  /** Interface for groups. */
  get #interface(): string {
    return this.#setting.interface ?? this.localAddress;
  }

  /** Without, a port is bound to its group, which it joins at once from any source (dgram). */
  get #seesDestinations(): boolean {
    return this.#setting.reactor.backend.capabilities.has("packetInfo");
  }

  #openGroup(group: string): MulticastPort {
    const port = this.#setting.reactor.listenMulticast(this.#unicast.getHost().port, this.#protocol("multicast", group), {
      ...(this.#seesDestinations ? { interface: anyAddress(familyOf(group)) } : { group, outgoingInterface: this.#interface }),
      listenMultiple: true,
      multicastOnly: true,
      arrival: true,
    });
    this.#groups.set(group, port);
    return port;
  }

  #protocol(via: AnswerPath, group: string | undefined): { datagramReceived(data: Buffer, from: SocketAddress, arrival?: Arrival): void } {
    return {
      datagramReceived: (data, from, arrival) => this.#setting.received({ data, from, via, group, ttl: arrival?.ttl }),
    };
  }
}
