/** Whether a socket can be bound to an address: `__inet_bind` of net/ipv4/af_inet.c and `__inet6_bind` of net/ipv6/af_inet6.c. */

import type { Family, Outcome } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import { type IpAddress, needsZone, type WrittenAddress } from "../address/ip-address.js";
import type { HostInterface } from "../host/host-interface.js";
import type { HostStack } from "../host/host-stack.js";

/** Where a socket would be bound. */
export interface LocalAddress {
  readonly address: IpAddress;
  readonly interfaceIndex: number; // that the address ties the socket to; 0: none
  readonly isOwn: boolean; // it is the host's, not a group's or everybody's
}

/** What a socket is. */
export interface SocketKind {
  readonly family: Family;
  readonly options: Readonly<Record<"ipv6Only" | "bindToInterface", number>>;
}

/** What `written` means to a host, or why nothing can be bound there. */
export function localAddress(stack: HostStack, written: WrittenAddress, { family, options }: SocketKind): LocalAddress | Outcome {
  const { address, zone, isMapped } = written;
  if (isMapped !== (family === 6 && address.family === 4) || (family === 4 && address.family === 6)) return ERRNO.EAFNOSUPPORT;
  if (isMapped && options.ipv6Only === 1) return ERRNO.EINVAL;
  if (address.kind === "any") return { address, interfaceIndex: 0, isOwn: false };
  if (needsZone(address)) return zonedAddress(stack, address, zone);
  const owner = stack.owner(address);
  const isOwn = owner !== undefined && (address.family === 4 || [0, owner.index].includes(options.bindToInterface));
  const isBindable = isOwn || address.kind === "multicast" || isBroadcast(stack, address);
  return isBindable ? { address, interfaceIndex: 0, isOwn } : ERRNO.EADDRNOTAVAIL;
}

/** The interface that a zone names, by name or by number. */
export function interfaceOfZone(stack: HostStack, zone: string): HostInterface | undefined {
  return stack.interfaceNamed(zone) ?? (/^\d+$/.test(zone) ? stack.interfaceAt(Number(zone)) : undefined);
}

function zonedAddress(stack: HostStack, address: IpAddress, zone: string | undefined): LocalAddress | Outcome {
  if (zone === undefined) return ERRNO.EINVAL;
  const on = interfaceOfZone(stack, zone);
  if (on === undefined) return ERRNO.ENODEV;
  const isOwn = on.isUp && on.prefixes.some((prefix) => prefix.address.text === address.text);
  return address.kind === "multicast" || isOwn ? { address, interfaceIndex: on.index, isOwn } : ERRNO.EADDRNOTAVAIL;
}

function isBroadcast(stack: HostStack, address: IpAddress): boolean {
  return address.family === 4 && stack.interfaces.some((each) => each.isUp && !each.isLoopback && each.isBroadcast(address));
}
