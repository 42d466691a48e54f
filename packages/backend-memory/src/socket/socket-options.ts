/** The options of a socket: their defaults, and the values that Linux makes of those that are set. */
import {
  BACKEND_ERRORS,
  type Capability,
  capabilitySet,
  type Family,
  type Feature,
  type OptionName,
  type Outcome,
} from "@groupcast/backend";
import { ERRNO, UnsupportedError } from "@groupcast/base";
import { DEFAULT_HOPS } from "../address/ip-numbers.js";
import type { BindingOptions } from "../host/endpoint.js";
import type { HostLimits } from "../host/host-limits.js";

const DEFAULT_BUFFER_BYTES = 212_992; // net.core.rmem_default, net.core.wmem_default
const MIN_RECEIVE_BUFFER_BYTES = 2304; // SOCK_MIN_RCVBUF of include/net/sock.h on 64 bits
const MIN_SEND_BUFFER_BYTES = 4608; // SOCK_MIN_SNDBUF

/** Features that are modelled. Without: adopt, because nothing here has a descriptor. */
const FEATURES: readonly Feature[] = [
  "blockSource",
  "downInterfaces",
  "icmpErrors",
  "interfaceEvents",
  "interfaceIndexes",
  "packetInfo",
  "routes",
  "sendPacketInfo",
  "steering",
];

/**
 * Options that are modelled. Without: receiveOffload, because the network hands over single datagrams; busyPollUs, because nothing sleeps;
 * and unreadDrops, because unread datagrams stay in the receive buffer, and kernelDrops counts the lost ones.
 */
export type SettableOption = Extract<
  OptionName,
  | "reuseAddress"
  | "reusePort"
  | "ipv6Only"
  | "bindToInterface"
  | "receiveBufferBytes"
  | "sendBufferBytes"
  | "broadcast"
  | "unicastTtl"
  | "trafficClass"
  | "multicastTtl"
  | "multicastLoopback"
  | "multicastAll"
  | "receivePacketInfo"
  | "receiveTtl"
  | "receiveTimestamp"
  | "receiveDropCount"
  | "receiveErrors"
>;

/** Values of the options of a new socket. */
const DEFAULTS: Readonly<Record<SettableOption, number>> = {
  reuseAddress: 0,
  reusePort: 0,
  ipv6Only: 0,
  bindToInterface: 0,
  receiveBufferBytes: DEFAULT_BUFFER_BYTES,
  sendBufferBytes: DEFAULT_BUFFER_BYTES,
  broadcast: 0,
  unicastTtl: DEFAULT_HOPS,
  trafficClass: 0,
  multicastTtl: 1,
  multicastLoopback: 1,
  multicastAll: 1,
  receivePacketInfo: 0,
  receiveTtl: 0,
  receiveTimestamp: 0,
  receiveDropCount: 0,
  receiveErrors: 0,
};

const SETTABLE = Object.keys(DEFAULTS) as SettableOption[];

/** Capabilities of a host in memory: what is listed above, so that a new option is not claimed before it is modelled. */
export const CAPABILITIES: ReadonlySet<Capability> = capabilitySet([
  ...FEATURES,
  ...SETTABLE.flatMap((name) => [`set ${name}`, `get ${name}`] as const),
  "get kernelDrops",
]);

export class SocketOptions implements BindingOptions {
  readonly values: Record<SettableOption, number> = { ...DEFAULTS };
  /** IP_MULTICAST_ALL of an IPv6 socket, which joins no IPv4 group itself: off until it is set (`inet6_create` of net/ipv6/af_inet6.c). */
  hearsMappedGroups = false;
  readonly #family: Family;
  readonly #limits: HostLimits;

  constructor(family: Family, limits: HostLimits) {
    this.#family = family;
    this.#limits = limits;
  }

  /** @param isBound - Whether the socket is bound; then it is too late for IPV6_V6ONLY. */
  set(name: OptionName, value: number, isBound: boolean): Outcome {
    requireCapability(`set ${name}`, "setOption", name);
    if (name === "ipv6Only") {
      if (this.#family === 4) return ERRNO.ENOPROTOOPT;
      if (isBound) return ERRNO.EINVAL;
    }
    if (name === "multicastAll") this.hearsMappedGroups = value === 1;
    this.values[name as SettableOption] = this.#granted(name as SettableOption, value);
    return 0;
  }

  get(name: OptionName): Outcome {
    requireCapability(`get ${name}`, "getOption", name);
    if (name === "ipv6Only" && this.#family === 4) return ERRNO.ENOPROTOOPT;
    return this.values[name as SettableOption];
  }

  /** Returns the value that is set: buffer sizes are capped, doubled and kept above a minimum (`sk_setsockopt` of net/core/sock.c). */
  #granted(name: SettableOption, value: number): number {
    const { maxReceiveBufferBytes, maxSendBufferBytes } = this.#limits;
    if (name === "receiveBufferBytes") return Math.max(2 * Math.min(value, maxReceiveBufferBytes), MIN_RECEIVE_BUFFER_BYTES);
    if (name === "sendBufferBytes") return Math.max(2 * Math.min(value, maxSendBufferBytes), MIN_SEND_BUFFER_BYTES);
    return value;
  }
}

function requireCapability(capability: Capability, operation: string, option: OptionName): void {
  if (CAPABILITIES.has(capability)) return;
  throw new UnsupportedError(BACKEND_ERRORS.ERR_UNSUPPORTED_OPTION, operation, { backend: "memory" }, { option });
}
