import { isIPv4 } from "node:net";
import { checkInteger, checkOptions, checkString, type Logger, outOfRange } from "@groupcast/base";
import type { InterfaceSelector } from "groupcast";
import { type ResolvedUdpOptions, resolveUdpOptions } from "../udp/udp-options.js";

/** Options of an {@link LcmTransport}. */
export interface LcmTransportOptions {
  /**
   * Group, port and TTL as an LCM address: `"udpm://239.255.76.67:7667?ttl=1"`. It replaces the options `group`, `port` and `ttl`, and each
   * part has the default of its option. LCM's own programs read it from the environment variable `LCM_DEFAULT_URL`.
   */
  readonly url?: string | undefined;
  /** Multicast group of all channels, an IPv4 literal. Default `"239.255.76.67"`. */
  readonly group?: string | undefined;
  /** Port number of all channels, 1 … 65,471. Default 7667. */
  readonly port?: number | undefined;
  /** Reach of messages, 0 … 255. With 0, the default here and in LCM, they stay on this host; with 1 on the link; with more they pass routers. */
  readonly ttl?: number | undefined;
  /** Interface to send and receive on: a name, an index or an address. Default `"any"`: sends by the route, and receives on every interface. */
  readonly interface?: InterfaceSelector | "any" | undefined;
  /** Size of the kernel's receive buffer, in bytes. Default: that of the kernel. Long messages need megabytes. */
  readonly receiveBufferBytes?: number | undefined;
  /** Memory of incomplete messages, in bytes, 65,536 … 2 ** 32. One sender may use half of it. Default 64 MiB. */
  readonly maxReassemblyBytes?: number | undefined;
  /** Receives warnings, and errors of event listeners. Default: standard error. */
  readonly logger?: Logger | undefined;
}

/** {@link LcmTransportOptions}, checked, with defaults. */
export interface ResolvedLcmOptions extends ResolvedUdpOptions {
  readonly group: string;
  readonly maxReassemblyBytes: number;
}

const OPTIONS = ["url", "group", "port", "ttl", "interface", "receiveBufferBytes", "maxReassemblyBytes", "logger"] as const;
const DEFAULT_GROUP = "239.255.76.67";
const DEFAULT_PORT = 7667;
const DEFAULT_REASSEMBLY_BYTES = 64 * 1024 * 1024;
const LONGEST_URL = 256;
const URL_FORM = /^udpm:\/\/([\d.]*)(?::(\d{1,5}))?(?:\?ttl=(\d{1,3}))?$/;

/** Checks options and adds the defaults. @throws InvalidArgumentError for each option that is unknown or wrong. */
export function resolveLcmOptions(operation: string, given: LcmTransportOptions | undefined): ResolvedLcmOptions {
  const { url, group, port, ttl, maxReassemblyBytes = DEFAULT_REASSEMBLY_BYTES, ...udp } = checkOptions(operation, given, OPTIONS);
  const target = url === undefined ? { group, port, ttl } : readUrl(operation, url, { group, port, ttl });
  return {
    ...resolveUdpOptions(operation, { ...udp, port: target.port ?? DEFAULT_PORT, ttl: target.ttl }),
    group: checkGroup(operation, target.group ?? DEFAULT_GROUP),
    maxReassemblyBytes: checkInteger(operation, "maxReassemblyBytes", maxReassemblyBytes, [1 << 16, 2 ** 32]),
  };
}

/** Options that an address contains. */
type Target = Pick<LcmTransportOptions, "group" | "port" | "ttl">;

function readUrl(operation: string, value: unknown, beside: Target): Target {
  const url = checkString(operation, "url", value);
  const [given] = Object.entries(beside).find(([, option]) => option !== undefined) ?? [];
  if (given !== undefined) throw outOfRange(operation, given, beside[given as keyof Target], "no such option, because url contains it");
  const match = url.length > LONGEST_URL ? null : URL_FORM.exec(url);
  if (match === null) throw outOfRange(operation, "url", url, 'an address such as "udpm://239.255.76.67:7667?ttl=1"');
  const [, group, port, ttl] = match;
  const number = (digits: string | undefined): number | undefined => (digits === undefined ? undefined : Number(digits));
  return { group: group === "" ? undefined : group, port: number(port), ttl: number(ttl) };
}

function checkGroup(operation: string, value: unknown): string {
  const group = checkString(operation, "group", value);
  if (isIPv4(group) && Number.parseInt(group, 10) >> 4 === 14) return group;
  throw outOfRange(operation, "group", group, "an IPv4 multicast group, 224.0.0.0 … 239.255.255.255");
}
