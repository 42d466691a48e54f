// The two IP versions, for tables of tests.
import type { MulticastListenOptions } from "groupcast";
import type { HostInterface } from "../../support/lab/host.js";

/** What differs between the families. */
export interface FamilyRow {
  readonly family: "IPv4" | "IPv6";
  /** Options that make a port of this family. */
  readonly any: Pick<MulticastListenOptions, "interface">;
  /** The n-th group for tests, of a scope that routers pass on. */
  group(n: number): string;
  /** An address of the interface. */
  address(at: HostInterface): string;
}

export const FAMILIES: readonly FamilyRow[] = [
  {
    family: "IPv4",
    any: {},
    group: (n) => `239.255.${10 + (n >> 8)}.${n & 0xff}`, // local scope, RFC 2365
    address: (at) => at.ipv4,
  },
  {
    family: "IPv6",
    any: { interface: "::" },
    group: (n) => `ff15::${n.toString(16)}`, // transient, site-local: RFC 4291 2.7
    address: (at) => at.ipv6,
  },
];
