/** Differences of counters between two snapshots. */
import type { Family } from "@groupcast/backend";
import type { Counter } from "../kernel/counters.js";
import type { Snapshot } from "../kernel/snapshot.js";
import type { Evidence } from "../verdict/diagnosis.js";
import { CannotCheck, known } from "./cause.js";
import type { Examination } from "./examination.js";

/** Name of a counter that causes are judged by. */
export type CounterName =
  | "fragmentsIn"
  | "ipDelivered"
  | "ipForwarded"
  | "ipReceived"
  | "multicastIn"
  | "multicastOut"
  | "reassembled"
  | "reversePath"
  | "udpErrors"
  | "udpIgnored"
  | "udpNoPort"
  | "udpReceived";

/** Map of name → name in the kernel's tables, by family; undefined where the kernel has none. */
const NAMES: Readonly<Record<CounterName, Readonly<Record<Family, string | undefined>>>> = {
  udpReceived: { 4: "Udp.InDatagrams", 6: "Udp6InDatagrams" },
  udpNoPort: { 4: "Udp.NoPorts", 6: "Udp6NoPorts" },
  udpErrors: { 4: "Udp.InErrors", 6: "Udp6InErrors" },
  udpIgnored: { 4: "Udp.IgnoredMulti", 6: "Udp6IgnoredMulti" },
  ipReceived: { 4: "Ip.InReceives", 6: "Ip6InReceives" },
  ipDelivered: { 4: "Ip.InDelivers", 6: "Ip6InDelivers" },
  ipForwarded: { 4: "Ip.ForwDatagrams", 6: "Ip6OutForwDatagrams" },
  multicastIn: { 4: "IpExt.InMcastPkts", 6: "Ip6InMcastPkts" },
  multicastOut: { 4: "IpExt.OutMcastPkts", 6: "Ip6OutMcastPkts" },
  reversePath: { 4: "TcpExt.IPReversePathFilter", 6: undefined },
  fragmentsIn: { 4: "Ip.ReasmReqds", 6: "Ip6ReasmReqds" },
  reassembled: { 4: "Ip.ReasmOKs", 6: "Ip6ReasmOKs" },
};

/** A counter, read twice. */
export interface Difference {
  /** Growth; 0 if the counter was reset meanwhile. */
  readonly growth: number;
  /** The two readings, as evidence. */
  readonly evidence: Evidence;
}

/**
 * Returns how a counter grew while the probe listened.
 *
 * @param end - Counters at the end; `after.countersBefore` for one that is compared with what the others grew by.
 * @throws CannotCheck: the kernel does not have it.
 */
export function difference(
  { during, after, target }: Examination,
  name: CounterName,
  end: Snapshot["counters"] = after.counters,
): Difference {
  const kernelName = NAMES[name][target.family];
  if (kernelName === undefined) throw new CannotCheck(`Linux has no counter for it in IPv${target.family}`);
  const [early, late] = [counterOf(during.counters, kernelName), counterOf(end, kernelName)];
  const fact = kernelName.slice(kernelName.indexOf(".") + 1);
  return {
    growth: Math.max(0, late.value - early.value),
    evidence: { source: late.path, fact, value: late.value, before: early.value },
  };
}

function counterOf(counters: Snapshot["counters"], name: string): Counter {
  const found = known(counters).get(name);
  if (found === undefined) throw new CannotCheck(`this kernel does not count ${name}`);
  return found;
}
