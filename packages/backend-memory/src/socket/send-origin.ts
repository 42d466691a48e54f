/** Interface and source address that datagrams leave from: those the datagram asks for, then those of the socket, then its setting for groups. */
import type { Outcome, PacketOrigin } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import { type IpAddress, LOOPBACK_4 } from "../address/ip-address.js";
import type { ParsedAddresses } from "../address/parsed-addresses.js";
import type { Endpoint } from "../host/endpoint.js";
import type { HostInterface } from "../host/host-interface.js";
import type { InterfaceTable } from "../host/interface-table.js";
import type { RouteQuery } from "../host/route.js";
import type { SocketOptions } from "./socket-options.js";

/** Interface and source address, as far as they are fixed. */
type Origin = Omit<RouteQuery, "destination">;

/** Parts of a socket and its host that decide where datagrams leave from. */
export interface SendOriginParts {
  readonly interfaces: InterfaceTable;
  readonly addresses: ParsedAddresses;
  readonly endpoint: Endpoint;
  readonly options: SocketOptions;
}

export class SendOrigin {
  readonly #interfaces: InterfaceTable;
  readonly #addresses: ParsedAddresses;
  readonly #endpoint: Endpoint;
  readonly #options: SocketOptions;
  #multicastIndex = 0; // IP_MULTICAST_IF, IPV6_MULTICAST_IF; 0: as routed
  #multicastSource: IpAddress | undefined;

  constructor({ interfaces, addresses, endpoint, options }: SendOriginParts) {
    this.#interfaces = interfaces;
    this.#addresses = addresses;
    this.#endpoint = endpoint;
    this.#options = options;
  }

  /** Interface for groups; undefined: as routed. On loopback they leave from 127.0.0.1, where the index alone means another interface's address. */
  set multicastInterface(egress: HostInterface | undefined) {
    this.#multicastIndex = egress?.index ?? 0;
    this.#multicastSource = egress?.isLoopback === true ? LOOPBACK_4 : undefined;
  }

  /** Index of the interface for groups; 0: as routed. */
  get multicastIndex(): number {
    return this.#multicastIndex;
  }

  /** Returns where a datagram to `destination%zone` leaves from, or an errno. */
  of(destination: IpAddress, zone: string | undefined, via: PacketOrigin | undefined): Origin | Outcome {
    return destination.family === 4 ? this.#ofIpv4(destination, via) : this.#ofIpv6(destination, zone, via);
  }

  /** `udp_sendmsg` of net/ipv4/udp.c. IP_PKTINFO without a source takes that of the socket away (`ip_cmsg_send`). */
  #ofIpv4(destination: IpAddress, via: PacketOrigin | undefined): Origin {
    const interfaceIndex = via?.interfaceIndex || this.#options.values.bindToInterface;
    const source = via === undefined ? this.#endpoint.source : this.#parsed(via.source);
    if (destination.kind !== "multicast") return { interfaceIndex, source };
    return { interfaceIndex: interfaceIndex || this.#multicastIndex, source: source ?? this.#multicastSource };
  }

  /** `udpv6_sendmsg` of net/ipv6/udp.c. */
  #ofIpv6(destination: IpAddress, zone: string | undefined, via: PacketOrigin | undefined): Origin | Outcome {
    const zoned = zone !== undefined && destination.needsZone ? this.#interfaces.inZone(zone)?.index : 0;
    if (zoned === undefined) return ERRNO.ENODEV;
    const bound = zoned || this.#options.values.bindToInterface;
    const asked = via === undefined ? bound : this.#asked(via, bound);
    if (asked < 0) return asked;
    const interfaceIndex = asked || (destination.kind === "multicast" ? this.#multicastIndex : 0);
    const source = this.#parsed(via?.source) ?? this.#endpoint.source;
    // With a source, the interface counts for little unless the socket is bound to it (ip6_route_output_flags of net/ipv6/route.c).
    return { interfaceIndex, source, isHint: bound === 0 && source !== undefined };
  }

  /** Returns the index of the interface that `via` amounts to, 0 for any, or an errno (`ip6_datagram_send_ctl` of net/ipv6/datagram.c). */
  #asked({ interfaceIndex, source }: PacketOrigin, bound: number): number | Outcome {
    if (interfaceIndex !== 0 && bound !== 0 && interfaceIndex !== bound) return ERRNO.EINVAL;
    const asked = interfaceIndex || bound;
    const egress = this.#interfaces.withIndex(asked);
    if (interfaceIndex !== 0 && egress === undefined) return ERRNO.ENODEV;
    const address = this.#parsed(source);
    if (address === undefined) return asked;
    const owner = this.#interfaces.owner(address);
    const isOfAnother = address.needsZone || (address.kind === "loopback" && egress !== undefined) ? owner !== egress : false;
    return owner === undefined || isOfAnother ? ERRNO.EINVAL : asked;
  }

  /** Returns the address of a text; the unspecified address counts as none. */
  #parsed(text: string | undefined): IpAddress | undefined {
    const address = text === undefined ? undefined : this.#addresses.parse(text).address;
    return address?.kind === "any" ? undefined : address;
  }
}
