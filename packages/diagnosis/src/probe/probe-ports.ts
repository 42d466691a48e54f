/** The sockets of a probe: one listens beside the programs of this host, one sends to itself. */
import { anyAddress, familyOf, type NetworkInterface, needsZone, type SocketAddress, withoutZone } from "@groupcast/backend";
import type { Arrival, MulticastPort, Reactor, SystemError } from "@groupcast/reactor";
import type { Reading } from "../host-files.js";
import type { ArrivalSummary } from "../verdict/diagnosis.js";
import type { JoinFailure, SelfTest } from "./observations.js";

/** Group, and where to join it. */
export interface ProbedGroup {
  /** IP literal of the group. */
  readonly address: string;
  /** Interfaces to join it on. */
  readonly interfaces: readonly NetworkInterface[];
  /** Addresses of this host. */
  readonly ownAddresses: ReadonlySet<string>;
}

const SELF_TEST_DATAGRAMS = 3;
const MOST_SENDERS = 100; // that are told apart: anybody can forge thousands

/**
 * Listens to a group on a port, beside the programs that have the port. Its sockets are bound to the group: bound to every address, they
 * would take away the unicast of those programs, since the socket that is bound last gets it.
 */
export class GroupListener {
  readonly #reactor: Reactor;
  readonly #group: ProbedGroup;
  readonly #ports: MulticastPort[] = [];
  readonly #tallies = new Map<string, { -readonly [Key in keyof ArrivalSummary]: ArrivalSummary[Key] }>();
  /** Joins that the system refused. */
  readonly failures: JoinFailure[] = [];
  #refusal: string | undefined;

  constructor(reactor: Reactor, group: ProbedGroup) {
    this.#reactor = reactor;
    this.#group = group;
  }

  /** Number of memberships. */
  get joins(): number {
    return this.#ports.reduce((sum, { memberships }) => sum + memberships.length, 0);
  }

  /** Opens the sockets and joins; what the system refuses is remembered. */
  open(port: number): void {
    const { address, interfaces } = this.#group;
    if (needsZone(address)) for (const one of interfaces) this.#openOne(port, `${address}%${one.name}`, [one]);
    else this.#openOne(port, address, interfaces);
  }

  /** Returns what has arrived so far. */
  arrivals(): Reading<readonly ArrivalSummary[]> {
    if (this.#ports.length > 0) return { value: [...this.#tallies.values()].map((tally) => ({ ...tally })) };
    return { path: "probe", reason: this.#refusal ?? "no interface carries multicast", remedy: "stop the program that has the port" };
  }

  /** Closes the sockets. */
  close(): void {
    for (const port of this.#ports) port.stopNow();
  }

  #openOne(number: number, bindTo: string, interfaces: readonly NetworkInterface[]): void {
    const received = (_data: Uint8Array, from: SocketAddress, arrival?: Arrival): void => this.#count(from.address, arrival);
    try {
      const port = this.#reactor.listenMulticast(number, { datagramReceived: received }, LISTENING(bindTo));
      this.#ports.push(port);
      for (const { name } of interfaces) this.#join(port, name);
    } catch (error) {
      const { errnoName, message } = error as SystemError;
      const isTaken = errnoName === "EADDRINUSE";
      this.#refusal ??= isTaken ? `a program holds port ${number} for itself, so nothing else can listen on it` : message;
    }
  }

  #join(port: MulticastPort, name: string): void {
    try {
      port.joinGroup(this.#group.address, name, { whenAvailable: false });
    } catch (error) {
      const { errnoName, message } = error as SystemError;
      this.failures.push({ interface: name, errnoName, message });
    }
  }

  #count(sender: string, arrival: Arrival | undefined): void {
    if (arrival?.destination !== undefined && arrival.destination !== this.#group.address) return;
    const address = withoutZone(sender);
    const isThisHost = this.#group.ownAddresses.has(address);
    const isTold = isThisHost || this.#tallies.size < MOST_SENDERS || this.#tallies.has(`${address} ${arrival?.interface}`);
    const source = isTold ? address : "others";
    const key = `${source} ${arrival?.interface}`;
    const tally = this.#tallies.get(key) ?? { source, interface: arrival?.interface, count: 0, ttl: undefined, isThisHost };
    tally.count++;
    tally.ttl = arrival?.ttl;
    this.#tallies.set(key, tally);
  }
}

const LISTENING = (bindTo: string) => ({ interface: bindTo, listenMultiple: true, arrival: true }) as const;

/** Sends a few datagrams to itself by one interface, on a port that no program has. They have TTL 0 and stay on this host. */
export class SelfTester {
  readonly #reactor: Reactor;
  readonly #group: string;
  readonly #at: NetworkInterface;
  #port: MulticastPort | undefined;
  #sent = 0;
  #arrived = 0;
  #refusal: string | undefined;

  constructor(reactor: Reactor, group: string, at: NetworkInterface) {
    this.#reactor = reactor;
    this.#group = group;
    this.#at = at;
  }

  /** Number of memberships. */
  get joins(): number {
    return this.#port?.memberships.length ?? 0;
  }

  /** Opens the socket and joins. */
  open(): void {
    try {
      this.#port = this.#reactor.listenMulticast(0, { datagramReceived: () => void this.#arrived++ }, this.#options());
      this.#port.joinGroup(this.#group, this.#at.name, { whenAvailable: false });
    } catch (error) {
      this.#refusal = (error as SystemError).errnoName ?? (error as Error).message;
    }
  }

  /** Sends; what the network refuses is remembered. */
  async send(): Promise<void> {
    const port = this.#port;
    if (port === undefined || this.#refusal !== undefined) return;
    const to = { address: needsZone(this.#group) ? `${this.#group}%${this.#at.name}` : this.#group, port: port.getHost().port };
    for (let number = 0; number < SELF_TEST_DATAGRAMS; number++) {
      try {
        await port.send(`groupcast doctor ${number}`, to);
        this.#sent++;
      } catch (error) {
        this.#refusal = (error as SystemError).errnoName ?? (error as Error).message;
      }
    }
  }

  /** Returns the fate of the datagrams so far. */
  result(): SelfTest {
    return { sent: this.#sent, arrived: this.#arrived, refusal: this.#refusal };
  }

  /** Closes the socket. */
  close(): void {
    this.#port?.stopNow();
  }

  #options() {
    return { interface: anyAddress(familyOf(this.#group)), outgoingInterface: this.#at.name, ttl: 0 } as const;
  }
}
