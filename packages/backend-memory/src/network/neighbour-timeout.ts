/** Time until Linux gives up asking for a neighbour: `mcast_solicit` (3) requests, `retrans_time_ms` (1000) apart (arp(7)). */
export const NEIGHBOUR_TIMEOUT_MS = 3000;
