import type { Membership, PortStatistics } from "@groupcast/reactor";
import type { Metrics } from "./metric.js";

/** Counts of the ports of one series. */
export type PortCount = keyof PortStatistics | "ports";

/** Metrics of ports, one for each counter of {@link PortStatistics}. */
export const PORT_METRICS: Metrics<PortCount> = {
  ports: { name: "groupcast.port.count", unit: "{port}", description: "Ports that are open", falls: true },
  received: { name: "groupcast.port.datagrams.received", unit: "{datagram}", description: "Datagrams delivered to protocols" },
  receivedBytes: { name: "groupcast.port.payload.received", unit: "By", description: "Payload delivered to protocols" },
  truncated: {
    name: "groupcast.port.datagrams.truncated",
    unit: "{datagram}",
    description: "Datagrams delivered that were cut to maxPacketSize",
  },
  foreign: {
    name: "groupcast.port.datagrams.foreign",
    unit: "{datagram}",
    description: "Datagrams kept from protocols: sent to another group, interface or source",
  },
  discarded: {
    name: "groupcast.port.datagrams.discarded",
    unit: "{datagram}",
    description: "Datagrams taken from the kernel and not delivered, because the port had stopped or their memory was gone",
  },
  kernelDrops: {
    name: "groupcast.port.datagrams.kernel_dropped",
    unit: "{datagram}",
    description: "Datagrams lost because the receive buffer was full",
  },
  unreadDrops: {
    name: "groupcast.port.datagrams.unread_dropped",
    unit: "{datagram}",
    description: "Datagrams lost while reading was paused, on dgram",
  },
  sent: { name: "groupcast.port.datagrams.sent", unit: "{datagram}", description: "Datagrams taken by the network" },
  sentBytes: { name: "groupcast.port.payload.sent", unit: "By", description: "Payload taken by the network" },
  queued: {
    name: "groupcast.port.datagrams.queued",
    unit: "{datagram}",
    description: "Datagrams that wait for the network to take them",
    falls: true,
  },
  queuedBytes: {
    name: "groupcast.port.payload.queued",
    unit: "By",
    description: "Payload that waits for the network to take it",
    falls: true,
  },
  dropped: {
    name: "groupcast.port.datagrams.dropped",
    unit: "{datagram}",
    description: "Datagrams refused by a full send queue, or still in it when the port closed",
  },
  sendFailed: {
    name: "groupcast.port.datagrams.send_failed",
    unit: "{datagram}",
    description: "Datagrams that were written, then refused by the network",
  },
  suppressed: {
    name: "groupcast.port.datagrams.suppressed",
    unit: "{datagram}",
    description: "Datagrams not sent: multicast with TTL 0 and loopback mode off",
  },
  refused: {
    name: "groupcast.port.refusals",
    unit: "{refusal}",
    description: "Answers that no socket listens at the peer (ICMP port unreachable)",
  },
  protocolErrors: {
    name: "groupcast.port.protocol.errors",
    unit: "{error}",
    description: "Errors that protocols threw or rejected with",
  },
};

/** States of a membership. */
export const MEMBERSHIP_STATES: readonly Membership["state"][] = ["joined", "waiting", "lost"];

/** Metrics of memberships in one state. */
export const MEMBERSHIP_METRICS: Metrics<"memberships"> = {
  memberships: { name: "groupcast.membership.count", unit: "{membership}", description: "Memberships of open ports", falls: true },
};
