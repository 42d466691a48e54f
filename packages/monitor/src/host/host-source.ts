/** State of a host as Linux reports it: sockets, groups, interfaces and counters. Reading it changes nothing, and needs no privilege. */
import type { Family } from "@groupcast/backend";
import type { Clock } from "@groupcast/base";
import {
  type HostFiles,
  hostFiles,
  isKernelGroup,
  isUnread,
  type KernelMembership,
  type Reading,
  readCounters,
  readInterfaceTraffic,
  readMemberships,
  readUDPSockets,
  type Unread,
} from "@groupcast/diagnosis";
import type { Network } from "@groupcast/reactor";
import { Rates } from "../rates.js";
import type { GroupSample, InterfaceSample, MonitorSource, Readings, RelaySample, TotalSample } from "../sample.js";
import { hostInterfaces } from "./host-interfaces.js";
import { hostPorts } from "./host-ports.js";
import { hostRelays } from "./host-relays.js";
import { SocketOwnerCache } from "./socket-owners.js";
import { SteadySockets } from "./steady-sockets.js";

/** Options of a {@link HostSource}. */
export interface HostSourceOptions {
  /** Network whose interfaces are listed. */
  readonly network: Network;
  /** Clock for the pauses between two searches of processes. */
  readonly clock: Clock;
  /** Files in which Linux describes itself. Default: those of this host. */
  readonly files?: HostFiles | undefined;
  /** Name of the only interface whose groups and traffic are shown. Default: all. */
  readonly interface?: string | undefined;
  /** Process id whose ports are left out, such as that of a monitor that itself listens. Default: none. */
  readonly hiddenPid?: number | undefined;
  /** Port number of the channels' network, to look for its relays. Default: no search. */
  readonly channelPort?: number | undefined;
}

const FAMILIES: readonly Family[] = [4, 6];

/** Map of family → names of its counters in /proc/net/snmp and snmp6. */
const UDP_COUNTERS: Readonly<Record<Family, Readonly<Record<keyof TotalSample, string>>>> = {
  4: {
    receivedPerSecond: "Udp.InDatagrams",
    sentPerSecond: "Udp.OutDatagrams",
    lostPerSecond: "Udp.RcvbufErrors",
    unwantedPerSecond: "Udp.NoPorts",
  },
  6: {
    receivedPerSecond: "Udp6InDatagrams",
    sentPerSecond: "Udp6OutDatagrams",
    lostPerSecond: "Udp6RcvbufErrors",
    unwantedPerSecond: "Udp6NoPorts",
  },
};

/** The sockets, groups, interfaces and UDP counters of this host, with the programs that have them as far as this user may see them. */
export class HostSource implements MonitorSource {
  readonly #options: HostSourceOptions;
  readonly #files: HostFiles;
  readonly #owners: SocketOwnerCache;
  readonly #sockets = new SteadySockets();
  readonly #rates = new Rates();

  /** Creates a source; reads nothing yet. */
  constructor(options: HostSourceOptions) {
    this.#options = options;
    this.#files = options.files ?? hostFiles();
    this.#owners = new SocketOwnerCache(this.#files, () => options.clock.nowMs());
  }

  /** Reads the files. */
  read(elapsedMs: number): Readings {
    this.#rates.begin(elapsedMs);
    const unread: Unread[] = [];
    const take = <T>(reading: Reading<readonly T[]>): readonly T[] => {
      if (!isUnread(reading)) return reading.value;
      unread.push(reading);
      return [];
    };
    const sockets = this.#sockets.of(FAMILIES.flatMap((family) => take(readUDPSockets(this.#files, family))));
    const groups = this.#groupsOf(FAMILIES.flatMap((family) => take(readMemberships(this.#files, family))));
    const owners = this.#owners.of(new Set(sockets.map(({ inode }) => inode)));
    const { hiddenPid } = this.#options;
    const all = hostPorts(sockets, { groups, owners, rates: this.#rates });
    const ports = hiddenPid === undefined ? all : all.filter(({ pid }) => pid !== hiddenPid);
    return {
      ports,
      groups,
      interfaces: this.#interfaces(take(readInterfaceTraffic(this.#files))),
      relays: this.#relays(ports),
      totals: this.#totals(unread),
      limits: [...limitsOf(unread), ...hiddenText(this.#owners.hidden)],
    };
  }

  #groupsOf(memberships: readonly KernelMembership[]): readonly GroupSample[] {
    const { interface: only } = this.#options;
    return memberships
      .filter(({ group, interface: name }) => !isKernelGroup(group) && (only === undefined || name === only))
      .map(({ group, interface: name, users }) => ({ group, interface: name, users }));
  }

  #interfaces(traffic: Parameters<typeof hostInterfaces>[1]): readonly InterfaceSample[] {
    const { network, interface: only } = this.#options;
    const interfaces = network.interfaces().filter(({ name }) => only === undefined || name === only);
    return hostInterfaces(interfaces, traffic, this.#rates);
  }

  #relays(ports: Readings["ports"] = []): readonly RelaySample[] {
    const { channelPort } = this.#options;
    return channelPort === undefined ? [] : hostRelays(ports, channelPort);
  }

  #totals(unread: Unread[]): TotalSample {
    const rateOf = (name: keyof TotalSample) => FAMILIES.reduce((sum, family) => sum + (rates[family]?.[name] ?? 0), 0);
    const rates = Object.fromEntries(FAMILIES.map((family) => [family, this.#familyTotals(family, unread)]));
    return {
      receivedPerSecond: rateOf("receivedPerSecond"),
      sentPerSecond: rateOf("sentPerSecond"),
      lostPerSecond: rateOf("lostPerSecond"),
      unwantedPerSecond: rateOf("unwantedPerSecond"),
    };
  }

  #familyTotals(family: Family, unread: Unread[]): Record<string, number> {
    const counters = readCounters(this.#files, family);
    if (isUnread(counters)) {
      unread.push(counters);
      return {};
    }
    const names = Object.entries(UDP_COUNTERS[family]);
    return Object.fromEntries(names.map(([rate, name]) => [rate, this.#rates.of(name, counters.value.get(name)?.value ?? 0)]));
  }
}

function limitsOf(unread: readonly Unread[]): string[] {
  const isForeign = process.platform !== "linux" && unread.length > 0;
  if (isForeign)
    return [
      "Ports, groups and counters of the host are read from /proc, which only Linux has. The monitor still listens to groups that are named.",
    ];
  return unread.map(({ path, reason }) => `Not read: ${path}: ${reason}.`);
}

function hiddenText(hidden: number): string[] {
  if (hidden === 0) return [];
  return [`${hidden === 1 ? "1 process is" : `${hidden} processes are`} hidden from this user: root sees which programs have their ports.`];
}
