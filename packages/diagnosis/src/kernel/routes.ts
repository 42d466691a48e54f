/** Routes that multicast may take: /proc/net/route and /proc/net/ipv6_route. */
import type { Family } from "@groupcast/backend";
import { type HostFiles, parsed, type Reading } from "../host-files.js";
import { decimal, fieldsOf, hexadecimal, linesOf } from "./fields.js";
import { hostOrderIPv4, networkOrderIPv6 } from "./hex-address.js";

/** A route to groups. */
export interface MulticastRoute {
  /** Destination with the length of its prefix: `224.0.0.0/4`; `0.0.0.0/0` is the default route. */
  readonly destination: string;
  /** Name of the interface. */
  readonly interface: string;
  /** Metric; of two routes to one destination, the smaller one is taken. */
  readonly metric: number;
}

/** Map of family → file. IPv4 has the routes of the main table only. */
export const ROUTE_FILES: Readonly<Record<Family, string>> = { 4: "/proc/self/net/route", 6: "/proc/self/net/ipv6_route" };

const REJECT = 0x0200; // RTF_REJECT of linux/route.h: unreachable, prohibit, blackhole
const UP = 0x0001; // RTF_UP

/** Reads the routes of one family that lead to groups, those with the longest prefix first, then by metric. */
export function readMulticastRoutes(files: HostFiles, family: Family): Reading<readonly MulticastRoute[]> {
  const path = ROUTE_FILES[family];
  return parsed(path, files.read(path), (text) => {
    const routes = family === 4 ? parseRoutes(text) : parseRoutes6(text);
    return routes.sort((a, b) => prefixOf(b) - prefixOf(a) || a.metric - b.metric);
  });
}

function prefixOf({ destination }: MulticastRoute): number {
  return Number(destination.slice(destination.indexOf("/") + 1));
}

/** The format is `fib_route_seq_show` of net/ipv4/fib_trie.c. */
function parseRoutes(text: string): MulticastRoute[] {
  const rows = linesOf(text)
    .slice(1)
    .map((line) => fieldsOf(line, 8));
  return rows.flatMap(([name, destination, , flags, , , metric, mask]) => {
    const bits = hexadecimal(flags);
    const address = hostOrderIPv4(destination!);
    const prefix = onesOf(hostOrderIPv4(mask!));
    const first = Number.parseInt(address, 10);
    const leadsToGroups = prefix === 0 || (first >= 224 && first <= 239);
    if ((bits & UP) === 0 || (bits & REJECT) !== 0 || !leadsToGroups) return [];
    return [{ destination: `${address}/${prefix}`, interface: name!, metric: decimal(metric) }];
  });
}

/** The format is `rt6_info_route` of net/ipv6/ip6_fib.c. */
function parseRoutes6(text: string): MulticastRoute[] {
  const rows = linesOf(text).map((line) => fieldsOf(line, 10));
  return rows.flatMap(([destination, length, , , , metric, , , flags, name]) => {
    const bits = hexadecimal(flags);
    const address = networkOrderIPv6(destination!);
    const prefix = hexadecimal(length);
    const leadsToGroups = prefix === 0 || address.startsWith("ff");
    if ((bits & UP) === 0 || (bits & REJECT) !== 0 || !leadsToGroups) return [];
    return [{ destination: `${address}/${prefix}`, interface: name!, metric: hexadecimal(metric) }];
  });
}

function onesOf(mask: string): number {
  return mask.split(".").reduce((ones, byte) => ones + Number(byte).toString(2).replaceAll("0", "").length, 0);
}
