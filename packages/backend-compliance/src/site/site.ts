/** The place of a trial: a backend, and the host under it. */
import type { DatagramBackend, Family } from "@groupcast/backend";
import type { TrialClock } from "./trial-clock.js";

/** A backend and the features of its host. Each contract gets a fresh one. */
export interface Site {
  /** Backend under test. */
  readonly backend: DatagramBackend;
  /** Clock to wait with: {@link realClock} on a real network. */
  readonly clock: TrialClock;
  /** Makes one more backend of the same host, as a second reactor of the process would; absent where that is impossible. */
  readonly openAnother?: () => DatagramBackend;
  /**
   * Names of the interfaces for multicast: most contracts use the first one, those about isolation a second one.
   * Datagrams that leave for a group by one of them must come back to members on it (`IP_MULTICAST_LOOP`).
   */
  readonly interfaces: readonly string[];
  /** Reason why the host cannot carry multicast; absent where it can. */
  readonly multicastIsMissing?: string;
  /** Changes the interfaces of the host; absent where contracts must not. */
  readonly control?: InterfaceControl;
  /** Sets routes of the host; absent where contracts must not. */
  readonly routes?: RouteControl;
  /** Tells whether the process has a Linux capability, such as `"CAP_NET_RAW"`; absent where the backend asks for none. */
  readonly hasPrivilege?: (name: string) => boolean;
  /** Hands out sockets of another program, one for each call; absent where there are none. */
  readonly foreignSocket?: () => ForeignSocket;
  /** Source of a module up to where the backend is in `backend`: for worker threads and processes. Absent where only this process has it. */
  readonly program?: string;
  /** Lists sockets, timers and watchers of the backend that are left when everything is closed; empty when none is. */
  leftovers?(): readonly string[];
  /** Releases the site when its contract has ended. */
  dispose?(): void | Promise<void>;
}

/** Changes interfaces of the host. A change is in force when its promise settles. */
export interface InterfaceControl {
  /** Adds an interface that is up. @param addresses - With prefix length: `"10.77.9.1/24"`. */
  add(name: string, addresses: readonly string[]): Promise<void>;
  /** Removes an interface. */
  remove(name: string): Promise<void>;
  /** Switches an interface on or off. */
  setUp(name: string, isUp: boolean): Promise<void>;
  /** Lets no more than `bytesPerSecond` leave by an interface, so that send buffers fill. Absent where that is impossible. */
  throttle?(name: string, bytesPerSecond: number): Promise<void>;
}

/** Kind of route that refuses datagrams: ip-route(8). */
export type RefusingRoute = "prohibit" | "blackhole" | "unreachable";

/** Sets routes of the host. A change is in force when its promise settles. */
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

/** A UDP socket bound to loopback that another program opened. The site closes the descriptor, after the contract. */
export interface ForeignSocket {
  /** Descriptor of the socket in this process. */
  readonly fd: number;
  /** IP version of the socket. */
  readonly family: Family;
  /** Port that it is bound to. */
  readonly port: number;
}
