const TABLE = {
  "interface-missing": "the interface does not exist",
  "interface-down": "the interface is switched off",
  "no-carrier": "the interface has no link",
  "no-multicast-flag": "multicast is switched off on the interface",
  "no-link-local": "the interface has no usable link-local address",
  "no-address": "the interface has no address",
  "no-route": "no route leads to the group",
  "send-refused": "the firewall refuses what this host sends",
  "rp-filter": "the reverse path filter drops it",
  firewall: "a firewall drops it",
  fragments: "fragments are lost",
  "receive-buffer": "the receive buffer overflows",
  "membership-lost": "the membership is lost or waits",
  "bound-to-unicast": "the program is bound to a unicast address",
  "wrong-interface": "it arrives on another interface",
  "source-filter": "the source filter keeps the sender out",
  "membership-limit": "a socket has joined as many groups as it may",
  "not-joined": "the program has not joined the group",
  "port-shared": "several programs share the port, and unicast goes to one of them",
  "nobody-listens": "no program listens on the port",
  "other-port": "it goes to another port",
  "ttl-zero": "it is sent with TTL 0",
  "ttl-too-small": "the TTL is too small",
  "group-scope": "the group's scope ends before",
  "loopback-off": "it is sent without loopback, or elsewhere",
  "forced-version": "a version of IGMP or MLD is forced",
  "bridge-without-querier": "a bridge prunes without a querier",
  wifi: "Wi-Fi sends multicast slowly and without repetition",
  container: "a container's network carries no multicast from outside",
  cloud: "a cloud's network carries no multicast",
} as const;

/** Name of a cause. It is API: programs match on it. */
export type CauseId = keyof typeof TABLE;

/** Map of cause → its name for people. */
export const CAUSES: Readonly<Record<CauseId, string>> = TABLE;
