/** From an IP packet to its UDP datagram: RFC 791, RFC 8200, RFC 768. Checksums are not looked at: offloading leaves them wrong. */
import type { Destination } from "groupcast";
import { addressText } from "./ip-bytes.js";

/** A UDP datagram. */
export interface UdpDatagram {
  readonly from: Destination;
  readonly to: Destination;
  /** TTL or hop limit. */
  readonly ttl: number;
  /** Payload, a view. */
  readonly data: Buffer;
}

const UDP = 17;
const UDP_HEADER_BYTES = 8;
const IPV4_HEADER_BYTES = 20;
const IPV6_HEADER_BYTES = 40;
const FRAGMENT_BITS = 0x3fff; // more fragments, and the offset
const FRAGMENT_HEADER = 44;
const AUTHENTICATION_HEADER = 51;
const MOST_EXTENSIONS = 16;

/** Extension headers that are passed over (RFC 8200, 4): hop-by-hop, routing, authentication, destination options, mobility, HIP, shim6. */
const EXTENSIONS: ReadonlySet<number> = new Set([0, 43, AUTHENTICATION_HEADER, 60, 135, 139, 140]);

/** Part of an IP packet. */
interface Carried {
  readonly from: string;
  readonly to: string;
  readonly ttl: number;
  readonly body: Buffer;
}

/** Returns the datagram of an IP packet, or why there is none, for people: `"a fragment"`. */
export function udpDatagram(ip: Buffer): UdpDatagram | string {
  const version = ip.length === 0 ? 0 : ip[0]! >> 4;
  const carried = version === 4 ? ofIpv4(ip) : version === 6 ? ofIpv6(ip) : "not IP";
  if (typeof carried === "string") return carried;
  const { from, to, ttl, body } = carried;
  if (body.length < UDP_HEADER_BYTES) return "cut short";
  const length = body.readUInt16BE(4);
  if (length < UDP_HEADER_BYTES) return "broken UDP header";
  if (length > body.length) return "cut short";
  return {
    from: { address: from, port: body.readUInt16BE(0) },
    to: { address: to, port: body.readUInt16BE(2) },
    ttl,
    data: body.subarray(UDP_HEADER_BYTES, length),
  };
}

function ofIpv4(ip: Buffer): Carried | string {
  const headerBytes = (ip[0]! & 0x0f) * 4;
  if (ip.length < IPV4_HEADER_BYTES || headerBytes > ip.length) return "cut short";
  if (headerBytes < IPV4_HEADER_BYTES) return "broken IP header";
  if (ip[9] !== UDP) return "not UDP";
  if ((ip.readUInt16BE(6) & FRAGMENT_BITS) !== 0) return "a fragment";
  return { from: addressText(ip.subarray(12, 16)), to: addressText(ip.subarray(16, 20)), ttl: ip[8]!, body: ip.subarray(headerBytes) };
}

function ofIpv6(ip: Buffer): Carried | string {
  if (ip.length < IPV6_HEADER_BYTES) return "cut short";
  const body = behindExtensions(ip.subarray(IPV6_HEADER_BYTES), ip[6]!);
  if (typeof body === "string") return body;
  return { from: addressText(ip.subarray(8, 24)), to: addressText(ip.subarray(24, 40)), ttl: ip[7]!, body };
}

/** Returns what is behind the extension headers, if it is UDP. @param first - Number of the first header. */
function behindExtensions(headers: Buffer, first: number): Buffer | string {
  let next = first;
  let rest = headers;
  for (let passed = 0; next !== UDP; passed++) {
    if (next === FRAGMENT_HEADER) return "a fragment";
    if (!EXTENSIONS.has(next)) return "not UDP";
    if (rest.length < 2) return "cut short";
    if (passed === MOST_EXTENSIONS) return "broken IP header";
    // The authentication header counts its length in words of four (RFC 4302, 2.2).
    const bytes = next === AUTHENTICATION_HEADER ? (rest[1]! + 2) * 4 : (rest[1]! + 1) * 8;
    next = rest[0]!;
    rest = rest.subarray(bytes);
  }
  return rest;
}
