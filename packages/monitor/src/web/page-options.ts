import { checkInteger, checkOptions, checkString, outOfRange, wrongType } from "@groupcast/base";
import type { AccessRules } from "./access.js";

/** Options of a page. */
export interface MonitorPageOptions {
  /**
   * Path below which the page is, such as `"/monitor"`. Its address ends with a slash then: `/monitor/`. Default: the root. Not needed
   * behind routers that remove the prefix from a request before they pass it on.
   */
  readonly prefix?: string | undefined;
  /**
   * Secret that follows the prefix in the address: `/monitor/SECRET/`. 22 characters or more, of letters, digits, `-` and `_`. Default:
   * none; then everybody who reaches the server sees the page.
   */
  readonly token?: string | undefined;
  /**
   * Names by which browsers may reach the server, as in the Host header, without port. Default: `localhost`, `127.0.0.1` and `[::1]`. The
   * server refuses other names, because other web pages could read this one through their own name.
   */
  readonly hosts?: readonly string[] | undefined;
  /** Number of clients that may watch at a time, 1 … 1,000. Default: 16. */
  readonly maxClients?: number | undefined;
}

/** {@link MonitorPageOptions}, checked, with defaults. */
export interface ResolvedPageOptions {
  readonly rules: AccessRules;
  readonly maxClients: number;
}

/** Names of the options. */
export const PAGE_OPTIONS = ["prefix", "token", "hosts", "maxClients"] as const;

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];
const DEFAULT_CLIENTS = 16;
const MOST_CLIENTS = 1000;
const TOKEN = /^[A-Za-z0-9_-]{22,256}$/; // 22 characters of 6 bits: 132 bits, if they are random
const PREFIX = /^(?:\/[A-Za-z0-9._~-]+)*\/?$/;
const HOST = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])$/i;

/** Checks options and adds the defaults. @throws InvalidArgumentError for each that is unknown or wrong. */
export function resolvePageOptions(operation: string, given: MonitorPageOptions | undefined): ResolvedPageOptions {
  const { prefix = "", token, hosts = LOOPBACK, maxClients = DEFAULT_CLIENTS } = checkOptions(operation, given, PAGE_OPTIONS);
  if (!PREFIX.test(checkString(operation, "prefix", prefix))) {
    throw outOfRange(operation, "prefix", prefix, 'a path of letters, digits and ".", "_", "~", "-", such as "/monitor"');
  }
  if (token !== undefined && !TOKEN.test(checkString(operation, "token", token))) {
    const length = `${token.length} characters`; // the secret itself is not for logs
    throw outOfRange(
      operation,
      "token",
      length,
      'a secret of 22 to 256 letters, digits, "-" and "_", such as randomBytes(24).toString("base64url")',
    );
  }
  const names = checkHosts(operation, hosts);
  return {
    rules: { prefix: prefix.replace(/\/$/, ""), token, hosts: new Set(names) },
    maxClients: checkInteger(operation, "maxClients", maxClients, [1, MOST_CLIENTS]),
  };
}

function checkHosts(operation: string, hosts: readonly string[]): readonly string[] {
  if (!Array.isArray(hosts)) throw wrongType(operation, "hosts", hosts, "an array of host names");
  return Array.from(hosts as readonly string[], (host, index) => {
    if (HOST.test(checkString(operation, `hosts[${index}]`, host))) return host.toLowerCase();
    throw outOfRange(operation, `hosts[${index}]`, host, 'a host name or address without port, such as "monitor.example.org" or "[::1]"');
  });
}
