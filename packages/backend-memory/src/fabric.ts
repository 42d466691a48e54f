import type { AddressBook } from "./ip-address.js";
import type { Random } from "./random.js";
import type { Topology } from "./topology.js";
import type { Trace } from "./trace.js";
import type { Wire } from "./wire.js";

/** What all parts of one network share. */
export interface Fabric {
  readonly wire: Wire;
  readonly trace: Trace;
  readonly random: Random;
  readonly topology: Topology;
  readonly addresses: AddressBook;
  readonly epochMs: number; // wall-clock time, in ms since 1970, when the clock says 0
  nextPacketId(): number;
}
