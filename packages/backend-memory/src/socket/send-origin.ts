/** Where datagrams leave from: what a datagram asks for itself, then what the socket is bound to, then its setting for groups. */

import type { Outcome, PacketOrigin } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import { type IpAddress, LOOPBACK_4, needsZone } from "../address/ip-address.js";
import type { Endpoint } from "../host/endpoint.js";
import type { HostInterface } from "../host/host-interface.js";
import type { HostStack } from "../host/host-stack.js";
import type { RouteQuery } from "../host/routing-table.js";
import { interfaceOfZone } from "./local-address.js";

/** Interface and source address, as far as they are fixed. */
type Origin = Omit<RouteQuery, "destination">;

export class SendOrigin {
  readonly #stack: HostStack;
  readonly #endpoint: Endpoint;
  #multicastIndex = 0; // IP_MULTICAST_IF, IPV6_MULTICAST_IF; 0: as routed
  #multicastSource: IpAddress | undefined;

  constructor(stack: HostStack, endpoint: Endpoint) {
    this.#stack = stack;
    this.#endpoint = endpoint;
  }

  /** Sends groups on that interface; undefined: as routed. On loopback from 127.0.0.1, where the index alone means another interface's address. */
  set multicastInterface(on: HostInterface | undefined) {
    this.#multicastIndex = on?.index ?? 0;
    this.#multicastSource = on?.isLoopback === true ? LOOPBACK_4 : undefined;
  }

  /** Where a datagram to `destination%zone` leaves from. */
  of(destination: IpAddress, zone: string | undefined, via: PacketOrigin | undefined): Origin | Outcome {
    return destination.family === 4 ? this.#ofIpv4(destination, via) : this.#ofIpv6(destination, zone, via);
  }

  /** `udp_sendmsg` of net/ipv4/udp.c. IP_PKTINFO without a source takes that of the socket away (`ip_cmsg_send`). */
  #ofIpv4(destination: IpAddress, via: PacketOrigin | undefined): Origin {
    const interfaceIndex = via?.interfaceIndex || this.#endpoint.options.values.bindToInterface;
    const source = via === undefined ? this.#endpoint.source : this.#parsed(via.source);
    if (destination.kind !== "multicast") return { interfaceIndex, source };
    return { interfaceIndex: interfaceIndex || this.#multicastIndex, source: source ?? this.#multicastSource };
  }

  /** `udpv6_sendmsg` of net/ipv6/udp.c. */
  #ofIpv6(destination: IpAddress, zone: string | undefined, via: PacketOrigin | undefined): Origin | Outcome {
    const zoned = zone !== undefined && needsZone(destination) ? interfaceOfZone(this.#stack, zone)?.index : 0;
    if (zoned === undefined) return ERRNO.ENODEV;
    const bound = zoned || this.#endpoint.options.values.bindToInterface;
    const asked = via === undefined ? bound : this.#asked(via, bound);
    if (asked < 0) return asked;
    const interfaceIndex = asked || (destination.kind === "multicast" ? this.#multicastIndex : 0);
    const source = this.#parsed(via?.source) ?? this.#endpoint.source;
    // With a source, the interface counts for little unless the socket is bound to it (ip6_route_output_flags of net/ipv6/route.c).
    return { interfaceIndex, source, isHint: bound === 0 && source !== undefined };
  }

  /** The interface that `via` comes to, 0 for any (`ip6_datagram_send_ctl` of net/ipv6/datagram.c). */
  #asked({ interfaceIndex, source }: PacketOrigin, bound: number): number | Outcome {
    if (interfaceIndex !== 0 && bound !== 0 && interfaceIndex !== bound) return ERRNO.EINVAL;
    const asked = interfaceIndex || bound;
    const on = this.#stack.interfaceAt(asked);
    if (interfaceIndex !== 0 && on === undefined) return ERRNO.ENODEV;
    const address = this.#parsed(source);
    if (address === undefined) return asked;
    const owner = this.#stack.owner(address);
    const isOfAnother = needsZone(address) || (address.kind === "loopback" && on !== undefined) ? owner !== on : false;
    return owner === undefined || isOfAnother ? ERRNO.EINVAL : asked;
  }

  /** The unspecified address is none. */
  #parsed(text: string | undefined): IpAddress | undefined {
    const address = text === undefined ? undefined : this.#stack.fabric.addresses.parse(text).address;
    return address?.kind === "any" ? undefined : address;
  }
}
