import {
  type BackendNetwork,
  type DatagramBackend,
  errnoName,
  type Family,
  type NetworkInterface,
  type Route,
  SystemError,
  UnsupportedError,
} from "@groupcast/backend";
import { checkBoolean, checkFamily, checkOptions } from "./check-argument.js";
import { Emitter, type EventTable, type Subscribable } from "./emitter.js";
import { type InterfaceWish, selectInterfaces } from "./interface-selector.js";
import { checkIP, checkIPOf } from "./ip-literal.js";
import { checkZone, type InterfaceSource } from "./zone.js";

/** What changed between two looks at the interfaces. */
export interface NetworkChange {
  readonly added: readonly NetworkInterface[];
  readonly removed: readonly NetworkInterface[];
  readonly changed: readonly NetworkInterface[]; // as they are now: other flags, addresses, MTU
}

/** Events of {@link Network}. */
export type NetworkEvents = { change: [change: NetworkChange] };

const EVENTS: EventTable<NetworkEvents> = { change: "interfaces or their addresses changed" };

/**
 * The interfaces and routes of the host.
 *
 * Nothing is cached: every call asks the OS. `change` is driven by rtnetlink(7) on the native backend and by looking once a second on
 * dgram, where interfaces that are down or have no address do not show.
 */
export class Network implements Subscribable<NetworkEvents>, InterfaceSource {
  readonly #backend: DatagramBackend;
  readonly #emitter: Emitter<NetworkEvents>;
  readonly #changed: () => void;
  #stopWatching: (() => void) | undefined;
  #hasStopped = false;
  #isBehind = false;
  #known: readonly NetworkInterface[] = [];

  /** Not for users: each reactor has one as `reactor.network`. `changed` is called before the listeners of `change`. */
  constructor(backend: DatagramBackend, changed: () => void, onThrow: (error: unknown) => void) {
    this.#backend = backend;
    this.#changed = changed;
    this.#emitter = new Emitter(EVENTS, onThrow);
  }

