import type { IpAddress } from "../address/ip-address.js";
import type { HostInterface } from "./host-interface.js";

/** A route look-up on a host. */
export interface RouteQuery {
  readonly destination: IpAddress;
  readonly source: IpAddress | undefined;
  readonly interfaceIndex: number; // 0: any
  readonly isHint?: boolean; // the interface is preferred, and no more
}

/** The path of a datagram that leaves a socket. */
export interface OutputRoute {
  readonly kind: "local" | "unicast" | "multicast" | "broadcast";
  readonly egress: HostInterface; // local: the interface that owns the address, and that it seems to have come in on
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly nextHop: IpAddress | undefined; // unicast only
}
