// Reads an Ethernet frame as far as the lab's questions go: who sent what to whom, with which TTL, and who joined or left.

import { textOfIPv4, textOfIPv6 } from "./address-text.js";
import { type MembershipMessage, readIgmp, readMld } from "./membership-message.js";
import type { Frame } from "./pcap-reader.js";

const ETHERNET_HEADER_BYTES = 14;
const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
const IPV6_HEADER_BYTES = 40;
const UDP_HEADER_BYTES = 8;
const PROTOCOL_HOP_BY_HOP = 0; // RFC 8200 4.3; carries the router alert of MLD
const PROTOCOL_IGMP = 2;
const PROTOCOL_UDP = 17;
const PROTOCOL_IPV6_FRAGMENT = 44;
const PROTOCOL_ICMPV6 = 58;
const NOTHING = new Uint8Array(0);

/** One captured packet. What its kind does not have is undefined, or empty. */
export interface Packet {
  /** When it was captured. Milliseconds after 1970, in steps of a microsecond. */
  readonly atMs: number;
  /** Where it was captured. Shape: "host/interface". */
  readonly interface: string;
  /** `fragment` is any but the first piece of a datagram; the first is `udp`, with the payload that it carries. */
  readonly kind: "udp" | "igmp" | "mld" | "fragment" | "other";
  readonly family: "IPv4" | "IPv6" | undefined;
  readonly source: string | undefined;
  readonly destination: string | undefined;
  /** TTL, or hop limit, as on the wire. */
  readonly ttl: number | undefined;
  /** Traffic class as on the wire: DSCP in the upper six bits, ECN in the lower two. */
  readonly trafficClass: number | undefined;
  readonly sourcePort: number | undefined;
  readonly destinationPort: number | undefined;
  readonly payload: Uint8Array;
  /** What an IGMP or MLD message says. */
  readonly membership: MembershipMessage | undefined;
}

/** The network layer of a packet, and what follows it. */
interface Datagram {
  readonly family: "IPv4" | "IPv6";
  readonly source: string;
  readonly destination: string;
  readonly ttl: number;
  readonly trafficClass: number;
  readonly protocol: number;
  readonly isLaterFragment: boolean;
  readonly body: Buffer;
}

/** Reads a frame. What cannot be read is a packet of the kind `other`, with as much as could be read. */
export function readPacket({ atMs, bytes }: Frame, interfaceName: string): Packet {
  const datagram = unlessCutShort(() => readNetworkLayer(bytes));
  const above = datagram && unlessCutShort(() => readTransportLayer(datagram));
  return {
    atMs,
    interface: interfaceName,
    kind: "other",
    family: datagram?.family,
    source: datagram?.source,
    destination: datagram?.destination,
    ttl: datagram?.ttl,
    trafficClass: datagram?.trafficClass,
    sourcePort: undefined,
    destinationPort: undefined,
    payload: NOTHING,
    membership: undefined,
    ...above,
  };
}

/** For failures and reports: one packet in one line. */
export function describePacket(packet: Packet): string {
  const { kind, source, destination, sourcePort, destinationPort, ttl, trafficClass, payload, membership } = packet;
  const ports = sourcePort === undefined ? "" : ` ports ${sourcePort} > ${destinationPort}`;
  const said = membership === undefined ? `${payload.length} bytes ${JSON.stringify(excerpt(payload))}` : JSON.stringify(membership);
  return `${packet.interface} ${kind} ${source} > ${destination}${ports} ttl ${ttl} class ${trafficClass} ${said}`;
}

function excerpt(payload: Uint8Array): string {
  return Buffer.from(payload.subarray(0, 40)).toString("utf8");
}

/** @returns undefined when the bytes end before what they announce: programs can send anything through raw sockets. */
function unlessCutShort<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function readNetworkLayer(frame: Buffer): Datagram | undefined {
  if (frame.length < ETHERNET_HEADER_BYTES) return undefined;
  const etherType = frame.readUInt16BE(12);
  const packet = frame.subarray(ETHERNET_HEADER_BYTES);
  if (etherType === ETHERTYPE_IPV4) return readIPv4(packet);
  if (etherType === ETHERTYPE_IPV6) return readIPv6(packet);
  return undefined;
}

/** RFC 791 3.1. */
function readIPv4(packet: Buffer): Datagram {
  const headerBytes = (packet.readUInt8(0) & 0x0f) * 4;
  return {
    family: "IPv4",
    source: textOfIPv4(packet.subarray(12, 16)),
    destination: textOfIPv4(packet.subarray(16, 20)),
    ttl: packet.readUInt8(8),
    trafficClass: packet.readUInt8(1),
    protocol: packet.readUInt8(9),
    isLaterFragment: (packet.readUInt16BE(6) & 0x1fff) !== 0,
    body: packet.subarray(headerBytes, packet.readUInt16BE(2)), // Ethernet pads short frames: the length counts
  };
}

/** RFC 8200 3 and 4. */
function readIPv6(packet: Buffer): Datagram {
  let protocol = packet.readUInt8(6);
  let body = packet.subarray(IPV6_HEADER_BYTES, IPV6_HEADER_BYTES + packet.readUInt16BE(4));
  let isLaterFragment = false;
  while (protocol === PROTOCOL_HOP_BY_HOP || protocol === PROTOCOL_IPV6_FRAGMENT) {
    const isFragment = protocol === PROTOCOL_IPV6_FRAGMENT;
    if (isFragment) isLaterFragment = body.readUInt16BE(2) >> 3 !== 0;
    protocol = body.readUInt8(0);
    body = body.subarray(isFragment ? 8 : (body.readUInt8(1) + 1) * 8);
  }
  const source = textOfIPv6(packet.subarray(8, 24));
  const destination = textOfIPv6(packet.subarray(24, 40));
  const trafficClass = (packet.readUInt16BE(0) >> 4) & 0xff; // behind four bits of version
  return { family: "IPv6", source, destination, ttl: packet.readUInt8(7), trafficClass, protocol, isLaterFragment, body };
}

function readTransportLayer({ protocol, isLaterFragment, body }: Datagram): Partial<Packet> {
  if (isLaterFragment) return { kind: "fragment", payload: body };
  if (protocol === PROTOCOL_UDP) return readUdp(body);
  const igmp = protocol === PROTOCOL_IGMP ? readIgmp(body) : undefined;
  if (igmp !== undefined) return { kind: "igmp", membership: igmp };
  const mld = protocol === PROTOCOL_ICMPV6 ? readMld(body) : undefined;
  return mld === undefined ? {} : { kind: "mld", membership: mld };
}

/** RFC 768. */
function readUdp(body: Buffer): Partial<Packet> {
  return {
    kind: "udp",
    sourcePort: body.readUInt16BE(0),
    destinationPort: body.readUInt16BE(2),
    payload: body.subarray(UDP_HEADER_BYTES, body.readUInt16BE(4)),
  };
}
