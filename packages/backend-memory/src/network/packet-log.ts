import type { Packet } from "./packet.js";

/**
 * Reason why a datagram did not reach a socket.
 *
 * | reason | meaning |
 * | --- | --- |
 * | `lost on the link` | `loss` of {@link LinkOptions} |
 * | `queue full` | `queueBytes` of {@link LinkOptions} |
 * | `interface down` | the interface that it reached is switched off |
 * | `no carrier` | the interface is attached to no switch |
 * | `no such neighbour` | nobody on the link has the address |
 * | `no route` | a router has no route to the destination |
 * | `TTL expired` | a router took the last hop |
 * | `TTL 0` | it stays on the host |
 * | `interface-local scope` | ff01::/16 and its like stay on the host |
 * | `loopback source` | no answer to 127.0.0.1 or ::1 crosses a wire |
 * | `link-local source` | it stays on its link (RFC 4291 section 2.5.6) |
 * | `own address as source` | Linux takes an IPv4 datagram with one of its own addresses for forged |
 * | `not for this host` | no address of the host is its destination |
 * | `not a member` | nobody on the host has joined the group, or that source of it, on that interface |
 * | `no socket` | no socket is bound to the port, or those that are want something else |
 * | `receive buffer full` | the socket's receive buffer has no room |
 * | `nobody to tell` | an ICMP error for a socket that is closed or does not ask for it |
 */
export type DropReason =
  | "lost on the link"
  | "queue full"
  | "interface down"
  | "no carrier"
  | "no such neighbour"
  | "no route"
  | "TTL expired"
  | "TTL 0"
  | "interface-local scope"
  | "loopback source"
  | "link-local source"
  | "own address as source"
  | "not for this host"
  | "not a member"
  | "no socket"
  | "receive buffer full"
  | "nobody to tell";

/** A step on the way of a packet. */
export type PacketEvent = "sent" | "forwarded" | "delivered" | "dropped";

/** An interface or port where a packet is seen. */
export interface PacketPlace {
  readonly nodeName: string;
  readonly name: string;
}

/** Receives the events of packets while a recording runs. */
export interface PacketLog {
  /** Whether a recording runs. Callers of {@link note} check it first, to prepare nothing in vain. */
  readonly isRecording: boolean;
  /** Records an event. */
  note(event: PacketEvent, packet: Packet, place: PacketPlace, detail?: string): void;
  /** Records that a packet is lost, if a recording runs. */
  noteDrop(packet: Packet, place: PacketPlace, reason: DropReason): void;
}
