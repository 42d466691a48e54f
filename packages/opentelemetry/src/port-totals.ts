import type { Membership, MulticastPort, Reactor, UDPPort } from "@groupcast/reactor";
import type { Attributes } from "@opentelemetry/api";
import { addCounts, type Counts, type Series, zeroCounts } from "./metric.js";
import { MEMBERSHIP_STATES, PORT_METRICS, type PortCount } from "./port-metrics.js";

/** Number of a port with series of its own; undefined: all other ports. */
type Place = number | undefined;

/**
 * Sums of the counters of a reactor's ports.
 *
 * Theory of operation: a port that closes leaves its last counters in the sum of its place, so sums never fall. There are as many places
 * as the program named ports, and one more, so ports that come and go leave nothing else behind.
 */
export class PortTotals {
  readonly #reactor: Reactor;
  readonly #attributes: ReadonlyMap<Place, Attributes>;
  readonly #closed: ReadonlyMap<Place, Counts<PortCount>>;
  readonly #open = new Set<UDPPort>();

  /** Counts from now on; ports that are open count from their beginning. @param attributes - Of every series. */
  constructor(reactor: Reactor, byPort: readonly number[], attributes: Attributes) {
    const numbers = byPort.map((number) => [number, { ...attributes, "network.local.port": number }] as const);
    this.#reactor = reactor;
    this.#attributes = new Map<Place, Attributes>([[undefined, attributes], ...numbers]);
    this.#closed = this.#perPlace(() => zeroCounts(PORT_METRICS));
    reactor.on("closed", this.#portClosed);
  }

  /** Returns the counts of each place. */
  readonly ports = (): Series<PortCount>[] => {
    const sums = this.#perPlace((place) => ({ ...this.#closed.get(place)! }));
    for (const port of this.#openPorts()) addCounts(sums.get(this.#placeOf(port))!, { ...port.statistics(), ports: 1 });
    return this.#seriesOf(sums);
  };

  /** Returns the number of memberships of each place, by state. */
  readonly memberships = (): Series<"memberships">[] => {
    const states = MEMBERSHIP_STATES.map((state) => [state, this.#perPlace(() => ({ memberships: 0 }))] as const);
    const sums = new Map(states);
    for (const port of this.#openPorts()) {
      for (const { state } of membershipsOf(port)) sums.get(state)!.get(this.#placeOf(port))!.memberships++;
    }
    return states.flatMap(([state, places]) => this.#seriesOf(places, { "groupcast.membership.state": state }));
  };

  /** Counts no more. */
  stop(): void {
    this.#reactor.off("closed", this.#portClosed);
  }

  readonly #portClosed = (port: UDPPort): void => {
    this.#open.delete(port);
    addCounts(this.#closed.get(this.#placeOf(port))!, { ...port.statistics(), ports: 0 });
  };

  /** A port that is closing leaves `reactor.ports` before the event `closed`; it stays here until then, so that no sum falls meanwhile. */
  #openPorts(): ReadonlySet<UDPPort> {
    for (const port of this.#reactor.ports) this.#open.add(port);
    return this.#open;
  }

  #placeOf(port: UDPPort): Place {
    const { port: number } = port.getHost();
    return this.#attributes.has(number) ? number : undefined;
  }

  #perPlace<T>(make: (place: Place) => T): Map<Place, T> {
    return new Map([...this.#attributes.keys()].map((place) => [place, make(place)]));
  }

  #seriesOf<Count extends string>(places: ReadonlyMap<Place, Counts<Count>>, further: Attributes = {}): Series<Count>[] {
    return [...places].map(([place, counts]) => [{ ...this.#attributes.get(place), ...further }, counts]);
  }
}

/** Every port has memberships, also one whose type does not show them. */
function membershipsOf(port: UDPPort): readonly Membership[] {
  return (port as Partial<MulticastPort>).memberships ?? [];
}
