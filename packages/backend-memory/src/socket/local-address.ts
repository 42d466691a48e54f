/** Whether a socket can be bound to an address: `__inet_bind` of net/ipv4/af_inet.c and `__inet6_bind` of net/ipv6/af_inet6.c. */
import type { Family, Outcome } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import type { IpAddress, WrittenAddress } from "../address/ip-address.js";
import type { InterfaceTable } from "../host/interface-table.js";

/** A place to bind a socket to. */
export interface LocalAddress {
  readonly address: IpAddress;
  readonly interfaceIndex: number; // that the address ties the socket to; 0: none
  readonly isOwn: boolean; // it is the host's, not a group's or everybody's
}

/** Properties of a socket that decide where it can be bound. */
export interface SocketKind {
  readonly family: Family;
  readonly options: Readonly<Record<"ipv6Only" | "bindToInterface", number>>;
}

/** Returns the place that `written` means on a host, or the errno of binding there. */
export function localAddress(interfaces: InterfaceTable, written: WrittenAddress, { family, options }: SocketKind): LocalAddress | Outcome {
  const { address, zone, isMapped } = written;
  if (isMapped !== (family === 6 && address.family === 4) || (family === 4 && address.family === 6)) return ERRNO.EAFNOSUPPORT;
  if (isMapped && options.ipv6Only === 1) return ERRNO.EINVAL;
  if (address.kind === "any") return { address, interfaceIndex: 0, isOwn: false };
  if (address.needsZone) return zonedAddress(interfaces, address, zone);
  const owner = interfaces.owner(address);
  const isOwn = owner !== undefined && (address.family === 4 || [0, owner.index].includes(options.bindToInterface));
  const isBindable = isOwn || address.kind === "multicast" || isBroadcast(interfaces, address);
  return isBindable ? { address, interfaceIndex: 0, isOwn } : ERRNO.EADDRNOTAVAIL;
}

function zonedAddress(interfaces: InterfaceTable, address: IpAddress, zone: string | undefined): LocalAddress | Outcome {
  if (zone === undefined) return ERRNO.EINVAL;
  const zoned = interfaces.inZone(zone);
  if (zoned === undefined) return ERRNO.ENODEV;
  const isOwn = zoned.isUp && zoned.prefixes.some((prefix) => prefix.address.text === address.text);
  return address.kind === "multicast" || isOwn ? { address, interfaceIndex: zoned.index, isOwn } : ERRNO.EADDRNOTAVAIL;
}

function isBroadcast(interfaces: InterfaceTable, address: IpAddress): boolean {
  return address.family === 4 && interfaces.all.some((each) => each.isUp && !each.isLoopback && each.isBroadcast(address));
}
