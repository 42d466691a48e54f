import type { AddressBook } from "../address/ip-address.js";
import type { Wire } from "../clock/wire.js";
import type { Trace } from "../trace/trace.js";
import type { Random } from "./random.js";
import type { Topology } from "./topology.js";

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
