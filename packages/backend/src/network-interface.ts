import type { Family } from "./ip-facts.js";

/** A network interface of the host, in its state at the time the OS listed it. */
export interface NetworkInterface {
  /** Name, such as `"eth0"`. */
  readonly name: string;
  /** Number of the interface in the kernel (`if_nametoindex(3)`); 0 where the backend does not know it. */
  readonly index: number;
  /** Addresses of the interface; empty while it has none. */
  readonly addresses: readonly InterfaceAddress[];
  /** Hardware address, such as `"02:00:00:00:00:01"`; absent where the link has none. */
  readonly mac?: string;
  /** Largest IP packet, in bytes, header included; absent where the backend does not know it. */
  readonly mtu?: number;
  /** Kind and state of the interface. */
  readonly flags: InterfaceFlags;
}

/** Kind and state of an interface (`SIOCGIFFLAGS` of netdevice(7)). */
export interface InterfaceFlags {
  /** Whether the administrator switched it on (`IFF_UP`). */
  readonly up: boolean;
  /** Whether it has a carrier (`IFF_RUNNING`). */
  readonly running: boolean;
  /** Whether it is the loopback interface. */
  readonly loopback: boolean;
  /** Whether the link carries multicast. On Linux, loopback carries it without this flag. */
  readonly multicast: boolean;
  /** Whether the link carries broadcasts. */
  readonly broadcast: boolean;
  /** Whether the link has one peer, as a tunnel has. */
  readonly pointToPoint: boolean;
}

/** An address of an interface. */
export interface InterfaceAddress {
  /** IP literal without zone. */
  readonly address: string;
  /** IP version. */
  readonly family: Family;
  /** Length of the network's prefix, in bits. */
  readonly prefixLength: number;
  /** Broadcast address of the network; IPv4 only, where the interface has one. */
  readonly broadcast?: string;
}

/** Route of a datagram out of the host. */
export interface Route {
  /** Interface that the datagram leaves by. */
  readonly interface: NetworkInterface;
  /** Local address that the kernel would choose as source. */
  readonly source?: string;
  /** Next hop; absent when the destination is on the link. */
  readonly gateway?: string;
}

/**
 * Returns whether two descriptions are of one interface. One that was deleted and made again has another index, and is another interface.
 */
export function sameInterface(a: NetworkInterface, b: NetworkInterface): boolean {
  return a.index === b.index && a.name === b.name;
}
