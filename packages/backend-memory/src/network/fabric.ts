import type { ParsedAddresses } from "../address/parsed-addresses.js";
import type { Wire } from "../clock/wire.js";
import type { PacketLog } from "./packet-log.js";
import type { Random } from "./random.js";
import type { Topology } from "./topology.js";

/** Parts that all nodes of one network share. Each class takes those it uses. */
export interface Fabric {
  readonly wire: Wire;
  readonly log: PacketLog;
  readonly random: Random;
  readonly topology: Topology;
  readonly addresses: ParsedAddresses;
  readonly epochMs: number; // wall-clock time, in ms since 1970, when the clock says 0
  /** Returns the id of the next packet. */
  readonly nextPacketId: () => number;
}
