/** A datagram under way, and the ICMP errors that come back for one. */
import type { SocketAddress } from "@groupcast/backend";
import type { IpAddress } from "../address/ip-address.js";
import { FRAGMENT_HEADER_BYTES, FRAGMENT_UNIT_BYTES, ICMP_HEADER_BYTES, IP_HEADER_BYTES, UDP_HEADER_BYTES } from "../address/ip-numbers.js";
import type { Segment } from "./segment.js";

/** Kind of an ICMP error. */
export type IcmpKind = "port unreachable" | "host unreachable" | "network unreachable" | "time exceeded";

/** An ICMP error and the datagram it is about. */
export interface IcmpError {
  readonly kind: IcmpKind;
  readonly about: Packet;
}

/** An IP packet with one UDP datagram, or with one ICMP error. It never changes once it is sent: all receivers share it. */
export interface Packet {
  readonly id: number; // counts the packets of the network; the copies of one datagram have the same
  readonly source: IpAddress;
  readonly sourcePort: number;
  readonly destination: IpAddress;
  readonly destinationPort: number;
  readonly hops: number; // TTL or hop limit, as set by the last node
  readonly trafficClass: number;
  readonly bytes: Buffer; // the payload is bytes[start … end)
  readonly start: number;
  readonly end: number;
  readonly from: SocketAddress; // the sender as receivers see it, without zone
  readonly origin: Segment | undefined; // the switch it was first sent on
  readonly icmp: IcmpError | undefined;
}

/** Length of the payload in bytes. */
export function payloadBytes(packet: Packet): number {
  return packet.end - packet.start;
}

/** Number of IP packets that carry it over a link of `mtu` bytes. */
export function fragmentCount(packet: Packet, mtu: number): number {
  const { family } = packet.source;
  const content = UDP_HEADER_BYTES + payloadBytes(packet);
  if (IP_HEADER_BYTES[family] + content <= mtu) return 1;
  const room = mtu - IP_HEADER_BYTES[family] - (family === 6 ? FRAGMENT_HEADER_BYTES : 0);
  return Math.ceil(content / (room - (room % FRAGMENT_UNIT_BYTES)));
}

/** Bytes on the wire of all `fragments` IP packets: IP headers are counted, link framing is not. */
export function wireBytes(packet: Packet, fragments: number): number {
  const { family } = packet.source;
  if (packet.icmp !== undefined) {
    return IP_HEADER_BYTES[family] + ICMP_HEADER_BYTES + IP_HEADER_BYTES[family] + UDP_HEADER_BYTES;
  }
  const headers = IP_HEADER_BYTES[family] + (family === 6 && fragments > 1 ? FRAGMENT_HEADER_BYTES : 0);
  return fragments * headers + UDP_HEADER_BYTES + payloadBytes(packet);
}

/** An ICMP error as a packet from `source` to the sender of the datagram that it is about. */
export function icmpPacket(icmp: IcmpError, fields: Pick<Packet, "id" | "source" | "hops" | "from" | "origin">): Packet {
  const { about } = icmp;
  return { ...about, ...fields, sourcePort: 0, destination: about.source, destinationPort: 0, end: about.start, icmp };
}
