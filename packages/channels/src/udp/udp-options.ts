import { checkInteger, checkOptions, type Logger, stderrLogger, wrongType } from "@groupcast/base";
import type { InterfaceSelector } from "groupcast";
import type { ReceivingInterface } from "./group-memberships.js";

/** How channels use UDP. */
export interface UdpTransportOptions {
  /** The one port number of all channels; peers on another number are on another network. Default 8765. */
  readonly port?: number;
  /** How far messages go: 0 (the default) stays on this host, 1 on the link, more passes routers. */
  readonly ttl?: number;
  /** Where to send and receive. Default `"any"`: sends where the route points (TTL 0: to loopback), receives on every interface. */
  readonly interface?: InterfaceSelector | "any";
  /** Size of the kernel's buffer for what arrives, in bytes. Default: the kernel's. */
  readonly receiveBufferBytes?: number;
  /** Gets warnings. Default: stderr. */
  readonly logger?: Logger;
}

/** {@link UdpTransportOptions}, checked, with defaults. */
export interface ResolvedUdpOptions {
  readonly port: number;
  readonly ttl: number;
  readonly at: ReceivingInterface;
  readonly receiveBufferBytes: number | undefined;
  readonly logger: Logger;
}

export const UDP_OPTIONS = ["port", "ttl", "interface", "receiveBufferBytes", "logger"] as const;

const DEFAULT_PORT = 8765; // pulicast's
const MAX_PORT = 65_471; // the numbers above it are for relays; see relay-port.ts
const DEFAULT_TTL = 0; // nothing leaves the host that was not told to
const ANY = new Set<unknown>([undefined, "any", "default", "0.0.0.0", ""]);

/** @throws InvalidArgumentError for each option that is unknown or wrong. */
export function resolveUdpOptions(operation: string, given: UdpTransportOptions | undefined): ResolvedUdpOptions {
  const options = checkOptions(operation, given, UDP_OPTIONS);
  const { port = DEFAULT_PORT, ttl = DEFAULT_TTL, logger = stderrLogger, interface: at } = options;
  return {
    port: checkInteger(operation, "port", port, [1, MAX_PORT]),
    ttl: checkInteger(operation, "ttl", ttl, [0, 255]),
    at: ANY.has(at) ? "any" : checkSelector(operation, at),
    receiveBufferBytes: options.receiveBufferBytes,
    logger,
  };
}

/** Its shape only: whether there is such an interface is for the reactor to say. */
function checkSelector(operation: string, value: unknown): InterfaceSelector {
  if (typeof value === "string" || typeof value === "number" || (typeof value === "object" && value !== null)) {
    return value as InterfaceSelector;
  }
  throw wrongType(operation, "interface", value, '"any", or the name, an address or the index of an interface');
}
