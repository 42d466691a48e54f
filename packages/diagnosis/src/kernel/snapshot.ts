/** Everything that changes while a probe runs, read at one moment. */
import type { Family } from "@groupcast/backend";
import type { HostFiles, Reading } from "../host-files.js";
import { type Counters, readCounters, readInterfaceCounters } from "./counters.js";
import { readReceivedPackets } from "./interface-traffic.js";
import { type KernelMembership, readMemberships } from "./memberships.js";
import { readSourceFilters, type SourceFilter } from "./source-filters.js";
import { readUDPSockets, type UDPSocket } from "./udp-sockets.js";

/** State of the network stack for one IP version. */
export interface Snapshot {
  /** Groups that are joined. */
  readonly memberships: Reading<readonly KernelMembership[]>;
  /** Sources that memberships name. */
  readonly sourceFilters: Reading<readonly SourceFilter[]>;
  /** UDP sockets of this IP version; those on `::` receive IPv4 as well. */
  readonly sockets: Reading<readonly UDPSocket[]>;
  /** UDP sockets of IPv6 on a snapshot of IPv4, of which those on `::` may receive it. */
  readonly dualStackSockets: Reading<readonly UDPSocket[]>;
  /** Counters of the network namespace. */
  readonly counters: Reading<Counters>;
  /** The same, read before `sockets` and `counters`: a packet that they have counted waits in a socket by then, or UDP has counted it. */
  readonly countersBefore: Reading<Counters>;
  /** Counters of IPv6 of the interface that datagrams are expected by, which MLD counts in. */
  readonly interfaceCounters: Reading<Counters>;
  /** Number of packets that this interface has received, before any rule of a firewall. */
  readonly receivedPackets: Reading<number>;
}

/**
 * Takes a snapshot, file after file: packets arrive meanwhile.
 *
 * @param interfaceName - Interface whose own counters are wanted; undefined: none is known.
 */
export function takeSnapshot(files: HostFiles, family: Family, interfaceName: string | undefined): Snapshot {
  return {
    memberships: readMemberships(files, family),
    countersBefore: readCounters(files, family),
    sourceFilters: readSourceFilters(files, family),
    sockets: readUDPSockets(files, family),
    dualStackSockets: readUDPSockets(files, 6),
    counters: readCounters(files, family),
    interfaceCounters: interfaceName === undefined ? NO_INTERFACE : readInterfaceCounters(files, interfaceName),
    receivedPackets: interfaceName === undefined ? NO_INTERFACE : readReceivedPackets(files, interfaceName),
  };
}

const NO_INTERFACE = { path: "probe", reason: "the interface on which they should arrive is not known" } as const;
