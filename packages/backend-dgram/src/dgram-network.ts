import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";
import type { BackendNetwork, InterfaceAddress, NetworkInterface, Outcome, Route } from "@groupcast/backend";
import { unsupportedOperation } from "./dgram-capabilities.js";
import { indexOfScope, interfaceIndexes } from "./interface-indexes.js";

const NO_MAC = "00:00:00:00:00:00";
const IPV4_BITS = 32;
const NOTHING_SEEN = "";
const FIRST_PREFIX_WITHOUT_BROADCAST = 31; // RFC 3021

/**
 * The interfaces of the host, as `os.networkInterfaces()` tells them: those that are up, have a carrier and an address.
 *
 * Changes are found by asking again and again. Routes are out of reach.
 */
export class DgramNetwork implements BackendNetwork {
  readonly #pollIntervalMs: number;
  readonly #watchers = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;
  #lastSeen = NOTHING_SEEN;

  constructor(pollIntervalMs: number) {
    this.#pollIntervalMs = pollIntervalMs;
  }

  interfaces(): readonly NetworkInterface[] | Outcome {
    const { listed, indexes } = this.#noteNews(look());
    return Object.entries(listed).map(([name, entries = []]) =>
      describeInterface(name, indexes.get(name) ?? indexOfScope(entries), entries),
    );
  }

  routeTo(_address: string, _source: string | undefined): Route | Outcome {
    throw unsupportedOperation("routeTo");
  }

  defaultRoute(): Route | undefined | Outcome {
    throw unsupportedOperation("defaultRoute");
  }

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

  /** Whoever is told of a change before the next poll must be told by it, too, even if all is as before by then. */
  #noteNews(seen: Look): Look {
    if (this.#timer !== undefined && textOf(seen) !== this.#lastSeen) this.#lastSeen = NOTHING_SEEN;
    return seen;
  }

  #poll(): void {
    const seen = textOf(look());
    if (seen === this.#lastSeen) return;
    this.#lastSeen = seen;
    for (const watcher of [...this.#watchers]) if (this.#watchers.has(watcher)) watcher();
  }
}

/** What the OS says of the interfaces, as it is. */
interface Look {
  readonly listed: ReturnType<typeof networkInterfaces>;
  readonly indexes: ReadonlyMap<string, number>;
}

function look(): Look {
  return { listed: networkInterfaces(), indexes: interfaceIndexes() };
}

function textOf({ listed, indexes }: Look): string {
  return JSON.stringify([listed, ...indexes]);
}

/**
 * Node does not tell the flags. A link that has a hardware address is like Ethernet and carries multicast and broadcast; of one that
 * has none (a tunnel) that is not known, and not claimed.
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

/** The directed broadcast address: every host bit set (RFC 922). Linux takes it for one on every such link (`fib_add_ifaddr`). */
function broadcastAddress(address: string, prefixLength: number): string {
  const hostBits = 2 ** (IPV4_BITS - prefixLength) - 1;
  const value = address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const broadcast = (value | hostBits) >>> 0;
  return [24, 16, 8, 0].map((shift) => (broadcast >>> shift) & 0xff).join(".");
}
