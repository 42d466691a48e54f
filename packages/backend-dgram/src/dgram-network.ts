import type { NetworkInterfaceInfo } from "node:os";
import type { BackendNetwork, InterfaceAddress, NetworkInterface, Outcome, Route } from "@groupcast/backend";
import { callGuarded, ERRNO, stderrLogger } from "@groupcast/base";
import { unsupportedOperation } from "./dgram-capabilities.js";
import { errnoOfError } from "./errno-of-error.js";
import { indexOfScope, interfaceIndexes } from "./interface-indexes.js";

const NO_MAC = "00:00:00:00:00:00";
const IPV4_BITS = 32;
const NOTHING_SEEN = "";
const FIRST_PREFIX_WITHOUT_BROADCAST = 31; // RFC 3021

/**
 * Interfaces of the host, from `os.networkInterfaces()`: those that are up, have a carrier and an address.
 *
 * It polls for changes. Routes are out of reach.
 */
export class DgramNetwork implements BackendNetwork {
  readonly #pollIntervalMs: number;
  readonly #watchers = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;
  #lastSeen = NOTHING_SEEN;

  constructor(pollIntervalMs: number) {
    this.#pollIntervalMs = pollIntervalMs;
  }

  /** Lists the interfaces. @returns A negative errno when the OS does not answer, as without free descriptors. */
  interfaces(): readonly NetworkInterface[] | Outcome {
    const seen = look();
    if (typeof seen === "number") return seen;
    this.#noteNews(seen);
    const { listed, indexes } = seen;
    return Object.entries(listed).map(([name, entries = []]) =>
      describeInterface(name, indexes.get(name) ?? indexOfScope(entries), entries),
    );
  }

  /** Throws `UnsupportedError`. */
  routeTo(_address: string, _source: string | undefined): Route | Outcome {
    throw unsupportedOperation("routeTo", "routes");
  }

  /** Throws `UnsupportedError`. */
  defaultRoute(): Route | undefined | Outcome {
    throw unsupportedOperation("defaultRoute", "routes");
  }

  /**
   * Starts to poll. It never fails: if the OS does not answer, the next poll asks again, and the first answer counts as a change.
   *
   * @returns A function that ends it.
   */
  watch(changed: () => void): (() => void) | Outcome {
    const watcher = (): void => changed(); // one for each call, also when they share a function
    this.#watchers.add(watcher);
    if (this.#timer === undefined) {
      this.#lastSeen = textOf(look());
      this.#timer = setInterval(() => this.#poll(), this.#pollIntervalMs).unref();
    }
    return () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  /** Makes the next poll report a change that a caller of `interfaces()` sees before it, even if all is as before by then. */
  #noteNews(seen: Look): void {
    if (this.#timer !== undefined && textOf(seen) !== this.#lastSeen) this.#lastSeen = NOTHING_SEEN;
  }

  /** Runs on the event loop, and never throws: a watcher that throws is logged, and the others run. */
  #poll(): void {
    const seen = textOf(look());
    if (seen === NOTHING_SEEN || seen === this.#lastSeen) return; // without an answer the next poll asks again
    this.#lastSeen = seen;
    for (const watcher of [...this.#watchers]) if (this.#watchers.has(watcher)) callGuarded(watcher, watcherThrew);
  }
}

function watcherThrew(error: unknown): void {
  stderrLogger.error("a listener of interface changes threw", { error });
}

/** Answer of the OS, unchanged. */
interface Look {
  readonly listed: NodeJS.Dict<NetworkInterfaceInfo[]>;
  readonly indexes: ReadonlyMap<string, number>;
}

function look(): Look | Outcome {
  try {
    return { listed: process.getBuiltinModule("node:os").networkInterfaces(), indexes: interfaceIndexes() };
  } catch (error) {
    return errnoOfError(error) ?? ERRNO.UNKNOWN;
  }
}

/** Returns a text that differs when the interfaces do; {@link NOTHING_SEEN} if the OS did not answer. */
function textOf(seen: Look | Outcome): string {
  return typeof seen === "number" ? NOTHING_SEEN : JSON.stringify([seen.listed, ...seen.indexes]);
}

/**
 * Describes an interface. Node does not report flags. A link with a hardware address is like Ethernet and carries multicast and broadcast;
 * a link without one (a tunnel) may or may not, so this claims neither.
 */
function describeInterface(name: string, index: number, entries: readonly NetworkInterfaceInfo[]): NetworkInterface {
  const mac = entries.find((entry) => entry.mac !== NO_MAC)?.mac;
  const loopback = entries.some((entry) => entry.internal);
  const isLikeEthernet = mac !== undefined && !loopback;
  return {
    name,
    index,
    addresses: entries.map((entry) => describeAddress(entry, isLikeEthernet)),
    ...(mac !== undefined && { mac }),
    flags: { up: true, running: true, loopback, multicast: isLikeEthernet, broadcast: isLikeEthernet, pointToPoint: false },
  };
}

function describeAddress(entry: NetworkInterfaceInfo, isLikeEthernet: boolean): InterfaceAddress {
  const prefixLength = Number(entry.cidr?.split("/")[1] ?? (entry.family === "IPv4" ? IPV4_BITS : 128));
  if (entry.family === "IPv6") return { address: entry.address, family: 6, prefixLength };
  const hasBroadcast = isLikeEthernet && prefixLength < FIRST_PREFIX_WITHOUT_BROADCAST;
  return {
    address: entry.address,
    family: 4,
    prefixLength,
    ...(hasBroadcast && { broadcast: broadcastAddress(entry.address, prefixLength) }),
  };
}

/** Returns the directed broadcast address: every host bit set (RFC 922). Linux accepts it on every such link (`fib_add_ifaddr`). */
function broadcastAddress(address: string, prefixLength: number): string {
  const hostBits = 2 ** (IPV4_BITS - prefixLength) - 1;
  const value = address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const broadcast = (value | hostBits) >>> 0;
  return [24, 16, 8, 0].map((shift) => (broadcast >>> shift) & 0xff).join(".");
}
