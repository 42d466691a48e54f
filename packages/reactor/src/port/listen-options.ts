/**
 * Options of opening a port: as users pass them, and the one table that says everything else about each of them.
 *
 * Theory of operation: {@link resolveOptions} checks the options that an operation takes and fills in the defaults. {@link bindSettings}
 * are the socket options that each socket gets before it is bound. {@link applyOptions} applies the others to the port, in the order of
 * the table, before the protocol starts. What neither applies is read by the code that opens the port.
 */

import { type Family, MAX_UDP_LENGTH_BYTES, type OptionName, type Steering } from "@groupcast/backend";
import { BASE_ERRORS, checkOptions, checkSignal, InvalidArgumentError } from "@groupcast/base";
import type { Groups } from "../multicast/groups.js";
import { checkFamily, checkPort } from "../network/check-argument.js";
import type { InterfaceSelector } from "../network/interface-selector.js";
import type { OptionCall } from "../network/socket-options.js";
import type { InterfaceSource } from "../network/zone.js";
import {
  isBindAddress,
  isBoolean,
  isGroup,
  isInterfaceName,
  isOutgoingInterface,
  isValueOf,
  isWithin,
  type OptionCheck,
} from "./option-checks.js";
import type { PortSettings } from "./port-settings.js";
import { checkSteering, isSteering } from "./steering.js";

