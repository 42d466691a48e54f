import { isIP } from "node:net";
import { isMulticast, MAX_PORT, withoutZone, zoneOf } from "@groupcast/backend";
import { checkBoolean, checkFunction, checkInteger, checkOptions, checkSignal, checkString, outOfRange } from "@groupcast/base";
import { addressBytes, addressText } from "./address-bytes.js";
import { checkGroup } from "./check-group.js";
import { isSourceSpecific } from "./group-prefix.js";
import { PING_PORT } from "./ping-ports.js";
import type { PingEvent, PingReport } from "./ping-report.js";

/** Options of {@link ping}. */
export interface PingOptions {
  /** IP literal of the group for the answers, if the target is a host. Default: the host chooses. */
  readonly group?: string | undefined;
  /** Name or address of the interface for multicast. Default: the one that leads to the target. */
  readonly interface?: string | undefined;
  /** Port of the responders, 1 … 65,535. Default: 9903; 4321 for ssmpingd. */
  readonly port?: number | undefined;
  /** Whether to ask a host also in the protocol of ssmping 0.9. Default: true. */
  readonly legacy?: boolean | undefined;
  /** TTL of datagrams to a group, 1 … 255. Default: 1, the link. */
  readonly ttl?: number | undefined;
  /** Number of requests to each responder, 1 or more. Default: no limit. */
  readonly count?: number | undefined;
  /** Time between two requests, in milliseconds: 10 … 60,000. Default: 1,000; responders need not answer more (RFC 6450). */
  readonly intervalMs?: number | undefined;
  /** Time after which an answer is too late, in milliseconds: 1 … 60,000. Default: 1,000. */
  readonly timeoutMs?: number | undefined;
  /** Ends it. */
  readonly signal?: AbortSignal | undefined;
  /** Called with each event. If it throws, the ping ends. */
  readonly onEvent?: ((event: PingEvent) => void) | undefined;
  /** Called about twice a second. */
  readonly onProgress?: ((report: PingReport) => void) | undefined;
}

/** Options after checks and defaults. */
export interface PingSettings extends Omit<PingOptions, "count"> {
  readonly target: string;
  readonly isGroup: boolean;
  readonly isPortGiven: boolean;
  readonly port: number;
  readonly legacy: boolean;
  readonly ttl: number;
  readonly count: number;
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

const DEFAULT_INTERVAL_MS = 1000;
const DEFAULT_TIMEOUT_MS = 1000;

/** Map of option → range and default. */
const NUMBERS = {
  port: [1, MAX_PORT, PING_PORT],
  ttl: [1, 255, 1],
  count: [1, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY],
  intervalMs: [10, 60_000, DEFAULT_INTERVAL_MS],
  timeoutMs: [1, 60_000, DEFAULT_TIMEOUT_MS],
} as const;

const OPTION_NAMES = [
  ...(["group", "interface", "legacy", "signal", "onEvent", "onProgress"] as const),
  ...(Object.keys(NUMBERS) as (keyof typeof NUMBERS)[]),
];

/** Checks target and options, and adds the defaults. @throws InvalidArgumentError. */
export function resolvePingOptions(target: string, options: PingOptions | undefined): PingSettings {
  const given = checkOptions("ping", options, OPTION_NAMES);
  const address = checkTarget(target);
  const isGroup = isMulticast(address);
  const numbers = Object.entries(NUMBERS).map(([name, [min, max, fallback]]) => {
    const value = given[name as keyof typeof NUMBERS];
    return [name, value === undefined ? fallback : checkInteger("ping", name, value, [min, max])] as const;
  });
  for (const name of ["onEvent", "onProgress"] as const) if (given[name] !== undefined) checkFunction("ping", name, given[name]);
  return {
    ...given,
    ...(Object.fromEntries(numbers) as Record<keyof typeof NUMBERS, number>),
    target: address,
    isGroup,
    isPortGiven: given.port !== undefined,
    group: checkedGroup(address, isGroup, given.group),
    interface: given.interface === undefined ? undefined : checkString("ping", "interface", given.interface),
    legacy: !isGroup && (given.legacy === undefined || checkBoolean("ping", "legacy", given.legacy)),
    signal: checkSignal("ping", given.signal),
  };
}

/** One spelling, so that the sender of an answer can be compared with it. */
function checkTarget(value: unknown): string {
  const target = checkString("ping", "target", value);
  if (isIP(target) === 0) throw outOfRange("ping", "target", target, "an IP address, such as 192.0.2.1, 239.1.2.3 or fe80::1%eth0");
  const zone = zoneOf(target);
  const address = addressText(addressBytes(withoutZone(target)));
  if (isMulticast(address) && isSourceSpecific(address)) {
    throw outOfRange("ping", "target", target, `a group for all sources, or a host, with ${address} as option group`);
  }
  return zone === undefined ? address : `${address}%${zone}`;
}

function checkedGroup(target: string, isGroup: boolean, group: string | undefined): string | undefined {
  if (isGroup && group !== undefined) throw outOfRange("ping", "group", group, "none, because the target is a group");
  if (isGroup) return addressText(addressBytes(target));
  if (group === undefined) return undefined;
  const checked = checkGroup("ping", group);
  if (isIP(checked) === isIP(withoutZone(target))) return checked;
  throw outOfRange("ping", "group", group, `a group of IPv${isIP(withoutZone(target))}, as the target`);
}
