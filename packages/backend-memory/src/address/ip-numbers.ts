/** Numbers that the standards of IP, UDP and ICMP fix, and those that Linux and Ethernet choose where the standards leave it open. */

/** Bytes of an IP header without options (RFC 791, RFC 8200). */
export const IP_HEADER_BYTES = { 4: 20, 6: 40 } as const;
/** Bytes of a UDP header (RFC 768). */
export const UDP_HEADER_BYTES = 8;
/** Bytes of an ICMP header (RFC 792, RFC 4443). */
export const ICMP_HEADER_BYTES = 8;
/** Bytes of the fragment header of IPv6 (RFC 8200 section 4.5). */
export const FRAGMENT_HEADER_BYTES = 8;
/** The payload of every fragment but the last is a multiple of this (RFC 791). */
export const FRAGMENT_UNIT_BYTES = 8;

/** Protocol numbers in an IP header (IANA). */
export const IP_PROTOCOLS = { icmp: 1, udp: 17, icmpv6: 58 } as const;

/** Default TTL or hop limit (RFC 1700; `net.ipv4.ip_default_ttl`, `net.ipv6.conf.*.hop_limit`). */
export const DEFAULT_HOPS = 64;

/** Bytes of the largest IP packet on Ethernet. */
export const ETHERNET_MTU_BYTES = 1500;
/** Smallest MTU that IPv6 allows on a link (RFC 8200 section 5). */
export const MIN_MTU_BYTES = 1280;
/** Largest MTU, and that of the loopback interface of Linux. */
export const LOOPBACK_MTU_BYTES = 65_536;

/** Bits in the network part of a link-local IPv6 address (RFC 4291 section 2.5.6). */
export const LINK_LOCAL_BITS = 64;

/** Milliseconds until Linux stops asking for a neighbour: `mcast_solicit` (3) requests, `retrans_time_ms` (1000) apart (arp(7)). */
export const NEIGHBOUR_TIMEOUT_MS = 3000;
