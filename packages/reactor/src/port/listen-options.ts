/** What can be said when a port is opened, and what becomes of it: checked, with defaults, once. */

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
import { type InterfaceSelector, parseSelector } from "../network/interface-selector.js";
import { checkGroup, checkIP } from "../network/ip-literal.js";
import { checkZone, type InterfaceSource } from "../network/zone.js";

/** Options of every port: what can still be said of a socket that is bound already. */
export interface PortOptions {
  /** Longest datagram to take, in bytes; longer ones are cut, flagged and counted. Default: the largest UDP payload. */
  readonly maxPacketSize?: number;
  /** Size of the kernel's buffers, in bytes. A grant smaller than asked is reported with the sysctl that caps it. */
  readonly receiveBufferBytes?: number;
  readonly sendBufferBytes?: number;
  /** Pass what is known of each datagram (destination, interface, TTL, time) as third argument to datagramReceived. */
  readonly arrival?: boolean;
  /** Stops the port when it aborts. */
  readonly signal?: AbortSignal;
}

/** Options of `adoptDatagramPort`. */
export interface AdoptOptions extends PortOptions {
  /** The descriptor's IP version. The native backend finds out and needs not be told; dgram cannot, and takes it for 4. */
  readonly family?: Family;
}

/** Options of `listenUDP`. */
export interface ListenOptions extends PortOptions {
  /** Local address to bind, IPv6 with its zone. Default: every IPv4 address; `"::"`: every address. */
  readonly interface?: string;
  /** `SO_REUSEADDR`: share the port number; the port bound last gets unicast, each gets multicast. */
  readonly reuseAddress?: boolean;
  /** `SO_REUSEPORT`: share the port number; unicast is spread over the ports by flow. */
  readonly reusePort?: boolean;
  /** Leave IPv4 alone on `"::"`. Default: as the system has it (net.ipv6.bindv6only). */
  readonly ipv6Only?: boolean;
}

/** Options of `listenMulticast`. */
export interface MulticastListenOptions extends ListenOptions {
  /** Several ports, also of other processes, on one number; each gets every multicast datagram (`SO_REUSEADDR`). */
  readonly listenMultiple?: boolean;
  readonly ttl?: number; // 0 … 255, default 1
  readonly loopback?: boolean; // default true
  readonly outgoingInterface?: InterfaceSelector; // default: as routed
  /** The one group this port is for: joined at once. A backend that cannot isolate otherwise binds to it. */
  readonly group?: string;
}

/** Options of `connectUDP`. */
export interface ConnectOptions extends MulticastListenOptions {
  /** Local port number. Default 0: any free one. */
  readonly localPort?: number;
}

/** {@link PortOptions}, checked, with defaults. */
export interface ResolvedPortOptions {
  readonly maxPacketBytes: number;
  readonly receiveBufferBytes: number | undefined;
  readonly sendBufferBytes: number | undefined;
  readonly wantsArrival: boolean;
  readonly signal: AbortSignal | undefined;
}

/** Every other option, checked, with defaults. */
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

/** A way to a port. */
export type OpeningOperation = "adoptDatagramPort" | "listenUDP" | "listenMulticast" | "connectUDP";

/** Operation → the options it knows. */
const KEYS: Readonly<Record<OpeningOperation, readonly (keyof (AdoptOptions & ConnectOptions))[]>> = {
  adoptDatagramPort: [...PORT_KEYS, "family"],
  listenUDP: LISTEN_KEYS,
  listenMulticast: MULTICAST_KEYS,
  connectUDP: [...MULTICAST_KEYS, "localPort"],
};

/** @throws InvalidArgumentError for each option that is unknown or wrong. */
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

/** `port` is called `argument` in errors. @throws InvalidArgumentError for each argument and option that is wrong. */
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

/** The address to bind; without one, the unspecified address of the family that `group` shows, else IPv4's. */
function checkBindAddress(operation: string, options: MulticastListenOptions, interfaces: InterfaceSource): string {
  const { interface: on, group } = options;
  if (on === undefined) return anyAddress(group === undefined ? 4 : checkIP(operation, "group", group).family);
  if (typeof on !== "string") throw wrongType(operation, "interface", on, "the address to bind, as a string");
  if (on === "") return anyAddress(4);
  const literal = checkIP(operation, "interface", on);
  if (isMulticast(literal.address) && operation === "listenUDP") {
    const expected = "a local address; listenMulticast binds to groups";
    throw new InvalidArgumentError(BACKEND_ERRORS.ERR_ADDRESS_NOT_IP, { operation, argument: "interface", value: on, expected });
  }
  return checkZone(operation, "interface", literal, interfaces);
}

function checkOutgoing(operation: string, value: InterfaceSelector, interfaces: InterfaceSource): InterfaceSelector {
  const selector = parseSelector(operation, value, "outgoingInterface");
  if (selector.by === "default" || interfaces.select(selector).length > 0) return value;
  throw new InvalidArgumentError(BACKEND_ERRORS.ERR_INTERFACE_UNKNOWN, { operation, argument: "outgoingInterface", value });
}

/** Checks a group and leaves it as it was written: its zone may name an interface that is still to come. */
function checkGroupText(operation: string, value: string, family: Family): string {
  checkGroup(operation, value, family);
  return value;
}

function optional<In, Out>(value: In | undefined, check: (value: In) => Out): Out | undefined {
  return value === undefined ? undefined : check(value);
}
