/** Facts about IP addresses that their text shows. */

/** An IP version: `4` or `6`. */
export type Family = 4 | 6;

/** Largest value of the length field of a UDP header, in bytes: 16 bits, header included (RFC 768). */
export const MAX_UDP_LENGTH_BYTES = 65_535;

/** Largest port number: 16 bits (RFC 768). */
export const MAX_PORT = 65_535;

/** Returns the largest payload of a datagram, in bytes: 65,535 less the headers (RFC 768, RFC 791; RFC 8200 counts no IPv6 header). */
export function maxPayloadBytes(family: Family): number {
  return family === 4 ? 65_507 : 65_527;
}

/** Returns the IP version of a literal. */
export function familyOf(address: string): Family {
  return address.includes(":") ? 6 : 4;
}

/** Returns a literal without its zone: `fe80::1` of `fe80::1%eth0`. */
export function withoutZone(address: string): string {
  const zone = address.indexOf("%");
  return zone < 0 ? address : address.slice(0, zone);
}

/** Returns the zone of a literal, `eth0` of `fe80::1%eth0`; undefined if it has none. */
export function zoneOf(address: string): string | undefined {
  const zone = address.indexOf("%");
  return zone < 0 ? undefined : address.slice(zone + 1);
}

/** Returns whether a literal is a multicast group: 224.0.0.0/4 (RFC 5771) or ff00::/8 (RFC 4291, 2.7). */
export function isMulticast(address: string): boolean {
  if (familyOf(address) === 6) return /^ff[0-9a-f]{2}:/i.test(address);
  const first = Number.parseInt(address, 10);
  return first >= 224 && first <= 239;
}

/**
 * Returns whether a literal is a link-local unicast address of IPv6: fe80::/10 (RFC 4291, 2.5.6). Such an address is ambiguous without a
 * zone.
 */
export function isLinkLocal(address: string): boolean {
  return /^fe[89ab]/i.test(address);
}

/**
 * Returns whether a literal is ambiguous without a zone: link-local addresses, and groups of interface or link scope, whose fourth hex
 * digit is 1 or 2 (RFC 4291, 2.7). Linux heeds the zone of these only (`__ipv6_addr_needs_scope_id()`, include/net/ipv6.h).
 */
export function needsZone(address: string): boolean {
  return isLinkLocal(address) || /^ff[0-9a-f][12]:/i.test(address);
}
