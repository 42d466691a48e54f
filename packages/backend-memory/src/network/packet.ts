/** A datagram on its way, and the ICMP errors that come back for one. */
import type { SocketAddress } from "@groupcast/backend";
import type { IpAddress } from "../address/ip-address.js";
import type { PacketSwitch } from "./packet-switch.js";

const UDP_HEADER_BYTES = 8; // RFC 768
const ICMP_HEADER_BYTES = 8; // RFC 792, RFC 4443
const IP_HEADER_BYTES = { 4: 20, 6: 40 } as const; // without options
const FRAGMENT_HEADER_BYTES = 8; // IPv6, RFC 8200 section 4.5
const FRAGMENT_UNIT_BYTES = 8; // fragments but the last are multiples of it (RFC 791)

/** What an ICMP error says. */
export type IcmpKind = "port unreachable" | "host unreachable" | "network unreachable" | "time exceeded";

/** An ICMP error and the datagram it is about. */
export interface IcmpError {
  readonly kind: IcmpKind;
  readonly about: Packet;
}

/** An IP packet with one UDP datagram, or with one ICMP error. Never changed once it has been sent, so that all who receive it share it. */
export interface Packet {
  readonly id: number; // counts the packets of the network; the copies of one datagram have the same
  readonly source: IpAddress;
  readonly sourcePort: number;
  readonly destination: IpAddress;
  readonly destinationPort: number;
  readonly hops: number; // TTL or hop limit, as on the way from the last node
  readonly trafficClass: number;
  readonly bytes: Buffer; // the payload is bytes[start … end)
  readonly start: number;
  readonly end: number;
  readonly from: SocketAddress; // what a receiver is told; without zone
  readonly origin: PacketSwitch | undefined; // the switch it was first sent on
  readonly icmp: IcmpError | undefined;
}

/** Length of the payload in bytes. */
export function payloadBytes(packet: Packet): number {
  return packet.end - packet.start;
}

/** IP packets it takes on a link of `mtu` bytes. */
export function fragmentCount(packet: Packet, mtu: number): number {
  const { family } = packet.source;
  const content = UDP_HEADER_BYTES + payloadBytes(packet);
  if (IP_HEADER_BYTES[family] + content <= mtu) return 1;
  const room = mtu - IP_HEADER_BYTES[family] - (family === 6 ? FRAGMENT_HEADER_BYTES : 0);
  return Math.ceil(content / (room - (room % FRAGMENT_UNIT_BYTES)));
}

/** Bytes it takes on the wire in `fragments` IP packets, IP headers included, link framing not. */
export function wireBytes(packet: Packet, fragments: number): number {
  const { family } = packet.source;
  if (packet.icmp !== undefined) {
    return IP_HEADER_BYTES[family] + ICMP_HEADER_BYTES + IP_HEADER_BYTES[family] + UDP_HEADER_BYTES;
  }
  const headers = IP_HEADER_BYTES[family] + (family === 6 && fragments > 1 ? FRAGMENT_HEADER_BYTES : 0);
  return fragments * headers + UDP_HEADER_BYTES + payloadBytes(packet);
}
