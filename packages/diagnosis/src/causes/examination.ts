/** Everything that causes are judged by. */
import type { Family, NetworkInterface } from "@groupcast/backend";
import type { Reading } from "../host-files.js";
import type { AddressState } from "../kernel/addresses6.js";
import type { Link, LinkSettings } from "../kernel/links.js";
import type { HostProcess } from "../kernel/processes.js";
import type { Snapshot } from "../kernel/snapshot.js";
import type { Surroundings } from "../kernel/surroundings.js";
import type { Observations } from "../probe/observations.js";

/** Datagrams that are to arrive, and the place where they are expected. */
export interface Target {
  /** IP version. */
  readonly family: Family;
  /** IP literal of a group, or of an address of this host. */
  readonly address: string;
  /** Whether the address is a group. */
  readonly isGroup: boolean;
  /** Port number; undefined: not known. */
  readonly port: number | undefined;
  /** Interface as it was asked for; undefined: none was. */
  readonly asked: string | undefined;
  /** Interface that datagrams are expected by; undefined without one. */
  readonly interface: NetworkInterface | undefined;
  /** Reason for expecting them there. */
  readonly reason: string;
  /** Interface that the route to the address names; undefined without a route. */
  readonly routed: Reading<NetworkInterface | undefined>;
  /** Host that is to receive what this host sends. */
  readonly receiver?: Receiver;
}

/** Another host, and the way to it. */
export interface Receiver {
  /** IP literal. */
  readonly address: string;
  /** IP literal of the router before it; undefined: it is on the link. */
  readonly gateway: string | undefined;
}

/** Facts that a port knows of itself. */
export interface PortFacts {
  /** Memberships that wait for their interface, or lost it: `239.1.2.3 on eth0`. */
  readonly missingMemberships: readonly string[];
  /** TTL of multicast. */
  readonly ttl: number;
  /** Whether members on this host receive what it sends. */
  readonly loopback: boolean;
  /** Number of datagrams that it lost to its full buffer: before and after. */
  readonly kernelDrops: readonly [before: number, after: number];
}

/** One examination. */
export interface Examination {
  /** Datagrams that are to arrive. */
  readonly target: Target;
  /** Interfaces of this host. */
  readonly interfaces: readonly NetworkInterface[];
  /** Map of name → link. */
  readonly links: ReadonlyMap<string, Link>;
  /** Map of name → settings. */
  readonly settings: ReadonlyMap<string, LinkSettings>;
  /** State of the IPv6 addresses. */
  readonly addresses6: Reading<readonly AddressState[]>;
  /** Limit of memberships of one socket. */
  readonly membershipLimit: Reading<number>;
  /** State before the probe joined and opened anything. */
  readonly before: Snapshot;
  /** State after it had joined, when it began to listen. */
  readonly during: Snapshot;
  /** State when it stopped listening. */
  readonly after: Snapshot;
  /** Sights of the probe. */
  readonly observations: Observations;
  /** Map of inode → process that has the socket. */
  readonly owners: ReadonlyMap<number, HostProcess>;
  /** Container and cloud. */
  readonly surroundings: Surroundings;
  /** Facts that a port knows of itself, where one is examined. */
  readonly port?: PortFacts;
}
