/** Binding and peer of a socket, and which datagrams are therefore its own. */
import { type Family, type SocketAddress, socketAddress } from "@groupcast/backend";
import { ANY_4, ANY_6, type IpAddress, mappedText } from "../address/ip-address.js";

/** The two ends of a datagram. */
export interface Flow {
  readonly source: IpAddress;
  readonly sourcePort: number;
  readonly destination: IpAddress;
  readonly destinationPort: number;
}

/** The other end of a connected socket. */
export interface Peer {
  readonly address: IpAddress;
  readonly port: number;
  readonly socketAddress: SocketAddress;
}

/** State that connecting changes. */
export interface EndpointState {
  readonly local: IpAddress;
  readonly source: IpAddress | undefined;
  readonly bindToInterface: number;
}

/** Options of a socket that decide which datagrams are its own. */
export interface BindingOptions {
  readonly values: Record<"bindToInterface" | "ipv6Only" | "reuseAddress" | "reusePort", number>;
  /** Whether an IPv6 socket receives datagrams to IPv4 groups. */
  readonly hearsMappedGroups: boolean;
}

/** The groups of a socket. */
export interface GroupFilter {
  /** Whether a datagram to `group` is for the socket. */
  allows(group: IpAddress, source: IpAddress, interfaceIndex: number): boolean;
}

export class Endpoint {
  readonly family: Family;
  /** Destination that a datagram must have; the any-address takes all (`inet_rcv_saddr`). IPv4 on an IPv6 socket: bound to ::ffff:a.b.c.d. */
  local: IpAddress;
  /** Source that datagrams are sent with; undefined: as routed (`inet_saddr`). */
  source: IpAddress | undefined;
  port = 0; // 0: not bound
  peer: Peer | undefined;
  readonly #senders = new Map<string, SocketAddress>();
  readonly #options: BindingOptions;
  readonly #groups: GroupFilter;
  #unconnected: EndpointState | undefined; // its state before it was connected

  constructor(family: Family, options: BindingOptions, groups: GroupFilter) {
    this.family = family;
    this.#options = options;
    this.#groups = groups;
    this.local = family === 4 ? ANY_4 : ANY_6;
  }

  /** Takes `local` as its address; one that is not the host's own, such as a group, is received at, but not sent from. */
  assign(local: IpAddress, isOwn: boolean): void {
    this.local = local;
    this.source = isOwn ? local : undefined;
  }

