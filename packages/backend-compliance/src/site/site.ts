/** Where contracts are run: a backend, and what the host under it offers. */
import type { DatagramBackend, Family } from "@groupcast/backend";
import type { TrialClock } from "./trial-clock.js";

/** Made anew for each contract. */
export interface Site {
  readonly backend: DatagramBackend;
  readonly clock: TrialClock;
  /** Makes one more backend of the same host, as a second reactor of a process has it. */
  readonly openAnother?: () => DatagramBackend;
  /**
   * Names of the interfaces that multicast is tried on: the first one is used by most contracts, a second by those about isolation.
   * Datagrams to a group that leave by one of them must come back to members on it (`IP_MULTICAST_LOOP`).
   */
  readonly interfaces: readonly string[];
  /** Why multicast cannot be tried on this host; absent where it can. */
  readonly multicastIsMissing?: string;
  readonly control?: InterfaceControl;
  /** Sets routes of the host; absent where contracts must not. */
  readonly routes?: RouteControl;
  /** Hands out descriptors of another program, one for each call. */
  readonly foreignSocket?: () => ForeignSocket;
  /** JavaScript that begins a module of its own and leaves the backend in `backend`: for worker threads and further processes. */
  readonly program?: string;
  /** What is still there of sockets, timers and watchers; empty when all is gone. Asked after everything was closed. */
  leftovers?(): readonly string[];
  dispose?(): void | Promise<void>;
}

/** Changes the interfaces of the host. The changes are in force when the promises settle. */
export interface InterfaceControl {
  /** Makes an interface that is up. @param addresses - With prefix length: `"10.77.9.1/24"`. */
  add(name: string, addresses: readonly string[]): Promise<void>;
  remove(name: string): Promise<void>;
  setUp(name: string, isUp: boolean): Promise<void>;
  /** Lets no more than `bytesPerSecond` leave by an interface, so that send buffers fill. Absent where that cannot be had. */
  throttle?(name: string, bytesPerSecond: number): Promise<void>;
}

/** Kind of route that refuses datagrams: ip-route(8). */
export type RefusingRoute = "prohibit" | "blackhole" | "unreachable";

/** Sets routes of the host. The changes are in force when the promises settle. */
export interface RouteControl {
  /**
   * Refuses datagrams to `destination`. The route goes before those of the interfaces; on Linux, IPv6 groups need it in the table
   * `local`.
   *
   * @param destination - With prefix length: `"239.255.1.2/32"`.
   */
  add(kind: RefusingRoute, destination: string): Promise<void>;
  /** Removes a route that {@link RouteControl.add} set. */
  remove(kind: RefusingRoute, destination: string): Promise<void>;
}

/** A UDP socket bound to loopback, that another program opened. Whoever made it closes the descriptor, after the contract. */
export interface ForeignSocket {
  readonly fd: number;
  readonly family: Family;
  readonly port: number;
}