/** Options of every port, also of one whose socket is bound already. */
export interface PortOptions {
  /** Longest datagram to receive, 1 … 65,535 bytes; longer ones are cut, flagged and counted. Default: the largest UDP payload. */
  readonly maxPacketSize?: number | undefined;
  /**
   * Size of the kernel's receive buffer, in bytes (`SO_RCVBUF`). Default: as the system has it. A smaller grant is logged, and reported by
   * `port.buffers` with the sysctl that caps it.
   */
  readonly receiveBufferBytes?: number | undefined;
  /** Size of the kernel's send buffer, in bytes (`SO_SNDBUF`); otherwise as {@link PortOptions.receiveBufferBytes}. */
  readonly sendBufferBytes?: number | undefined;
  /**
   * Traffic class of the port's datagrams, 0 … 255: DSCP in the upper six bits, ECN in the lower two (RFC 2474, RFC 3168). Default: the
   * system's, usually 0. As `setTrafficClass` (`IP_TOS`, `IPV6_TCLASS`).
   */
  readonly trafficClass?: number | undefined;
  /**
   * TTL of unicast, 1 … 255; on IPv6 the hop limit. Default: as the system has it, usually 64. As `setUnicastTTL` (`IP_TTL`,
   * `IPV6_UNICAST_HOPS`).
   */
  readonly unicastTTL?: number | undefined;
  /**
   * Whether the kernel may pass on several datagrams of one flow at once, which costs less (`UDP_GRO`). The port still delivers them one by
   * one, but a run that does not fit into the receive buffer counts as one in `statistics().kernelDrops`. Default: true, if the backend
   * can; with false, each lost datagram counts.
   */
  readonly receiveOffload?: boolean | undefined;
  /**
   * Largest number of bytes that the port sends a second, 1 or more: payload, and the headers of IP and UDP (28 bytes a datagram, 48 on an
   * IPv6 port). Default: no limit. Datagrams beyond that wait in the send queue, within its bounds. A burst is worth 1 ms of the rate, or
   * is one longer datagram; if a timer is late, the burst grows by the delay. As `setMaxBytesPerSecond`.
   */
  readonly maxBytesPerSecond?: number | undefined;
  /**
   * Time for which the event loop polls before it sleeps, and after each datagram of the port, in microseconds, 0 … 1,000,000. Default: 0.
   * Saves the time to wake up, and occupies a core while it lasts. Native only: others throw UnsupportedError, unless it is 0. Sets
   * `SO_BUSY_POLL`, too, where the kernel lets the process do so. See docs/performance.md.
   */
  readonly busyPollUs?: number | undefined;
  /** Whether datagramReceived gets an {@link Arrival} (destination, interface, TTL, time) as third argument. Default: false. */
  readonly arrival?: boolean | undefined;
  /** Stops the port when it aborts; if it is aborted already, opening throws its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `adoptDatagramPort`. */
export interface AdoptOptions extends PortOptions {
  /** IP version of the descriptor. Default: native asks the OS; dgram cannot, and assumes 4. */
  readonly family?: Family | undefined;
}

/** Options of `listenUDP`. */
export interface ListenOptions extends PortOptions {
  /** IP literal of the local address to bind, IPv6 with its zone. Default: every IPv4 address; `"::"`: every address. */
  readonly interface?: string | undefined;
  /** Whether to share the port number (`SO_REUSEADDR`): the port bound last gets unicast, each gets multicast. Default: false. */
  readonly reuseAddress?: boolean | undefined;
  /** Whether to share the port number (`SO_REUSEPORT`): unicast is spread over the ports by flow. Default: false. */
  readonly reusePort?: boolean | undefined;
  /**
   * Rule by which unicast is spread over the ports that share the number, instead of by flow; needs `reusePort: true`. Every port of the
   * number gets the rule of the one opened last. With `by: "payload"` the default of `receiveOffload` is false: the kernel steers a merged
   * run by its first datagram. Native on Linux, and in memory; others throw UnsupportedError (`SO_ATTACH_REUSEPORT_CBPF`). See
   * docs/many-cores.md.
   */
  readonly steering?: Steering | undefined;
  /** Whether a port on `"::"` leaves IPv4 to others (`IPV6_V6ONLY`). Default: as the system has it (net.ipv6.bindv6only). */
  readonly ipv6Only?: boolean | undefined;
  /**
   * Name of the only interface to send and receive by; `"default"`: every one. As `setBindToInterface` (`SO_BINDTOIFINDEX`), before the
   * port number is taken, so that each interface may have a port of the same number. Not on dgram.
   */
  readonly bindToInterface?: string | undefined;
}

/** Options of `listenMulticast`. */
export interface MulticastListenOptions extends Omit<ListenOptions, "steering"> {
  /**
   * Whether several ports, also of other processes, may listen on this number; each gets every multicast datagram (`SO_REUSEADDR`).
   * Default: false.
   */
  readonly listenMultiple?: boolean | undefined;
  /**
   * TTL of multicast, 0 … 255: 0 stays on this host, 1 on the link; on IPv6 the hop limit. Default: 1. As `setTTL` (`IP_MULTICAST_TTL`).
   */
  readonly ttl?: number | undefined;
  /** Whether members on this host receive the multicast that this port sends. Default: true. As `setLoopbackMode` (`IP_MULTICAST_LOOP`). */
  readonly loopback?: boolean | undefined;
  /**
   * Interface that multicast leaves by; one that does not exist yet is waited for. Default: the one that the route names. As
   * `setOutgoingInterface` (`IP_MULTICAST_IF`).
   */
  readonly outgoingInterface?: InterfaceSelector | undefined;
  /** IP literal of a group that is joined at once. Unicast is delivered as well, unless `multicastOnly` is true. */
  readonly group?: string | undefined;
  /**
   * Whether only datagrams that were sent to a group are delivered; `statistics().foreign` counts the others. Default: false. dgram does
   * not see destinations: there the port needs `group`, which it is bound to, and the OS refuses the others uncounted. It then joins no
   * other group.
   */
  readonly multicastOnly?: boolean | undefined;
  /**
   * Whether the port receives only the groups that it has joined itself. Default: true. False: as the kernel has it, also those that other
   * sockets of this host have joined (`IP_MULTICAST_ALL`); the port then has as many memberships as the kernel lets one socket have.
   * `multicastOnly` isolates in any case.
   */
  readonly isolated?: boolean | undefined;
}

/** Options of `connectUDP`. */
export interface ConnectOptions extends MulticastListenOptions {
  /** Local port number, 0 … 65,535. Default 0: any free one. */
  readonly localPort?: number | undefined;
}

/** Every option of every operation. */
type AllOptions = Required<AdoptOptions & ListenOptions & ConnectOptions>;

/** Options that have a default other than undefined. */
type Defaulted =
  | "maxPacketSize"
  | "receiveOffload"
  | "busyPollUs"
  | "arrival"
  | "reuseAddress"
  | "reusePort"
  | "listenMultiple"
  | "multicastOnly"
  | "isolated"
  | "localPort";

/**
 * Options after checks and defaults. An option that an operation does not take has its default there. `bindToInterface` is the interface's
 * index; 0: none.
 */
export type ResolvedOptions = Omit<AllOptions, Defaulted | "bindToInterface"> & { readonly bindToInterface: number | undefined } & {
  readonly [Name in Defaulted]: NonNullable<AllOptions[Name]>;
};

/** Name of a method that opens a port. */
export type OpeningOperation = "adoptDatagramPort" | "listenUDP" | "listenMulticast" | "connectUDP";

/** Pieces of a port that options are applied to. */
export interface OptionTarget {
  readonly settings: PortSettings;
  readonly groups: Groups;
}

/** One row of the table. */
interface OptionRow<Resolved, Takers = readonly OpeningOperation[]> {
  /** Operations that take the option. */
  readonly takenBy: Takers;
  /** Returns the checked value. */
  readonly check: OptionCheck<Resolved>;
  /** Value of an option that is not given. Default: undefined. */
  readonly fallback?: Resolved;
  /** Socket option that each socket of the port gets before it is bound, unless the value is the fallback. */
  readonly beforeBind?: OptionName;
  /** Applies the value to the bound port. */
  readonly apply?: (target: OptionTarget, value: NonNullable<Resolved>, call: OptionCall) => void;
  /** Advice for a call of an operation that does not take the option, besides the operations that do. */
  readonly elsewhere?: string;
}

// Lists of operations, one for each interface above.
const EVERY = ["adoptDatagramPort", "listenUDP", "listenMulticast", "connectUDP"] as const;
const BINDING = ["listenUDP", "listenMulticast", "connectUDP"] as const;
const LISTENING = ["listenUDP"] as const;
const MULTICAST = ["listenMulticast", "connectUDP"] as const;
const CONNECTING = ["connectUDP"] as const;
const ADOPTING = ["adoptDatagramPort"] as const;

/** Operations whose options have `Name`. */
type Takers<Name> = Name extends keyof PortOptions
  ? typeof EVERY
  : Name extends "steering"
    ? typeof LISTENING
    : Name extends keyof ListenOptions
      ? typeof BINDING
      : Name extends keyof MulticastListenOptions
        ? typeof MULTICAST
        : Name extends keyof ConnectOptions
          ? typeof CONNECTING
          : typeof ADOPTING;

/** Row of `Name`: with the operations that its interface stands for, and with a fallback just where it has a default. */
type RowOf<Name extends keyof ResolvedOptions> = OptionRow<ResolvedOptions[Name], Takers<Name>> &
  (Name extends Defaulted ? { readonly fallback: ResolvedOptions[Name] } : { readonly fallback?: never });

const TABLE = {
  maxPacketSize: { takenBy: EVERY, check: isWithin([1, MAX_UDP_LENGTH_BYTES]), fallback: MAX_UDP_LENGTH_BYTES },
  receiveBufferBytes: {
    takenBy: EVERY,
    check: isValueOf("receiveBufferBytes"),
    apply: ({ settings }, bytes, call) => settings.resizeBuffer(call, "receive", bytes),
  },
  sendBufferBytes: {
    takenBy: EVERY,
    check: isValueOf("sendBufferBytes"),
    apply: ({ settings }, bytes, call) => settings.resizeBuffer(call, "send", bytes),
  },
  trafficClass: {
    takenBy: EVERY,
    check: isValueOf("trafficClass"),
    apply: ({ settings }, value, call) => settings.set(call, "trafficClass", value),
  },
  unicastTTL: {
    takenBy: EVERY,
    check: isValueOf("unicastTtl"),
    apply: ({ settings }, hops, call) => settings.set(call, "unicastTtl", hops),
  },
  receiveOffload: { takenBy: EVERY, check: isBoolean, fallback: true },
  maxBytesPerSecond: {
    takenBy: EVERY,
    check: isWithin([1, Number.MAX_SAFE_INTEGER]),
    apply: ({ settings }, bytesPerSecond) => settings.pace(bytesPerSecond),
  },
  busyPollUs: {
    takenBy: EVERY,
    check: isValueOf("busyPollUs"),
    fallback: 0,
    apply: ({ settings }, us, call) => us > 0 && settings.set(call, "busyPollUs", us),
  },
  arrival: { takenBy: EVERY, check: isBoolean, fallback: false },
  signal: { takenBy: EVERY, check: (value, { operation }) => checkSignal(operation, value) },
  family: { takenBy: ADOPTING, check: (value, { operation }) => checkFamily(operation, value) },
  interface: { takenBy: BINDING, check: isBindAddress },
  reuseAddress: { takenBy: BINDING, check: isBoolean, fallback: false, beforeBind: "reuseAddress" },
  reusePort: { takenBy: BINDING, check: isBoolean, fallback: false, beforeBind: "reusePort" },
  steering: {
    takenBy: LISTENING,
    check: isSteering,
    apply: ({ settings }, steering, call) => settings.steer(call, steering),
    elsewhere: " (multicast goes to every port that joined the group, and is not steered)",
  },
  ipv6Only: { takenBy: BINDING, check: isBoolean, beforeBind: "ipv6Only" },
  bindToInterface: { takenBy: BINDING, check: isInterfaceName, beforeBind: "bindToInterface" },
  listenMultiple: { takenBy: MULTICAST, check: isBoolean, fallback: false, beforeBind: "reuseAddress" },
  outgoingInterface: {
    takenBy: MULTICAST,
    check: isOutgoingInterface,
    apply: ({ groups }, to, { operation }) => groups.setOutgoingInterface(to, operation),
  },
  loopback: { takenBy: MULTICAST, check: isBoolean, apply: ({ groups }, on, call) => groups.setLoopbackMode(on, call) },
  ttl: {
    takenBy: MULTICAST,
    check: isValueOf("multicastTtl"),
    apply: ({ groups }, hops, call) => groups.setTTL(hops, call),
    elsewhere: " (it is the TTL of multicast, and unicastTTL is that of unicast)",
  },
  group: {
    takenBy: MULTICAST,
    check: isGroup,
    apply: ({ groups }, group, { operation }) => groups.join(group, undefined, undefined, operation),
  },
  multicastOnly: { takenBy: MULTICAST, check: isBoolean, fallback: false },
  isolated: { takenBy: MULTICAST, check: isBoolean, fallback: true },
  localPort: { takenBy: CONNECTING, check: (value, { operation, option }) => checkPort(operation, value, 0, option), fallback: 0 },
} as const satisfies { readonly [Name in keyof ResolvedOptions]: RowOf<Name> };

const NAMES = Object.keys(TABLE) as (keyof typeof TABLE)[];

/** Row of any option: the table proves that its value fits. */
type AnyRow = OptionRow<unknown>;

function rowOf(name: keyof ResolvedOptions): AnyRow {
  return TABLE[name] as AnyRow;
}

/** Map of operation → names of its options. */
const OPTIONS_OF: Readonly<Record<OpeningOperation, readonly (keyof ResolvedOptions)[]>> = {
  adoptDatagramPort: namesOf("adoptDatagramPort"),
  listenUDP: namesOf("listenUDP"),
  listenMulticast: namesOf("listenMulticast"),
  connectUDP: namesOf("connectUDP"),
};

/** Names that people bring from other libraries → advice. */
const OF_OTHERS: Readonly<Record<string, string>> = {
  port: "pass the port number as an argument of its own",
  address: "pass the local address as option interface",
  host: "pass the local address as option interface",
  multicastTtl: "pass it as option ttl of listenMulticast()",
  multicastTTL: "pass it as option ttl of listenMulticast()",
  multicastInterface: "pass the interface as option outgoingInterface of listenMulticast()",
  multicastLoopback: "pass it as option loopback of listenMulticast()",
  dscp: "pass it as option trafficClass, shifted left by two: 46 << 2",
  tos: "pass it as option trafficClass",
  bindToDevice: "pass the name of the interface as option bindToInterface",
  recvBufferSize: "pass it as option receiveBufferBytes",
  sendBufferSize: "pass it as option sendBufferBytes",
};

function namesOf(operation: OpeningOperation): readonly (keyof ResolvedOptions)[] {
  return NAMES.filter((name) => rowOf(name).takenBy.includes(operation));
}

/** Checks options and adds the defaults. @throws InvalidArgumentError: an option is unknown or wrong. */
export function resolveOptions(
  operation: OpeningOperation,
  given: ListenOptions | ConnectOptions | AdoptOptions | undefined,
  interfaces: InterfaceSource,
): ResolvedOptions {
  refuseMisplaced(operation, given);
  const options: Readonly<Record<string, unknown>> = checkOptions<AdoptOptions & ListenOptions & ConnectOptions>(
    operation,
    given,
    OPTIONS_OF[operation],
    OF_OTHERS,
  );
  const resolve = (option: keyof ResolvedOptions): unknown => {
    const { check, fallback } = rowOf(option);
    const value = options[option];
    return value === undefined ? fallback : check(value, { operation, option, interfaces });
  };
  const resolved = Object.fromEntries(NAMES.map((name) => [name, resolve(name)])) as unknown as ResolvedOptions;
  checkSteering(operation, resolved);
  const isSteeredByKey = resolved.steering?.by === "payload" && options.receiveOffload === undefined;
  return isSteeredByKey ? { ...resolved, receiveOffload: false } : resolved;
}

/** A socket option to set before a socket is bound, its value, and the listen option that asks for it. */
export type BindSetting = readonly [name: OptionName, value: number, option: string];

/** Returns the socket options that each socket of the port gets before it is bound. */
export function bindSettings(options: ResolvedOptions): readonly BindSetting[] {
  return NAMES.flatMap((option): BindSetting[] => {
    const { beforeBind, fallback } = rowOf(option);
    const value = options[option];
    return beforeBind === undefined || value === fallback ? [] : [[beforeBind, Number(value), option]];
  });
}

/** Applies to the bound port the options that were given. @throws SystemError. @throws UnsupportedError. Both name call and option. */
export function applyOptions(target: OptionTarget, operation: string, options: ResolvedOptions): void {
  for (const option of NAMES) {
    const value = options[option];
    if (value !== undefined) rowOf(option).apply?.(target, value, { operation, option });
  }
}

/** Refuses an option of other operations, and names them. */
function refuseMisplaced(operation: OpeningOperation, given: unknown): void {
  if (typeof given !== "object" || given === null) return;
  for (const [value, at] of Object.entries(given)) {
    if (at === undefined || !Object.hasOwn(TABLE, value)) continue;
    const { takenBy, elsewhere = "" } = rowOf(value as keyof ResolvedOptions);
    if (takenBy.includes(operation)) continue;
    const takers = takenBy.map((taker) => `${taker}()`).join(" or ");
    const advice = `use ${takers}, which ${takenBy.length === 1 ? "has" : "have"} this option${elsewhere}`;
    throw new InvalidArgumentError(BASE_ERRORS.ERR_OPTION_UNKNOWN, { operation, argument: "option", value, advice });
  }
}
