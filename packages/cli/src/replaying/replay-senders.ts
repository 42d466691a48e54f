import { anyAddress, familyOf } from "@groupcast/backend";
import type { Destination, InterfaceSelector, MulticastPort, Reactor } from "groupcast";
import { type SendReport, SendTally } from "../sending/send-tally.js";

/** Options of sending that all senders of a replay share. */
export interface ReplaySettings {
  /** Outgoing interface for groups. Default: that of the route. */
  readonly interface?: InterfaceSelector | undefined;
  /** TTL of groups. Default: 1. */
  readonly ttl?: number | undefined;
}

const MOST_SENDERS = 64; // sockets; further senders share the last one

/** Ports that stand for the recorded senders: each has one, so that receivers tell their streams apart. */
export class ReplaySenders {
  readonly #reactor: Reactor;
  readonly #settings: ReplaySettings;
  readonly #ports = new Map<string, MulticastPort>();
  readonly #tallies: SendTally[] = [];

  constructor(reactor: Reactor, settings: ReplaySettings) {
    this.#reactor = reactor;
    this.#settings = settings;
  }

  /** Returns the port that sends to `to` in the place of a recorded sender. */
  portFor(from: Destination, to: string): MulticastPort {
    const family = familyOf(to);
    const key = `${family} ${from.address} ${from.port}`;
    const shared = `${family} others`;
    const known = this.#ports.get(key) ?? (this.#ports.size >= MOST_SENDERS ? this.#ports.get(shared) : undefined);
    if (known !== undefined) return known;
    const { interface: outgoingInterface, ttl } = this.#settings;
    const port = this.#reactor.listenMulticast(
      0,
      { datagramReceived: () => {} },
      { interface: anyAddress(family), outgoingInterface, ttl },
    );
    if (family === 4) port.setBroadcastAllowed(true); // --to names it
    this.#ports.set(this.#ports.size >= MOST_SENDERS ? shared : key, port);
    this.#tallies.push(new SendTally(port, this.#reactor.clock));
    return port;
  }

  /** The ports. */
  get ports(): readonly MulticastPort[] {
    return [...this.#ports.values()];
  }

  /** Returns what has become of the datagrams of all of them. */
  report(): Pick<SendReport, "sent" | "sentBytes" | "failed" | "failures" | "errors"> {
    const failures: Record<string, number> = {};
    const reports = this.#tallies.map((tally) => tally.report());
    for (const report of reports)
      for (const [kind, count] of Object.entries(report.failures)) failures[kind] = (failures[kind] ?? 0) + count;
    const sum = (of: (report: SendReport) => number): number => reports.reduce((total, report) => total + of(report), 0);
    const errors = new Map(reports.flatMap((report) => report.errors.map((error) => [error.message, error])));
    return {
      sent: sum(({ sent }) => sent),
      sentBytes: sum(({ sentBytes }) => sentBytes),
      failed: sum(({ failed }) => failed),
      failures,
      errors: [...errors.values()],
    };
  }

  /** Closes the ports. */
  close(): void {
    for (const tally of this.#tallies) tally.close();
    for (const port of this.#ports.values()) port.stopNow();
  }
}