  /** The state that {@link connect} and {@link disconnect} change. */
  get state(): EndpointState {
    return { local: this.local, source: this.source, bindToInterface: this.#options.values.bindToInterface };
  }

  /** @param unconnected - State to return to when it is disconnected; that of the first call counts. */
  connect(peer: Peer, source: IpAddress, unconnected: EndpointState): void {
    this.#unconnected ??= unconnected;
    this.peer = peer;
    this.source ??= source;
    if (this.isAny) this.local = source;
  }

  /** Records that the option bindToInterface was set, so that it holds after disconnecting, too. */
  noteBinding(interfaceIndex: number): void {
    if (this.#unconnected !== undefined) this.#unconnected = { ...this.#unconnected, bindToInterface: interfaceIndex };
  }

  /** Reverts what connecting has set, and nothing else. */
  disconnect(): void {
    this.peer = undefined;
    if (this.#unconnected === undefined) return;
    const { local, source, bindToInterface } = this.#unconnected;
    this.local = local;
    // Bound to a group, it keeps what connecting has chosen: SOCK_BINDADDR_LOCK in __udp_disconnect of net/ipv4/udp.c.
    if (local.kind !== "multicast" || local.family === 6) this.source = source;
    this.#options.values.bindToInterface = bindToInterface;
    this.#unconnected = undefined;
  }

  /** Returns the sender that receivers of the same IP version see on datagrams from `source`: one object for all of them. */
  sender(source: IpAddress): SocketAddress {
    let sender = this.#senders.get(source.text);
    if (sender?.port !== this.port) {
      sender = socketAddress(source.text, this.port);
      this.#senders.set(source.text, sender);
    }
    return sender;
  }

  get isAny(): boolean {
    return this.local.kind === "any";
  }

  /** Whether SO_REUSEPORT is on. */
  get isReusingPort(): boolean {
    return this.#options.values.reusePort === 1;
  }

  /** Whether datagrams of that IP version can reach it. */
  accepts(family: Family): boolean {
    if (this.local.kind !== "any") return this.local.family === family;
    return this.family === family || (this.family === 6 && this.#options.values.ipv6Only === 0);
  }

  /** Whether one datagram could be for both (`inet_rcv_saddr_equal` of net/ipv4/inet_connection_sock.c). */
  overlaps(other: Endpoint): boolean {
    if (this.#shadows(other) || other.#shadows(this)) return true;
    const isSame = this.isAny || other.isAny || this.local.text === other.local.text;
    return isSame && ((this.accepts(4) && other.accepts(4)) || (this.accepts(6) && other.accepts(6)));
  }

  /** Whether it keeps 0.0.0.0 to itself: a dual-stack socket does even while it is connected to an IPv6 peer, and receives nothing there. */
  #shadows(other: Endpoint): boolean {
    const wasDual = this.family === 6 && this.#unconnected?.local.kind === "any" && this.#options.values.ipv6Only === 0;
    return wasDual && other.isAny && other.accepts(4);
  }

  /** Whether both can be bound to one port, because their datagrams differ or both allow it with SO_REUSEADDR. */
  sharesAddressWith(other: Endpoint): boolean {
    const own = this.#options.values;
    const others = other.#options.values;
    const areOnTwoInterfaces = own.bindToInterface > 0 && others.bindToInterface > 0 && own.bindToInterface !== others.bindToInterface;
    return areOnTwoInterfaces || !this.overlaps(other) || (own.reuseAddress === 1 && others.reuseAddress === 1);
  }

  /** Whether both allow SO_REUSEPORT. */
  sharesFlowsWith(other: Endpoint): boolean {
    return this.#options.values.reusePort === 1 && other.#options.values.reusePort === 1;
  }

  /** Whether a group's or a broadcast datagram from that interface is for it (`__udp_is_mcast_sock`, `__udp_v6_is_mcast_sock`). */
  wantsCopy(flow: Flow, interfaceIndex: number): boolean {
    if (!this.#matches(flow, interfaceIndex)) return false;
    const { destination, source } = flow;
    if (destination.kind !== "multicast") return true;
    if (destination.family !== this.family) return this.#options.hearsMappedGroups;
    return this.#groups.allows(destination, source, interfaceIndex);
  }

  /** Returns how well a unicast datagram fits it: higher is better, -1 not at all (`compute_score` of net/ipv4/udp.c and net/ipv6/udp.c). */
  score(flow: Flow, interfaceIndex: number): number {
    if (!this.#matches(flow, interfaceIndex)) return -1;
    const isConnected = this.peer !== undefined;
    const isOnInterface = this.#options.values.bindToInterface > 0;
    const isNative = this.family === flow.destination.family;
    return (this.isAny ? 0 : 8) + (isConnected ? 4 : 0) + (isOnInterface ? 2 : 0) + (isNative ? 1 : 0);
  }

  /** Whether both belong to one group of SO_REUSEPORT, over which unicast is spread. */
  isTwinOf(other: Endpoint): boolean {
    const own = this.#options.values;
    const others = other.#options.values;
    const isSamePlace = this.family === other.family && this.local.text === other.local.text;
    const isSameWay = own.bindToInterface === others.bindToInterface && own.ipv6Only === others.ipv6Only;
    return others.reusePort === 1 && other.peer === undefined && isSamePlace && isSameWay;
  }

  #matches({ source, sourcePort, destination }: Flow, interfaceIndex: number): boolean {
    const { bindToInterface } = this.#options.values;
    if (bindToInterface > 0 && bindToInterface !== interfaceIndex) return false;
    if (this.peer !== undefined && (this.peer.port !== sourcePort || this.peer.address.text !== source.text)) return false;
    return this.isAny ? this.accepts(destination.family) : this.local.text === destination.text;
  }

  /** Returns `address` and `port` as this socket's owner reads them: mapped on an IPv6 socket, with the zone `interfaceName` where one is needed. */
  written(address: IpAddress, port: number, interfaceName: string | undefined): SocketAddress {
    if (this.family === 6 && address.family === 4) return socketAddress(mappedText(address), port);
    const zone = interfaceName !== undefined && address.needsZone ? `%${interfaceName}` : "";
    return socketAddress(`${address.text}${zone}`, port);
  }
}
