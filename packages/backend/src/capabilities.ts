import type { OptionName } from "./option-table.js";

/**
 * What backends may or may not be able to do. Everything else of the waist is required of every backend.
 *
 * A backend that lacks one is asked for it only by mistake, and then throws `UnsupportedError`: nothing is imitated.
 */
export const FEATURES = {
  adopt: "adopts a descriptor that another program opened",
  blockSource: "shuts out single sources of an any-source group (MCAST_BLOCK_SOURCE)",
  downInterfaces: "sees, and joins on, interfaces that are down or have no address",
  icmpErrors: "attributes ICMP errors to the peer they came from, also on sockets that are not connected (IP_RECVERR)",
  interfaceEvents: "is told of interface changes by the OS, rather than asking again and again (rtnetlink(7))",
  interfaceIndexes: "knows the index of every interface",
  packetInfo: "tells destination and arrival interface of each datagram (IP_PKTINFO)",
  routes: "answers route look-ups and knows the default gateway",
  sendPacketInfo: "chooses interface and source address for each datagram sent (IP_PKTINFO)",
} as const;

/** Name of a row of {@link FEATURES}. */
export type Feature = keyof typeof FEATURES;

/** Every feature, in table order. */
export const FEATURE_NAMES: readonly Feature[] = Object.keys(FEATURES) as Feature[];

/** A feature, or the right to set or get one row of the option table. */
export type Capability = Feature | `set ${OptionName}` | `get ${OptionName}`;
