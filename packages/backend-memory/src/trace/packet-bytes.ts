/** IP packets as they are on the wire: headers of IPv4, IPv6, UDP and ICMP, with their checksums. */
import { parseIpAddress } from "../address/ip-address.js";
import { ICMP_HEADER_BYTES, IP_HEADER_BYTES, IP_PROTOCOLS, UDP_HEADER_BYTES } from "../address/ip-numbers.js";
import type { IcmpKind } from "../network/packet.js";
import type { TracedPacket } from "./trace-record.js";

const QUOTED_BYTES = 8; // of what follows the IP header, in an ICMP error (RFC 792)

/** Type and code: RFC 792 and RFC 1812 for IPv4, RFC 4443 for IPv6. */
const ICMP_NUMBERS: Readonly<Record<IcmpKind, Readonly<Record<4 | 6, readonly [type: number, code: number]>>>> = {
  "network unreachable": { 4: [3, 0], 6: [1, 0] },
  "host unreachable": { 4: [3, 1], 6: [1, 3] },
  "port unreachable": { 4: [3, 3], 6: [1, 4] },
  "time exceeded": { 4: [11, 0], 6: [3, 0] },
};

/** Returns the bytes of a packet, from the first of its IP header on. */
export function packetBytes(packet: TracedPacket): Buffer {
  const source = parseIpAddress(packet.source).address;
  const destination = parseIpAddress(packet.destination).address;
  const { family } = source;
  const isIcmp = packet.icmp !== undefined;
  const protocol = isIcmp ? (family === 4 ? IP_PROTOCOLS.icmp : IP_PROTOCOLS.icmpv6) : IP_PROTOCOLS.udp;
  const body = isIcmp ? icmpBody(packet.icmp, family) : udpBody(packet);
  const addresses = Buffer.concat([source.bytes, destination.bytes]);
  writeChecksum(body, protocol, addresses);
  const header = family === 4 ? ipv4Header(packet, protocol, body.length) : ipv6Header(packet, protocol, body.length);
  addresses.copy(header, family === 4 ? 12 : 8);
  if (family === 4) header.writeUInt16BE(checksum([header]), 10);
  return Buffer.concat([header, body]);
}

function ipv4Header(packet: TracedPacket, protocol: number, bodyBytes: number): Buffer {
  const header = Buffer.alloc(IP_HEADER_BYTES[4]);
  header[0] = 0x45; // version 4, five words
  header[1] = packet.trafficClass;
  header.writeUInt16BE(IP_HEADER_BYTES[4] + bodyBytes, 2);
  header.writeUInt16BE(packet.id & 0xffff, 4);
  header[8] = packet.hops;
  header[9] = protocol;
  return header;
}

function ipv6Header(packet: TracedPacket, protocol: number, bodyBytes: number): Buffer {
  const header = Buffer.alloc(IP_HEADER_BYTES[6]);
  header.writeUInt16BE((6 << 12) | (packet.trafficClass << 4), 0);
  header.writeUInt16BE(bodyBytes, 4);
  header[6] = protocol;
  header[7] = packet.hops;
  return header;
}

function udpBody({ sourcePort, destinationPort, payload }: TracedPacket): Buffer {
  const body = Buffer.alloc(UDP_HEADER_BYTES + payload.length);
  body.writeUInt16BE(sourcePort, 0);
  body.writeUInt16BE(destinationPort, 2);
  body.writeUInt16BE(body.length, 4);
  payload.copy(body, UDP_HEADER_BYTES);
  return body;
}

function icmpBody({ kind, about }: NonNullable<TracedPacket["icmp"]>, family: 4 | 6): Buffer {
  const header = Buffer.alloc(ICMP_HEADER_BYTES);
  const [type, code] = ICMP_NUMBERS[kind][family];
  header[0] = type;
  header[1] = code;
  const quotedBytes = IP_HEADER_BYTES[family] + QUOTED_BYTES;
  return Buffer.concat([header, packetBytes(about).subarray(0, quotedBytes)]);
}

/** Writes the checksum; UDP and ICMPv6 count the addresses in (RFC 768, RFC 8200 section 8.1), ICMP of IPv4 does not. */
function writeChecksum(body: Buffer, protocol: number, addresses: Buffer): void {
  if (protocol === IP_PROTOCOLS.icmp) {
    body.writeUInt16BE(checksum([body]), 2);
    return;
  }
  const rest = Buffer.alloc(8);
  rest.writeUInt32BE(body.length, 0);
  rest[7] = protocol;
  const sum = checksum([addresses, rest, body]);
  if (protocol === IP_PROTOCOLS.icmpv6) body.writeUInt16BE(sum, 2);
  else body.writeUInt16BE(sum === 0 ? 0xffff : sum, 6); // 0 would mean that there is none
}

/** Returns the one's complement of the sum, in one's complement, of all 16-bit words (RFC 1071). All parts but the last have an even length. */
function checksum(parts: readonly Buffer[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let index = 0; index < part.length; index += 2) sum += (part[index]! << 8) | (part[index + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x1_0000);
  return ~sum & 0xffff;
}
