/** Options of opening a port, as users pass them and as they are after checks and defaults. */

import {
  anyAddress,
  BACKEND_ERRORS,
  type Family,
  isMulticast,
  MAX_UDP_LENGTH_BYTES,
  type SocketAddress,
  socketAddress,
} from "@groupcast/backend";
import { checkBoolean, checkInteger, checkOptions, checkSignal, InvalidArgumentError, wrongType } from "@groupcast/base";
import { checkOption, checkPort } from "../network/check-argument.js";
import { type InterfaceSelector, parseSelector, unknownInterface } from "../network/interface-selector.js";
import { checkGroup, checkIP } from "../network/ip-literal.js";
import { checkBindZone, type InterfaceSource } from "../network/zone.js";

/** Options of every port, also of one whose socket is bound already. */
export interface PortOptions {
  /** Longest datagram to receive, 1 … 65,535 bytes; longer ones are cut, flagged and counted. Default: the largest UDP payload. */
  readonly maxPacketSize?: number;
  /**
   * Size of the kernel's receive buffer, in bytes (`SO_RCVBUF`). Default: as the system has it. A smaller grant is logged, and reported by
   * `port.buffers` with the sysctl that caps it.
   */
  readonly receiveBufferBytes?: number;
  /** Size of the kernel's send buffer, in bytes (`SO_SNDBUF`); otherwise as {@link PortOptions.receiveBufferBytes}. */
  readonly sendBufferBytes?: number;
  /** Whether datagramReceived gets an {@link Arrival} (destination, interface, TTL, time) as third argument. Default: false. */
  readonly arrival?: boolean;
  /** Stops the port when it aborts; if it is aborted already, opening throws its reason. */
  readonly signal?: AbortSignal;
}

/** Options of `adoptDatagramPort`. */
export interface AdoptOptions extends PortOptions {
  /** IP version of the descriptor. Default: native asks the OS; dgram cannot, and assumes 4. */
  readonly family?: Family;
}

/** Options of `listenUDP`. */
export interface ListenOptions extends PortOptions {
  /** IP literal of the local address to bind, IPv6 with its zone. Default: every IPv4 address; `"::"`: every address. */
  readonly interface?: string;
  /** Whether to share the port number (`SO_REUSEADDR`): the port bound last gets unicast, each gets multicast. Default: false. */
  readonly reuseAddress?: boolean;
  /** Whether to share the port number (`SO_REUSEPORT`): unicast is spread over the ports by flow. Default: false. */
  readonly reusePort?: boolean;
  /** Whether a port on `"::"` leaves IPv4 to others (`IPV6_V6ONLY`). Default: as the system has it (net.ipv6.bindv6only). */
  readonly ipv6Only?: boolean;
}

/** Options of `listenMulticast`. */
export interface MulticastListenOptions extends ListenOptions {
  /**
   * Whether several ports, also of other processes, may have this number; each gets every multicast datagram (`SO_REUSEADDR`). Default:
   * false.
   */
  readonly listenMultiple?: boolean;
  /**
   * TTL of multicast, 0 … 255: 0 stays on this host, 1 on the link; on IPv6 the hop limit. Default: 1. As `setTTL` (`IP_MULTICAST_TTL`).
   */
  readonly ttl?: number;
  /** Whether members on this host receive the multicast that this port sends. Default: true. As `setLoopbackMode` (`IP_MULTICAST_LOOP`). */
  readonly loopback?: boolean;
  /** Interface that multicast leaves by. Default: the one that the route names. As `setOutgoingInterface` (`IP_MULTICAST_IF`). */
  readonly outgoingInterface?: InterfaceSelector;
  /** IP literal of the only group of this port, joined at once. A backend that cannot isolate otherwise binds to it (dgram). */
  readonly group?: string;
}

/** Options of `connectUDP`. */
export interface ConnectOptions extends MulticastListenOptions {
  /** Local port number, 0 … 65,535. Default 0: any free one. */
  readonly localPort?: number;
}

/** {@link PortOptions} after checks and defaults. */
export interface ResolvedPortOptions {
  readonly maxPacketBytes: number;
  readonly receiveBufferBytes: number | undefined;
  readonly sendBufferBytes: number | undefined;
  readonly wantsArrival: boolean;
  readonly signal: AbortSignal | undefined;
}

/** All options after checks and defaults. */
export interface ResolvedListenOptions extends ResolvedPortOptions {
  readonly local: SocketAddress;
  readonly reuseAddress: boolean;
  readonly reusePort: boolean;
  readonly ipv6Only: boolean | undefined;
  readonly ttl: number | undefined;
  readonly loopback: boolean | undefined;
  readonly outgoingInterface: InterfaceSelector | undefined;
  readonly group: string | undefined;
}

