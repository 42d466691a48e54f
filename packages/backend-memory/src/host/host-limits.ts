/** What a kernel limits; the names of the Linux settings are in the comments. */
export interface HostLimits {
  /** IPv4 groups a socket can join; the next is ENOBUFS. `net.ipv4.igmp_max_memberships`, 20. */
  readonly maxMemberships: number;
  /** IPv6 groups a socket can join; the next is ENOMEM. What `net.core.optmem_max` has room for, 2340. */
  readonly maxMembershipsIpv6: number;
  /** Sources in the filter of an IPv4 membership; the next is ENOBUFS. `net.ipv4.igmp_max_msf`, 10. */
  readonly maxSources: number;
  /** Sources in the filter of an IPv6 membership; the next is ENOBUFS. `net.ipv6.mld_max_msf`, 64. */
  readonly maxSourcesIpv6: number;
  /** Largest receive buffer a socket can ask for, before doubling. `net.core.rmem_max`, 212992. */
  readonly maxReceiveBufferBytes: number;
  /** Largest send buffer a socket can ask for, before doubling. `net.core.wmem_max`, 212992. */
  readonly maxSendBufferBytes: number;
  /** First and last port that is given for port 0. `net.ipv4.ip_local_port_range`, 32768 and 60999. */
  readonly ephemeralPorts: readonly [first: number, last: number];
  /** Lower ports are EACCES. `net.ipv4.ip_unprivileged_port_start`; 0 here, as for root. */
  readonly lowestPort: number;
}

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
