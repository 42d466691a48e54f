// An examination of a host whose files a test has written: well in every respect but those that the test changes.
import type { NetworkInterface } from "@groupcast/backend";
import type { Examination, Target } from "../../../packages/diagnosis/src/causes/examination.js";
import { type Judgement, judgeCauses } from "../../../packages/diagnosis/src/causes/judge-causes.js";
import { readAddresses6 } from "../../../packages/diagnosis/src/kernel/addresses6.js";
import { readLink, readLinkSettings } from "../../../packages/diagnosis/src/kernel/links.js";
import { takeSnapshot } from "../../../packages/diagnosis/src/kernel/snapshot.js";
import type { Observations } from "../../../packages/diagnosis/src/probe/observations.js";
import type { ArrivalSummary } from "../../../packages/diagnosis/src/verdict/diagnosis.js";
import { hostOf } from "./host-folder.js";
import { PROC } from "./kernel-files.js";

type Files = Readonly<Record<string, string>>;

/** Parts of an examination that a test sets. */
export interface Parts {
  readonly target?: Partial<Target>;
  readonly observations?: Partial<Observations>;
  readonly interface?: Partial<NetworkInterface>;
  /** Files that differ from the start. */
  readonly files?: Files;
  /** Files that differ at the end. */
  readonly after?: Files;
  readonly rest?: Partial<Examination>;
}

const FLAGS = { up: true, running: true, loopback: false, multicast: true, broadcast: true, pointToPoint: false };

export const ETH0: NetworkInterface = {
  name: "eth0",
  index: 4,
  addresses: [{ address: "192.0.2.10", family: 4, prefixLength: 24 }],
  flags: FLAGS,
};

/** Settings of a host that filters nothing. */
const SETTINGS: Files = Object.fromEntries(
  ["all", "eth0"].flatMap((name) => [
    [`/proc/sys/net/ipv4/conf/${name}/rp_filter`, "0\n"],
    [`/proc/sys/net/ipv4/conf/${name}/force_igmp_version`, "0\n"],
    [`/proc/sys/net/ipv6/conf/${name}/force_mld_version`, "0\n"],
  ]),
);

/** A datagram of another host, as it is expected. */
export const ARRIVAL: ArrivalSummary = { source: "192.0.2.7", interface: "eth0", count: 9, ttl: 1, isThisHost: false };

export function examinationOf(parts: Parts): Examination {
  const files = { ...PROC, ...SETTINGS, ...parts.files };
  const host = hostOf(files);
  const eth0 = { ...ETH0, ...parts.interface };
  const target: Target = {
    family: 4,
    address: "239.1.2.5",
    isGroup: true,
    port: 5000,
    asked: undefined,
    interface: eth0,
    reason: "the route to the group leads there",
    routed: { value: eth0 },
    ...parts.target,
  };
  const early = takeSnapshot(host, target.family, "eth0");
  return {
    target,
    interfaces: [eth0],
    before: early,
    during: early,
    after: takeSnapshot(hostOf({ ...files, ...parts.after }), target.family, "eth0"),
    links: new Map([["eth0", readLink(host, "eth0")]]),
    settings: new Map([["eth0", readLinkSettings(host, "eth0")]]),
    addresses6: readAddresses6(host),
    membershipLimit: { value: 20 },
    owners: new Map([[4711, { pid: 17, name: "player" }]]),
    surroundings: { container: undefined, cloud: undefined },
    observations: {
      arrivals: { value: [] },
      selfTest: { value: { sent: 3, arrived: 3, refusal: undefined } },
      joinFailures: [],
      joins: 3,
      durationMs: 3000,
      ...parts.observations,
    },
    ...parts.rest,
  };
}

/** Judges such an examination. */
export function judge(parts: Parts): Judgement {
  return judgeCauses(examinationOf(parts));
}

/** The causes that are found, in order, as `cause likelihood`. */
export function found(parts: Parts): string[] {
  return judge(parts).findings.map(({ cause, likelihood }) => `${cause} ${likelihood}`);
}
