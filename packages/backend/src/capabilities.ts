import type { OptionName } from "./option-table.js";

/**
 * Features that a backend may lack. Every backend has everything else of the waist.
 *
 * A backend that lacks one is asked for it only by mistake, and then throws `UnsupportedError`: no feature is emulated.
 */
export const FEATURES = {
  /** Serves {@link DatagramBackend.adoptSocket}. */
  adopt: "adopts a descriptor that another program opened",
  /** Serves {@link DatagramSocket.blockSource} and {@link DatagramSocket.unblockSource}. */
  blockSource: "blocks single sources of an any-source group (MCAST_BLOCK_SOURCE)",
  /** Concerns {@link BackendNetwork.interfaces} and {@link DatagramSocket.join}. */
  downInterfaces: "sees, and joins on, interfaces that are down or have no address",
  /** Fills `peer` of {@link SocketObserver.sendFailed}. */
  icmpErrors: "attributes ICMP errors to the peer they came from, also on sockets that are not connected (IP_RECVERR)",
  /** Concerns {@link BackendNetwork.watch}. */
  interfaceEvents: "learns of interface changes from the OS, without polling (rtnetlink(7))",
  /** Fills {@link NetworkInterface.index}. */
  interfaceIndexes: "knows the index of every interface",
  /** Fills {@link Arrival.destination} and {@link Arrival.interfaceIndex}. */
  packetInfo: "reports destination and arrival interface of each datagram (IP_PKTINFO)",
  /** Serves {@link BackendNetwork.routeTo} and {@link BackendNetwork.defaultRoute}. */
  routes: "answers route look-ups and knows the default gateway",
  /** Serves {@link SendBatch.via}. */
  sendPacketInfo: "chooses interface and source address for each datagram sent (IP_PKTINFO)",
  /** Serves {@link DatagramSocket.steer}. */
  steering: "steers unicast among sockets that share a number: by CPU, source or payload (SO_ATTACH_REUSEPORT_CBPF)",
} as const;

/** Name of a row of {@link FEATURES}. */
export type Feature = keyof typeof FEATURES;

/** Names of all features, in table order. */
export const FEATURE_NAMES: readonly Feature[] = Object.keys(FEATURES) as Feature[];

/** A feature, or the ability to set or get one option of {@link OPTION_TABLE}. */
export type Capability = Feature | `set ${OptionName}` | `get ${OptionName}`;
