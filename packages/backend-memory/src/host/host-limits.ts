/** Limits of a host's kernel, each with the name and default of the Linux setting. */
export interface HostLimits {
  /** Number of IPv4 groups that a socket can join; the next one is ENOBUFS. `net.ipv4.igmp_max_memberships`, 20. */
  readonly maxMemberships: number;
  /** Number of IPv6 groups that a socket can join; the next one is ENOMEM. `net.core.optmem_max` has room for 2340. */
  readonly maxMembershipsIpv6: number;
  /** Number of sources in the filter of an IPv4 membership; the next one is ENOBUFS. `net.ipv4.igmp_max_msf`, 10. */
  readonly maxSources: number;
  /** Number of sources in the filter of an IPv6 membership; the next one is ENOBUFS. `net.ipv6.mld_max_msf`, 64. */
  readonly maxSourcesIpv6: number;
  /** Largest receive buffer that a socket can set, in bytes before doubling. `net.core.rmem_max`, 212992. */
  readonly maxReceiveBufferBytes: number;
  /** Largest send buffer that a socket can set, in bytes before doubling. `net.core.wmem_max`, 212992. */
  readonly maxSendBufferBytes: number;
  /** First and last port that a socket gets for port 0. `net.ipv4.ip_local_port_range`, 32768 and 60999. */
  readonly ephemeralPorts: readonly [first: number, last: number];
  /** Lowest port that a socket can bind to; lower ones are EACCES. `net.ipv4.ip_unprivileged_port_start`; 0 here, as for root. */
  readonly lowestPort: number;
}

/** Limits of a host that sets none. */
export const DEFAULT_LIMITS: HostLimits = {
  maxMemberships: 20,
  maxMembershipsIpv6: 2340,
  maxSources: 10,
  maxSourcesIpv6: 64,
  maxReceiveBufferBytes: 212_992,
  maxSendBufferBytes: 212_992,
  ephemeralPorts: [32_768, 60_999],
  lowestPort: 0,
};