  /** Every interface, up or down. */
  interfaces(): NetworkInterface[] {
    return [...this.#source.interfaces()];
  }

  /** Every address of every interface; link-local IPv6 ones with their zone (`fe80::1%eth0`). Both families unless told otherwise. */
  getInterfaceIPs(options?: { readonly ipv4?: boolean; readonly ipv6?: boolean }): string[] {
    const operation = "getInterfaceIPs";
    const { ipv4 = true, ipv6 = true } = checkOptions(operation, options, ["ipv4", "ipv6"]);
    checkBoolean(operation, "ipv4", ipv4);
    checkBoolean(operation, "ipv6", ipv6);
    return this.#source
      .interfaces()
      .flatMap(({ name, addresses }) =>
        addresses
          .filter(({ family }) => (family === 4 ? ipv4 : ipv6))
          .map(({ address }) => (isLinkLocal(address) ? `${address}%${name}` : address)),
      );
  }

  /** The interface that datagrams to the rest of the world leave by; undefined without a default route. */
  getDefaultGatewayInterface(family: Family = 4): NetworkInterface | undefined {
    checkFamily("getDefaultGatewayInterface", family);
    this.#needRoutes("getDefaultGatewayInterface");
    return this.#source.defaultRoute(family)?.interface;
  }

  /** The first address of that interface; undefined where there is none. */
  getDefaultGatewayInterfaceIP(family: Family = 4): string | undefined {
    return this.getDefaultGatewayInterface(family)?.addresses.find((entry) => entry.family === family)?.address;
  }

  /**
   * The route that an unconnected socket's datagram to `address` takes (from `source`, one of the host's addresses, if given);
   * undefined when there is none.
   *
   * @throws InvalidArgumentError `ERR_ADDRESS_NOT_IP`, `ERR_ADDRESS_SCOPE`, `ERR_FAMILY_MISMATCH`, `ERR_ARGUMENT_TYPE`.
   * @throws UnsupportedError `ERR_UNSUPPORTED_OPERATION` on dgram, which cannot ask. @throws SystemError `ERR_ROUTE`.
   */
  routeTo(address: string, options?: { readonly source?: string }): Route | undefined {
    const operation = "routeTo";
    const literal = checkIP(operation, "address", address);
    const { source } = checkOptions(operation, options, ["source"]);
    const from = source === undefined ? undefined : checkIPOf(operation, "source", source, literal.family).address;
    this.#needRoutes(operation);
    const route = this.#source.routeTo(checkZone(operation, "address", literal, this), from);
    if (typeof route !== "number") return route;
    if (UNREACHABLE.has(errnoName(route))) return undefined;
    throw new SystemError("ERR_ROUTE", { operation, errno: route, address });
  }

  on<E extends keyof NetworkEvents>(event: E, listener: (...args: NetworkEvents[E]) => void): this {
    this.#emitter.on(event, listener);
    this.watch();
    return this;
  }

  once<E extends keyof NetworkEvents>(event: E, listener: (...args: NetworkEvents[E]) => void): this {
    this.#emitter.once(event, listener);
    this.watch();
    return this;
  }

  off<E extends keyof NetworkEvents>(event: E, listener: (...args: NetworkEvents[E]) => void): this {
    this.#emitter.off(event, listener);
    return this;
  }

  /** Not for users: makes sure that changes are heard of. */
  watch(): void {
    if (this.#stopWatching !== undefined || this.#hasStopped) return;
    this.#known = this.#source.interfaces();
    this.#stopWatching = this.#source.watch(() => this.#look());
  }

  /** Not for users: the interfaces as they are known, kept up to date from the first call on. Costs nothing. */
  current(): readonly NetworkInterface[] {
    this.watch();
    return this.#known;
  }

  /** Not for users: the interfaces that `wish` means. Asks the OS when none is known, since it may be newer than the latest change. */
  select(wish: InterfaceWish): readonly NetworkInterface[] {
    const known = selectInterfaces(wish, this.current());
    if (known.length > 0) return known;
    const newer = selectInterfaces(wish, this.#source.interfaces());
    if (newer.length > 0) this.#catchUp();
    return newer;
  }

  /** Not for users: the reactor calls it when it has shut down. */
  stopWatching(): void {
    this.#hasStopped = true;
    this.#stopWatching?.();
  }

  get #source(): BackendNetwork {
    return this.#backend.network;
  }

  /** What was found before the news of it is used from now on: unless it is known, nobody would notice when it goes. */
  #catchUp(): void {
    if (this.#isBehind) return;
    this.#isBehind = true;
    queueMicrotask(() => {
      this.#isBehind = false;
      if (!this.#hasStopped) this.#look();
    });
  }

  #look(): void {
    const before = this.#known;
    this.#known = this.#source.interfaces();
    const change = compare(before, this.#known);
    if (change.added.length + change.removed.length + change.changed.length === 0) return;
    this.#changed();
    this.#emitter.emit("change", change);
  }

  #needRoutes(operation: string): void {
    if (!this.#backend.capabilities.has("routes")) throw new UnsupportedError("ERR_UNSUPPORTED_OPERATION", operation, this.#backend.name);
  }
}

const UNREACHABLE = new Set(["ENETUNREACH", "EHOSTUNREACH"]);

/** An interface that was deleted and made again under the same name has another index: removed and added, not changed. */
function compare(before: readonly NetworkInterface[], after: readonly NetworkInterface[]): NetworkChange {
  const key = ({ name, index }: NetworkInterface): string => `${name}#${index}`;
  const old = new Map(before.map((entry) => [key(entry), entry]));
  const current = new Map(after.map((entry) => [key(entry), entry]));
  return {
    added: after.filter((entry) => !old.has(key(entry))),
    removed: before.filter((entry) => !current.has(key(entry))),
    changed: after.filter((entry) => old.has(key(entry)) && JSON.stringify(old.get(key(entry))) !== JSON.stringify(entry)),
  };
}

function isLinkLocal(address: string): boolean {
  return /^fe[89ab]/i.test(address); // fe80::/10 (RFC 4291, 2.5.6)
}
