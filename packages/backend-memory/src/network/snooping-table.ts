/**
 * Knowledge of a link about its members, by their reports (IGMP, MLD): the ports behind which a group has been joined.
 *
 * As long as a querier asks, members report again and again, and the table holds. Without one it forgets a member when its latest report
 * is older than the Group Membership Interval: 2 × 125 s + 10 s by default (RFC 3376 section 8.4, RFC 3810 section 9.4; the membership
 * interval of Linux' bridge is the same, br_multicast_ctx_init() of net/bridge/br_multicast.c).
 */
import type { NetworkPort } from "./frame.js";

const MEMBERSHIP_INTERVAL_MS = 260_000;
const NOBODY: ReadonlyMap<NetworkPort, number> = new Map();

/** A clock, as far as the table needs one. */
export interface SnoopingClock {
  nowMs(): number;
}

export class SnoopingTable {
  readonly #clock: SnoopingClock;
  readonly #reports = new Map<string, Map<NetworkPort, number>>(); // group → port → when it reported
  #quietSinceMs: number | undefined; // since when nobody queries

  constructor(clock: SnoopingClock) {
    this.#clock = clock;
  }

  /** Sets whether a querier is active from now on. Hosts answer its first query at once, and have answered its last one. */
  setQuerier(isThere: boolean): void {
    if (isThere) this.#quietSinceMs = undefined;
    else this.#quietSinceMs ??= this.#clock.nowMs();
  }

  report(group: string, port: NetworkPort): void {
    const ports = this.#reports.get(group) ?? new Map<NetworkPort, number>();
    this.#reports.set(group, ports.set(port, this.#clock.nowMs()));
  }

  leave(group: string, port: NetworkPort): void {
    const ports = this.#reports.get(group);
    ports?.delete(port);
    if (ports?.size === 0) this.#reports.delete(group);
  }

  /** Forgets a port that has been unplugged. */
  forget(port: NetworkPort): void {
    for (const group of [...this.#reports.keys()]) this.leave(group, port);
  }

  has(group: string): boolean {
    for (const _ of this.of(group)) return true;
    return false;
  }

  /** Returns the ports with members that are still known. */
  of(group: string): Iterable<NetworkPort> {
    const ports = this.#reports.get(group) ?? NOBODY;
    if (this.#quietSinceMs === undefined || group.startsWith("224.0.0.")) return ports.keys(); // RFC 4541 section 2.1.2: never pruned
    const oldestMs = this.#clock.nowMs() - MEMBERSHIP_INTERVAL_MS;
    if (this.#quietSinceMs > oldestMs) return ports.keys();
    return [...ports].filter(([, reportedAtMs]) => reportedAtMs > oldestMs).map(([port]) => port);
  }
}
