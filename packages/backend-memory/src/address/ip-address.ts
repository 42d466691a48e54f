/** IP addresses as the network compares them: parsed once, written in one way (RFC 5952). */
import { type Family, familyOf, isLinkLocal, isMulticast, needsZone, withoutZone, zoneOf } from "@groupcast/backend";

/** Purpose of an address. `broadcast` is 255.255.255.255; for any other address the subnet decides. */
export type AddressKind = "any" | "loopback" | "linkLocal" | "multicast" | "broadcast" | "unicast";

// Scopes of IPv6 (RFC 4291 section 2.7).
const SCOPE_INTERFACE = 1;
const SCOPE_LINK = 2;
const SCOPE_GLOBAL = 14;

/** An IP address without zone. Two addresses are the same if their `text` is. */
export interface IpAddress {
  readonly text: string;
  readonly family: Family;
  readonly bytes: Uint8Array; // 4 or 16, in network order
  readonly kind: AddressKind;
  readonly needsZone: boolean; // it means something only together with an interface
  readonly scope: number; // of an IPv6 address or group (RFC 4291 section 2.7); 14, global, for every IPv4 address
}

/** An address as the caller wrote it. */
export interface WrittenAddress {
  readonly address: IpAddress;
  readonly zone: string | undefined; // what follows "%": name or number of an interface
  readonly isMapped: boolean; // written as ::ffff:a.b.c.d, and so meant for an IPv6 socket; `address` is the IPv4 one
}

export const ANY_4: IpAddress = ipv4(Uint8Array.of(0, 0, 0, 0));
export const ANY_6: IpAddress = ipv6(new Uint8Array(16));
export const LOOPBACK_4: IpAddress = ipv4(Uint8Array.of(127, 0, 0, 1));
export const LOOPBACK_6: IpAddress = parseIpAddress("::1").address;

/** Destinations of the routes that an IPv4 host has for everybody on its link: all groups (RFC 5771), the limited broadcast (RFC 919). */
export const DESTINATIONS_FOR_MANY: readonly string[] = ["224.0.0.0/4", "255.255.255.255/32"];

/** Parses an IP literal. The caller has checked that it is one (`isIP` of node:net). */
export function parseIpAddress(text: string): WrittenAddress {
  if (familyOf(text) === 4) return { address: ipv4(parsedQuad(text)), zone: undefined, isMapped: false };
  const bytes = parsedGroups(withoutZone(text));
  const isMapped = isMappedPrefix(bytes);
  return { address: isMapped ? ipv4(bytes.slice(12)) : ipv6(bytes), zone: zoneOf(text), isMapped };
}

/** The address of 4 or 16 bytes. */
export function addressFromBytes(bytes: Uint8Array): IpAddress {
  return bytes.length === 4 ? ipv4(bytes) : ipv6(bytes);
}

/** Whether the address goes to several hosts. */
export function isForMany({ kind }: IpAddress): boolean {
  return kind === "multicast" || kind === "broadcast";
}

/** `address` as an IPv6 socket reads and writes it: IPv4 addresses are mapped (RFC 4291 section 2.5.5.2). */
export function mappedText(address: IpAddress): string {
  return address.family === 4 ? `::ffff:${address.text}` : address.text;
}

/** The link-local IPv6 address (RFC 4291 section 2.5.6) with these last groups, highest first. */
export function linkLocalAddress(...groups: readonly number[]): IpAddress {
  return parseIpAddress(`fe80::${groups.map((group) => group.toString(16)).join(":")}`).address;
}

/** Whether the group is one that every interface is in: 224.0.0.1, ff01::1, ff02::1 (RFC 1112, RFC 4291 section 2.8). */
export function isAllNodes(group: IpAddress): boolean {
  return group.text === "224.0.0.1" || group.text === "ff02::1" || group.text === "ff01::1";
}

/** Whether an address is an IPv6 group whose datagrams stay on the host: ff01::/16 and similar (RFC 4291 section 2.7). */
export function staysOnHost(address: IpAddress): boolean {
  return address.family === 6 && address.kind === "multicast" && address.scope <= SCOPE_INTERFACE;
}

