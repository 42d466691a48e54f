import { anyAddress, type Family, maxPayloadBytes } from "@groupcast/backend";

/** Addresses of one IP version that contracts use. */
export interface FamilyAddresses {
  /** The wildcard address. */
  readonly any: string;
  /** The address of loopback. */
  readonly loopback: string;
  /** An address of no host: reserved for documentation. */
  readonly foreign: string;
  /** Longest payload of a datagram, in bytes. */
  readonly maxPayloadBytes: number;
}

const ADDRESSES: Readonly<Record<Family, FamilyAddresses>> = {
  // TEST-NET-1 (RFC 5737); 65,535 bytes less the headers of IP (RFC 791) and UDP (RFC 768)
  4: { any: anyAddress(4), loopback: "127.0.0.1", foreign: "192.0.2.1", maxPayloadBytes: maxPayloadBytes(4) },
  // RFC 3849; the length in RFC 8200 leaves out the header of IP
  6: { any: anyAddress(6), loopback: "::1", foreign: "2001:db8::1", maxPayloadBytes: maxPayloadBytes(6) },
};

/** Returns the addresses of an IP version. */
export function addressesOf(family: Family): FamilyAddresses {
  return ADDRESSES[family];
}

const GROUP_NUMBERS = 0x1_0000; // groups are 239.255.0.0 … 239.255.255.255, and ff15:: … ff15::ffff

/**
 * Returns a multicast group of that contract: a hash of the id, so that two contracts hardly ever share one.
 *
 * IPv4: 239.255.0.0/16 (RFC 2365, local scope). IPv6: ff15::/112 (RFC 4291: transient, site-local scope).
 */
export function groupFor(family: Family, id: string, number = 0): string {
  let hash = 0;
  for (const char of `${id}/${number}`) hash = (hash * 31 + char.charCodeAt(0)) % GROUP_NUMBERS;
  return family === 4 ? `239.255.${hash >> 8}.${hash & 255}` : `ff15::${(hash || 1).toString(16)}`;
}
