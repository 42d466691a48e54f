/** IP packets with one UDP datagram, made from what a port knows of it: RFC 791, RFC 8200, RFC 768. */
import type { SocketAddress } from "groupcast";
import { addressBytes } from "./ip-bytes.js";

/** A datagram to make a packet of. */
export interface PacketFields {
  /** Sender. */
  readonly from: Pick<SocketAddress, "address" | "port">;
  /** Destination, of the same IP version. */
  readonly to: Pick<SocketAddress, "address" | "port">;
  /** TTL or hop limit. */
  readonly ttl: number;
  /** Payload. */
  readonly data: Uint8Array;
}

const IPV4_HEADER_BYTES = 20;
const IPV6_HEADER_BYTES = 40;
const UDP_HEADER_BYTES = 8;
const UDP = 17;
const DO_NOT_FRAGMENT = 0x4000; // with it, the identification may be 0 (RFC 6864, 4.1)
const NO_CHECKSUM = 0; // so a sum of 0 is written as its other form (RFC 768)

/** Longest packet, in bytes: IPv6's header, and a length field of 16 bits behind it. */
export const MAX_PACKET_BYTES: number = IPV6_HEADER_BYTES + 65_535;

/** Returns the length of the packet in bytes. */
export function packetLength({ from, data }: PacketFields): number {
  return (isIpv6(from.address) ? IPV6_HEADER_BYTES : IPV4_HEADER_BYTES) + UDP_HEADER_BYTES + data.length;
}

/** Writes the packet into `target` at `offset`, which has room for it. */
export function writePacket(fields: PacketFields, target: Buffer, offset: number): void {
  const udpBytes = UDP_HEADER_BYTES + fields.data.length;
  const addresses = isIpv6(fields.from.address) ? writeIpv6(fields, target, offset, udpBytes) : writeIpv4(fields, target, offset, udpBytes);
  const udp = addresses.end;
  target.writeUInt16BE(fields.from.port, udp);
  target.writeUInt16BE(fields.to.port, udp + 2);
  target.writeUInt16BE(udpBytes, udp + 4);
  target.writeUInt16BE(NO_CHECKSUM, udp + 6);
  target.set(fields.data, udp + UDP_HEADER_BYTES);
  // The pseudo-header has the same words for both versions: the addresses, the length and the protocol.
  const sum = sumOfWords(target, addresses.start, udp + udpBytes) + udpBytes + UDP;
  target.writeUInt16BE(complement(sum) || 0xffff, udp + 6);
}

/** Range of the addresses in a packet. */
interface AddressRange {
  readonly start: number;
  readonly end: number;
}

function writeIpv4({ from, to, ttl }: PacketFields, target: Buffer, offset: number, udpBytes: number): AddressRange {
  target.writeUInt32BE(0x4500_0000 + IPV4_HEADER_BYTES + udpBytes, offset); // version 4, five words
  target.writeUInt32BE(DO_NOT_FRAGMENT, offset + 4);
  target[offset + 8] = ttl;
  target[offset + 9] = UDP;
  target.writeUInt16BE(0, offset + 10);
  target.set(bytesOf(from.address), offset + 12);
  target.set(bytesOf(to.address), offset + 16);
  target.writeUInt16BE(complement(sumOfWords(target, offset, offset + IPV4_HEADER_BYTES)), offset + 10);
  return { start: offset + 12, end: offset + IPV4_HEADER_BYTES };
}

function writeIpv6({ from, to, ttl }: PacketFields, target: Buffer, offset: number, udpBytes: number): AddressRange {
  target.writeUInt32BE(0x6000_0000, offset);
  target.writeUInt16BE(udpBytes, offset + 4);
  target[offset + 6] = UDP;
  target[offset + 7] = ttl;
  target.set(bytesOf(from.address), offset + 8);
  target.set(bytesOf(to.address), offset + 24);
  return { start: offset + 8, end: offset + IPV6_HEADER_BYTES };
}

function isIpv6(address: string): boolean {
  return address.includes(":");
}

const MOST_KEPT = 4096;
const kept = new Map<string, Buffer>();

/** Returns the bytes of an address; those of the latest addresses are kept, since a recording has many packets of few hosts. */
function bytesOf(address: string): Buffer {
  const known = kept.get(address);
  if (known !== undefined) return known;
  if (kept.size === MOST_KEPT) kept.clear();
  const bytes = addressBytes(address);
  kept.set(address, bytes);
  return bytes;
}

/** Returns the sum of the 16-bit words from `start` to `end`; an odd byte counts as the upper half of one (RFC 1071). */
export function sumOfWords(bytes: Buffer, start: number, end: number): number {
  let sum = 0;
  const even = end - ((end - start) % 2);
  for (let at = start; at < even; at += 2) sum += (bytes[at]! << 8) | bytes[at + 1]!;
  return even < end ? sum + (bytes[even]! << 8) : sum;
}

/** Returns the one's complement of a sum in one's complement. */
export function complement(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x1_0000);
  return ~folded & 0xffff;
}
