/**
 * Every socket option of Groupcast. The reactor checks ranges by this table, backends map its names to their own numbers, tests and
 * documentation are made from it. An option that a backend cannot serve is missing from its capabilities.
 *
 * Sources: socket(7), ip(7), ipv6(7), udp(7), and the kernel files named in `note`.
 */

/** One row of {@link OPTION_TABLE}. */
export interface OptionRow {
  /** Unit of the value; a `"boolean"` is 0 or 1, an `"index"` is an interface's. */
  readonly unit: "boolean" | "bytes" | "hops" | "index" | "count" | "byte" | "microseconds";
  /** Smallest value. */
  readonly min: number;
  /** Largest value. */
  readonly max: number;
  /** Names in C, IPv4 then IPv6; one name where the family does not matter. */
  readonly source: string;
  /** Time at which it can be set. */
  readonly when: "before bind" | "any time" | "read only";
  /** Linux capability that a process needs to change the option once it is set: capabilities(7). Without it the OS refuses with EPERM. */
  readonly privilege?: string;
  /** Meaning and effect, as half a sentence. */
  readonly note: string;
}

const TABLE = {
  reuseAddress: {
    unit: "boolean",
    min: 0,
    max: 1,
    source: "SO_REUSEADDR",
    when: "before bind",
    note: "several sockets on one port; each gets every multicast datagram, the last one bound gets all unicast",
  },
  reusePort: {
    unit: "boolean",
    min: 0,
    max: 1,
    source: "SO_REUSEPORT",
    when: "before bind",
    note: "several sockets on one port; unicast is spread over them by flow, multicast goes to each",
  },
  ipv6Only: { unit: "boolean", min: 0, max: 1, source: "IPV6_V6ONLY", when: "before bind", note: "an IPv6 socket does not receive IPv4" },
  bindToInterface: {
    unit: "index",
    min: 0,
    max: 2_147_483_647,
    source: "SO_BINDTOIFINDEX",
    when: "any time",
    privilege: "CAP_NET_RAW", // sock_bindtoindex_locked() of net/core/sock.c; before Linux 5.7 the first time too
    note: "sends and receives on this interface only; 0 removes the binding; changing it later needs CAP_NET_RAW, otherwise EPERM",
  },
  receiveBufferBytes: {
    unit: "bytes",
    min: 1,
    max: 2_147_483_647,
    source: "SO_RCVBUF",
    when: "any time",
    note: "the kernel caps the value at net.core.rmem_max, then doubles it for its own bookkeeping; reading returns the doubled value",
  },
  sendBufferBytes: {
    unit: "bytes",
    min: 1,
    max: 2_147_483_647,
    source: "SO_SNDBUF",
    when: "any time",
    note: "the kernel caps the value at net.core.wmem_max, then doubles it for its own bookkeeping; reading returns the doubled value",
  },
  broadcast: {
    unit: "boolean",
    min: 0,
    max: 1,
    source: "SO_BROADCAST",
    when: "any time",
    note: "without it, sending to a broadcast address is refused with EACCES",
  },
  unicastTtl: {
    unit: "hops",
    min: 1,
    max: 255,
    source: "IP_TTL, IPV6_UNICAST_HOPS",
    when: "any time",
    note: "routers a unicast datagram may pass, plus one",
  },
  trafficClass: {
    unit: "byte",
    min: 0,
    max: 255,
    source: "IP_TOS, IPV6_TCLASS",
    when: "any time",
    note: "DSCP in the upper six bits, ECN in the lower two (RFC 2474, RFC 3168)",
  },
  multicastTtl: {
    unit: "hops",
    min: 0,
    max: 255,
    source: "IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS",
    when: "any time",
    note: "0 stays on the host, 1 on the link",
  },
  multicastLoopback: {
    unit: "boolean",
    min: 0,
    max: 1,
    source: "IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP",
    when: "any time",
    note: "members on the sending host receive copies, too; the option belongs to the sender's socket",
  },
  multicastAll: {
    unit: "boolean",
    min: 0,
    max: 1,
    source: "IP_MULTICAST_ALL, IPV6_MULTICAST_ALL",
    when: "any time",
    note: "1, the kernel's default, delivers groups that any socket of the host joined; 0 delivers only groups that this socket joined",
  },
  receivePacketInfo: {
    unit: "boolean",
    min: 0,
    max: 1,
    source: "IP_PKTINFO, IPV6_RECVPKTINFO",
    when: "any time",
    note: "reports destination and interface of each datagram",
  },
  receiveTtl: {
    unit: "boolean",
    min: 0,
    max: 1,
    source: "IP_RECVTTL, IPV6_RECVHOPLIMIT",
    when: "any time",
    note: "reports the TTL of each datagram, as `ttl`",
  },
  receiveTimestamp: {
    unit: "boolean",
    min: 0,
    max: 1,
    source: "SO_TIMESTAMPNS",
    when: "any time",
    note: "reports the kernel's time of each datagram, as timestampNs",
  },
  receiveDropCount: {
    unit: "boolean",
    min: 0,
    max: 1,
    source: "SO_RXQ_OVFL",
    when: "any time",
    note: "reports the losses so far with each datagram, as kernelDrops",
  },
  receiveErrors: {
    unit: "boolean",
    min: 0,
    max: 1,
    source: "IP_RECVERR, IPV6_RECVERR",
    when: "any time",
    note: "ICMP errors are queued with the peer they concern",
  },
  receiveOffload: {
    unit: "boolean",
    min: 0,
    max: 1,
    source: "UDP_GRO",
    when: "any time",
    note: "the kernel passes on several datagrams of one flow at once; the socket still delivers them one by one",
  },
  busyPollUs: {
    unit: "microseconds",
    min: 0,
    max: 1_000_000,
    source: "SO_BUSY_POLL",
    when: "any time",
    note: "while the socket is being read, the event loop polls for this long before it sleeps; 0 turns this off. Older kernels allow it only with CAP_NET_ADMIN",
  },
  kernelDrops: {
    unit: "count",
    min: 0,
    max: 2_147_483_647,
    source: "SO_MEMINFO",
    when: "read only",
    note: "datagrams lost because the receive buffer was full, since the socket was opened; a run that receiveOffload merged counts as one",
  },
  unreadDrops: {
    unit: "count",
    min: 0,
    max: 2_147_483_647,
    source: "none",
    when: "read only",
    note: "datagrams that a backend without flow control took from the kernel while nobody was reading, and could not hold",
  },
} as const;

/** Map of option name → its meaning and range. */
export const OPTION_TABLE: { readonly [Name in keyof typeof TABLE]: (typeof TABLE)[Name] & OptionRow } = TABLE;

/** Name of a row of {@link OPTION_TABLE}. */
export type OptionName = keyof typeof OPTION_TABLE;

/** Names of all options, in table order. */
export const OPTION_NAMES: readonly OptionName[] = Object.keys(OPTION_TABLE) as OptionName[];

/** Returns the row of one option, as the general shape. */
export function optionRow(name: OptionName): OptionRow {
  return OPTION_TABLE[name];
}
