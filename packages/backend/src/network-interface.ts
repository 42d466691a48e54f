import type { Family } from "./socket-address.js";

/** A network interface of the host, as it was when it was asked for. */
export interface NetworkInterface {
  readonly name: string; // "eth0"
  readonly index: number; // the kernel's number (`if_nametoindex(3)`); 0 where the backend cannot tell
  readonly addresses: readonly InterfaceAddress[]; // empty while it has none
  readonly mac?: string; // "02:00:00:00:00:01"; absent where the link has none
  readonly mtu?: number; // bytes, IP header included; absent where the backend cannot tell
  readonly flags: InterfaceFlags;
}

/** What an interface is, and is doing (`SIOCGIFFLAGS` of netdevice(7)). */
export interface InterfaceFlags {
  readonly up: boolean; // switched on by the administrator
  readonly running: boolean; // has a carrier
  readonly loopback: boolean;
  readonly multicast: boolean;
  readonly broadcast: boolean;
  readonly pointToPoint: boolean;
}

/** One address of an interface. */
export interface InterfaceAddress {
  readonly address: string; // IP literal without zone
  readonly family: Family;
  readonly prefixLength: number; // bits
  readonly broadcast?: string; // IPv4, where the interface has one
}

/** Where the host would send a datagram. */
export interface Route {
  readonly interface: NetworkInterface;
  readonly source?: string; // the local address the kernel would choose
  readonly gateway?: string; // absent when the destination is on the link
}