/** Whether routers do not forward datagrams to the group: 224.0.0.0/24 (RFC 5771), IPv6 scopes up to link-local. */
export function staysOnLink(group: IpAddress): boolean {
  if (group.family === 6) return group.scope <= SCOPE_LINK;
  return group.bytes[0] === 224 && group.bytes[1] === 0 && group.bytes[2] === 0;
}

/** Returns the number of bits that two addresses of one family have in common, from the first on. */
export function commonPrefixBits(a: IpAddress, b: IpAddress): number {
  for (let index = 0; index < a.bytes.length; index++) {
    const difference = a.bytes[index]! ^ b.bytes[index]!;
    if (difference !== 0) return index * 8 + Math.clz32(difference) - 24;
  }
  return a.bytes.length * 8;
}

function ipv4(bytes: Uint8Array): IpAddress {
  const text = bytes.join(".");
  return { text, family: 4, bytes, kind: kindOfIpv4(text, bytes), needsZone: false, scope: SCOPE_GLOBAL };
}

function kindOfIpv4(text: string, bytes: Uint8Array): AddressKind {
  if (isMulticast(text)) return "multicast";
  if (bytes[0] === 127) return "loopback";
  if (bytes.every((byte) => byte === 0)) return "any";
  return bytes.every((byte) => byte === 255) ? "broadcast" : "unicast";
}

function ipv6(bytes: Uint8Array): IpAddress {
  const text = textOfIpv6(bytes);
  const kind = kindOfIpv6(text, bytes);
  return { text, family: 6, bytes, kind, needsZone: needsZone(text), scope: scopeOfIpv6(bytes, kind) };
}

function kindOfIpv6(text: string, bytes: Uint8Array): AddressKind {
  if (isMulticast(text)) return "multicast";
  if (isLinkLocal(text)) return "linkLocal";
  if (bytes.subarray(0, 15).some((byte) => byte !== 0)) return "unicast";
  return bytes[15] === 0 ? "any" : bytes[15] === 1 ? "loopback" : "unicast";
}

function scopeOfIpv6(bytes: Uint8Array, kind: AddressKind): number {
  if (kind === "multicast") return bytes[1]! & 0x0f;
  return kind === "linkLocal" || kind === "loopback" ? SCOPE_LINK : SCOPE_GLOBAL; // RFC 6724 section 3.1, 3.4
}

function parsedQuad(text: string): Uint8Array {
  return Uint8Array.from(text.split("."), Number);
}

function parsedGroups(text: string): Uint8Array {
  const [head = "", tail] = text.split("::");
  const before = groupBytes(head);
  const after = tail === undefined ? [] : groupBytes(tail);
  const bytes = new Uint8Array(16);
  bytes.set(before);
  bytes.set(after, 16 - after.length);
  return bytes;
}

function groupBytes(text: string): number[] {
  const bytes: number[] = [];
  for (const group of text === "" ? [] : text.split(":")) {
    if (group.includes(".")) bytes.push(...parsedQuad(group));
    else bytes.push(Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff);
  }
  return bytes;
}

function isMappedPrefix(bytes: Uint8Array): boolean {
  return bytes[10] === 0xff && bytes[11] === 0xff && bytes.subarray(0, 10).every((byte) => byte === 0);
}

/** RFC 5952: lower case, no leading zeros, the longest run of two or more zero groups (the first of equals) as "::". */
function textOfIpv6(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, index) => (bytes[2 * index]! << 8) | bytes[2 * index + 1]!);
  const run = longestZeroRun(groups);
  const written = groups.map((group) => group.toString(16));
  if (run.length < 2) return written.join(":");
  return `${written.slice(0, run.start).join(":")}::${written.slice(run.start + run.length).join(":")}`;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === 0) end += 1;
    if (end - start > best.length) best = { start, length: end - start };
  }
  return best;
}
