import { checkInteger, checkOptions, guardLogger, type Logger, stderrLogger, wrongType } from "@groupcast/base";
import type { InterfaceSelector } from "groupcast";
import type { ReceivingInterface } from "./group-memberships.js";
import { MAX_CHANNEL_PORT } from "./relay-port.js";

/** Options of a {@link UdpTransport}. */
export interface UdpTransportOptions {
  /** Port number of all channels, 1 … 65,471; peers with another number are on another network. Default 8765. */
  readonly port?: number | undefined;
  /** Reach of messages, 0 … 255: 0 (the default) stays on this host, 1 stays on the link, more passes routers. */
  readonly ttl?: number | undefined;
  /**
   * Interface to send and receive on: a name, an index or an address. Default `"any"`: sends by the route (with TTL 0 by loopback), and
   * receives on every interface.
   */
  readonly interface?: InterfaceSelector | "any" | undefined;
  /** Size of the kernel's receive buffer, in bytes. Default: the kernel's. */
  readonly receiveBufferBytes?: number | undefined;
  /** Receives warnings, and errors of event listeners. Default: standard error. */
  readonly logger?: Logger | undefined;
}

/** {@link UdpTransportOptions}, checked, with defaults. */
export interface ResolvedUdpOptions {
  readonly port: number;
  readonly ttl: number;
  readonly selector: ReceivingInterface;
  readonly receiveBufferBytes: number | undefined;
  readonly logger: Logger;
}

/** Names of the options. */
export const UDP_OPTIONS = ["port", "ttl", "interface", "receiveBufferBytes", "logger"] as const;

const DEFAULT_PORT = 8765; // pulicast's
const DEFAULT_TTL = 0; // nothing leaves the host unless the user says so
const ANY = new Set<unknown>([undefined, "any", "default", "0.0.0.0", ""]);

/** Checks options and adds the defaults. @throws InvalidArgumentError for each option that is unknown or wrong. */
export function resolveUdpOptions(operation: string, given: UdpTransportOptions | undefined): ResolvedUdpOptions {
  const options = checkOptions(operation, given, UDP_OPTIONS);
  const { port = DEFAULT_PORT, ttl = DEFAULT_TTL, logger = stderrLogger, interface: selector } = options;
  return {
    port: checkInteger(operation, "port", port, [1, MAX_CHANNEL_PORT]),
    ttl: checkInteger(operation, "ttl", ttl, [0, 255]),
    selector: ANY.has(selector) ? "any" : checkSelector(operation, selector),
    receiveBufferBytes: options.receiveBufferBytes,
    logger: guardLogger(logger),
  };
}

/** Checks the shape alone; the reactor finds out whether there is such an interface. */
function checkSelector(operation: string, value: unknown): InterfaceSelector {
  if (typeof value === "string" || typeof value === "number" || (typeof value === "object" && value !== null)) {
    return value as InterfaceSelector;
  }
  throw wrongType(operation, "interface", value, '"any", or the name, an address or the index of an interface');
}