const PORT_KEYS = ["maxPacketSize", "receiveBufferBytes", "sendBufferBytes", "arrival", "signal"] as const;
const LISTEN_KEYS = [...PORT_KEYS, "interface", "reuseAddress", "reusePort", "ipv6Only"] as const;
const MULTICAST_KEYS = [...LISTEN_KEYS, "listenMultiple", "ttl", "loopback", "outgoingInterface", "group"] as const;

/** Name of a method that opens a port. */
export type OpeningOperation = "adoptDatagramPort" | "listenUDP" | "listenMulticast" | "connectUDP";

/** Map of operation → names of its options. */
const KEYS: Readonly<Record<OpeningOperation, readonly (keyof (AdoptOptions & ConnectOptions))[]>> = {
  adoptDatagramPort: [...PORT_KEYS, "family"],
  listenUDP: LISTEN_KEYS,
  listenMulticast: MULTICAST_KEYS,
  connectUDP: [...MULTICAST_KEYS, "localPort"],
};

/** Checks the options that every port has. @throws InvalidArgumentError: an option is unknown or wrong. */
export function resolvePortOptions(operation: OpeningOperation, given: PortOptions | undefined): ResolvedPortOptions {
  const options = checkOptions<AdoptOptions & ConnectOptions>(operation, given, KEYS[operation]);
  const { maxPacketSize = MAX_UDP_LENGTH_BYTES, arrival = false } = options;
  const bytes = (name: "receiveBufferBytes" | "sendBufferBytes"): number | undefined =>
    optional(options[name], (value) => checkOption(operation, name, name, value));
  return {
    maxPacketBytes: checkInteger(operation, "maxPacketSize", maxPacketSize, [1, MAX_UDP_LENGTH_BYTES]),
    receiveBufferBytes: bytes("receiveBufferBytes"),
    sendBufferBytes: bytes("sendBufferBytes"),
    wantsArrival: checkBoolean(operation, "arrival", arrival),
    signal: checkSignal(operation, options.signal),
  };
}

/** Checks port number and options. Errors name `port` as `argument`. @throws InvalidArgumentError: an argument or option is wrong. */
export function resolveListenOptions(
  operation: OpeningOperation,
  [argument, port]: readonly [argument: "port" | "localPort", port: unknown],
  given: MulticastListenOptions | undefined,
  interfaces: InterfaceSource,
): ResolvedListenOptions {
  const common = resolvePortOptions(operation, given);
  const options = given ?? {};
  const { reuseAddress = false, reusePort = false, listenMultiple = false } = options;
  const address = checkBindAddress(operation, options, interfaces);
  const local = socketAddress(address, checkPort(operation, port, 0, argument));
  const isShared = checkBoolean(operation, "listenMultiple", listenMultiple);
  return {
    ...common,
    local,
    reuseAddress: checkBoolean(operation, "reuseAddress", reuseAddress) || isShared,
    reusePort: checkBoolean(operation, "reusePort", reusePort),
    ipv6Only: optional(options.ipv6Only, (value) => checkBoolean(operation, "ipv6Only", value)),
    ttl: optional(options.ttl, (value) => checkOption(operation, "ttl", "multicastTtl", value)),
    loopback: optional(options.loopback, (value) => checkBoolean(operation, "loopback", value)),
    outgoingInterface: optional(options.outgoingInterface, (value) => checkOutgoing(operation, value, interfaces)),
    group: optional(options.group, (value) => checkGroupText(operation, value, local.family)),
  };
}

/** Returns the address to bind. Default: the unspecified address of the family of `group`, else IPv4's. */
function checkBindAddress(operation: string, options: MulticastListenOptions, interfaces: InterfaceSource): string {
  const { interface: local, group } = options;
  if (local === undefined) return anyAddress(group === undefined ? 4 : checkIP(operation, "group", group).family);
  if (typeof local !== "string") throw wrongType(operation, "interface", local, "the address to bind, as a string");
  if (local === "") return anyAddress(4);
  const literal = checkIP(operation, "interface", local);
  if (isMulticast(literal.address) && operation === "listenUDP") {
    const expected = "a local address; listenMulticast binds to groups";
    throw new InvalidArgumentError(BACKEND_ERRORS.ERR_ADDRESS_NOT_IP, { operation, argument: "interface", value: local, expected });
  }
  return checkBindZone(operation, "interface", literal, interfaces);
}

function checkOutgoing(operation: string, value: InterfaceSelector, interfaces: InterfaceSource): InterfaceSelector {
  const selector = parseSelector(operation, value, "outgoingInterface");
  const selected = selector.by === "default" ? undefined : interfaces.select(selector);
  if (typeof selected !== "object" || selected.length > 0) return value; // an errno: setting it says that nobody knows
  throw unknownInterface(operation, "outgoingInterface", value);
}

/** Checks a group and returns it as it was written: its zone may name an interface that does not exist yet. */
function checkGroupText(operation: string, value: string, family: Family): string {
  checkGroup(operation, value, family);
  return value;
}

function optional<In, Out>(value: In | undefined, check: (value: In) => Out): Out | undefined {
  return value === undefined ? undefined : check(value);
}
