import type { IcmpKind } from "../network/packet.js";

/** A datagram as the trace keeps it. */
export interface TracedPacket {
  /** Number of the packet in its network; copies of one datagram have the same. */
  readonly id: number;
  /** IP literal of the sender, without zone. */
  readonly source: string;
  /** UDP port of the sender; 0 for an ICMP error. */
  readonly sourcePort: number;
  /** IP literal of the receiver or the group, without zone. */
  readonly destination: string;
  /** UDP port of the receiver; 0 for an ICMP error. */
  readonly destinationPort: number;
  /** TTL, or hop limit of IPv6, as set by the last node. */
  readonly hops: number;
  /** Type of service, or traffic class of IPv6: 0 … 255. */
  readonly trafficClass: number;
  /** Payload of the datagram. It is shared with the network: read it only. */
  readonly payload: Buffer;
  /** Present if the packet is an ICMP error, which has no payload. */
  readonly icmp?: {
    /** Kind of the error. */
    readonly kind: IcmpKind;
    /** The datagram that the error is about. */
    readonly about: TracedPacket;
  };
}

/** One line of the trace. */
export interface TraceRecord {
  /** Time on the network's clock, in milliseconds. */
  readonly timeMs: number;
  /** Step that the packet took: it left a socket, left a router, reached a socket, or was lost. */
  readonly event: "sent" | "forwarded" | "delivered" | "dropped";
  /** Name of the host, router or switch. */
  readonly node: string;
  /** Name of the interface or port of that node. */
  readonly interface: string;
  /** The packet. */
  readonly packet: TracedPacket;
  /** The receiving socket of a `delivered` packet, the {@link DropReason} of a `dropped` one, otherwise "". */
  readonly detail: string;
}
