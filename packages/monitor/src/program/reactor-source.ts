import type { MulticastPort, PortStatistics, Reactor, UDPPort } from "@groupcast/reactor";
import { Rates } from "../rates.js";
import type { GroupSample, MonitorSource, PortSample, Readings } from "../sample.js";

const MOST_GROUPS = 8; // as of the ports of a host

/** The ports of a reactor: exact, as the program counts its own datagrams. */
export class ReactorSource implements MonitorSource {
  readonly #reactor: Reactor;
  readonly #rates = new Rates();
  readonly #ids = new WeakMap<UDPPort, string>();
  #opened = 0;

  /** Creates a source; reads nothing yet. */
  constructor(reactor: Reactor) {
    this.#reactor = reactor;
  }

  /** Reads the counters. */
  read(elapsedMs: number): Readings {
    this.#rates.begin(elapsedMs);
    const ports = this.#reactor.ports.map((port) => ({ port, sample: this.#portSample(port) }));
    const sum = (of: (port: PortSample) => number | undefined): number => ports.reduce((total, { sample }) => total + (of(sample) ?? 0), 0);
    return {
      ports: ports.map(({ sample }) => sample),
      groups: groupsOf(ports.map(({ port }) => port)),
      totals: {
        receivedPerSecond: sum(({ receivedPerSecond }) => receivedPerSecond),
        sentPerSecond: sum(({ sentPerSecond }) => sentPerSecond),
        lostPerSecond: sum(({ dropsPerSecond }) => dropsPerSecond),
      },
    };
  }

  #portSample(port: UDPPort): PortSample {
    const id = this.#idOf(port);
    const statistics = port.statistics();
    const rate = (counter: keyof PortStatistics) => this.#rates.of(`${id} ${counter}`, statistics[counter]);
    const { address, port: number } = port.getHost();
    const groups = [...new Set(membershipsOf(port).map(({ group }) => group))];
    const drops = statistics.kernelDrops + statistics.unreadDrops;
    return {
      id,
      address,
      port: number,
      program: port.toString().replace(new RegExp(` on ${number}$`), ""), // it has the number at its end
      groups: groups.slice(0, MOST_GROUPS),
      groupCount: groups.length,
      isMember: groups.length > 0,
      drops,
      dropsPerSecond: this.#rates.of(`${id} drops`, drops),
      receivedPerSecond: rate("received"),
      receivedBytesPerSecond: rate("receivedBytes"),
      sentPerSecond: rate("sent"),
      sendFailures: statistics.sendFailed + statistics.dropped,
    };
  }

  /** Numbers of ports are not unique: several may share one. */
  #idOf(port: UDPPort): string {
    const known = this.#ids.get(port);
    if (known !== undefined) return known;
    const id = `port ${this.#opened++}`;
    this.#ids.set(port, id);
    return id;
  }
}

function membershipsOf(port: UDPPort): MulticastPort["memberships"] {
  const { memberships = [] } = port as Partial<MulticastPort>;
  return memberships.filter(({ state }) => state === "joined");
}

/** Returns the groups of all ports; `users` counts the ports. */
function groupsOf(ports: readonly UDPPort[]): readonly GroupSample[] {
  const byName = new Map<string, GroupSample>();
  for (const port of ports) {
    const own = new Map(membershipsOf(port).map(({ group, interface: name }) => [`${group} ${name}`, { group, interface: name }]));
    for (const [key, one] of own) byName.set(key, { ...one, users: (byName.get(key)?.users ?? 0) + 1 });
  }
  return [...byName.values()];
}
