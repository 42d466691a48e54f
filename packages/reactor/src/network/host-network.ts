import {
  BACKEND_ERRORS,
  type BackendNetwork,
  type DatagramBackend,
  type Family,
  isLinkLocal,
  type NetworkInterface,
  type Outcome,
  type Route,
  sameInterface,
} from "@groupcast/backend";
import {
  type Clock,
  checkBoolean,
  checkOptions,
  Emitter,
  ERRNO,
  Eventful,
  type EventTable,
  errnoName,
  InvalidArgumentError,
  type ScheduledCall,
  SystemError,
  UnsupportedError,
} from "@groupcast/base";
import { debugLog, isDebugging } from "../debug-log.js";
import { REACTOR_ERRORS } from "../reactor-errors.js";
import { checkFamily } from "./check-argument.js";
import { type ParsedSelector, selectInterfaces } from "./interface-selector.js";
import { checkIP, type IPLiteral } from "./ip-literal.js";
import type { Network, NetworkChange, NetworkEvents } from "./network.js";
import { checkZone, type InterfaceSource } from "./zone.js";

/** Dependencies of a {@link HostNetwork}. */
export interface HostNetworkOwner {
  readonly backend: DatagramBackend;
  readonly clock: Clock;
  /** Interfaces or their addresses changed. Called before the listeners of `change`. */
  changed(): void;
  /** Reports what a listener of `change` threw. */
  listenerThrew(error: unknown): void;
  /** Reports that the OS refused to watch or to list the interfaces. */
  refused(error: SystemError): void;
}

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 10_000;

const EVENTS: EventTable<NetworkEvents> = { change: "interfaces or their addresses changed" };

/** {@link Network}, with the members that the reactor and its ports need. */
export class HostNetwork extends Eventful<NetworkEvents> implements Network, InterfaceSource {
  readonly #emitter: Emitter<NetworkEvents>;
  readonly #backend: DatagramBackend;
  readonly #clock: Clock;
  readonly #refused: (error: SystemError) => void;
  readonly #changed: () => void;
  #stopWatching: (() => void) | undefined;
  #hasStopped = false;
  #isBehind = false;
  #failure = 0; // errno of the latest refusal to watch or to list; 0: neither was refused
  #retry: ScheduledCall | undefined;
  #retryMs = FIRST_RETRY_MS;
  #known: readonly NetworkInterface[] = [];
  readonly #deleted = new Set<number>(); // indices, since the interfaces were listed last
  #areDeletedKnown = true; // whether those are all
  #withheld: readonly NetworkInterface[] = []; // made again in place of others that not everybody has left yet

  /** Asks the OS nothing yet. */
  constructor({ backend, clock, changed, listenerThrew, refused }: HostNetworkOwner) {
    const emitter = new Emitter<NetworkEvents>(EVENTS);
    super(emitter);
    emitter.listenerThrew = listenerThrew;
    emitter.listenerAdded = () => this.watch();
    this.#emitter = emitter;
    this.#backend = backend;
    this.#clock = clock;
    this.#changed = changed;
    this.#refused = refused;
  }

  interfaces(): NetworkInterface[] {
    const listed = this.#source.interfaces();
    if (typeof listed === "number") throw interfacesError("interfaces", listed);
    return [...listed];
  }

  getInterfaceIPs(options?: { readonly ipv4?: boolean | undefined; readonly ipv6?: boolean | undefined }): string[] {
    const operation = "getInterfaceIPs";
    const { ipv4 = true, ipv6 = true } = checkOptions(operation, options, ["ipv4", "ipv6"]);
    checkBoolean(operation, "ipv4", ipv4);
    checkBoolean(operation, "ipv6", ipv6);
    return this.interfaces().flatMap(({ name, addresses }) =>
      addresses
        .filter(({ family }) => (family === 4 ? ipv4 : ipv6))
        .map(({ address }) => (isLinkLocal(address) ? `${address}%${name}` : address)),
    );
  }

  getDefaultGatewayInterface(family: Family = 4): NetworkInterface | undefined {
    checkFamily("getDefaultGatewayInterface", family);
    this.#needRoutes("getDefaultGatewayInterface");
    const route = this.#source.defaultRoute(family);
    if (typeof route === "number")
      throw new SystemError(REACTOR_ERRORS.ERR_ROUTE, { operation: "getDefaultGatewayInterface", errno: route });
    return route?.interface;
  }

  getDefaultGatewayInterfaceIP(family: Family = 4): string | undefined {
    return this.getDefaultGatewayInterface(family)?.addresses.find((entry) => entry.family === family)?.address;
  }

  routeTo(address: string, options?: { readonly source?: string | undefined }): Route | undefined {
    const operation = "routeTo";
    const literal = checkIP(operation, "address", address);
    const { source } = checkOptions(operation, options, ["source"]);
    const from = source === undefined ? undefined : checkRouteSource(operation, source, literal);
    this.#needRoutes(operation);
    const route = this.#source.routeTo(checkZone(operation, "address", literal, this), from);
    if (typeof route !== "number") return route;
    if (UNREACHABLE.has(errnoName(route))) return undefined;
    throw new SystemError(REACTOR_ERRORS.ERR_ROUTE, { operation, errno: route, address });
  }

  /** Returns the route to `group`; undefined without one; an errno where a route refuses it or the network does not answer. */
  routeFor(group: string): Route | undefined | Outcome {
    const route = this.#source.routeTo(group, undefined);
    return route === ERRNO.ENETUNREACH ? undefined : route;
  }

  /** Whether interfaces that were made again are reported as gone, and are there in a moment. */
  get isReplacing(): boolean {
    return this.#withheld.length > 0;
  }

  /** Makes sure that changes are noticed. Watches first and lists second, so that no change falls in between. */
  watch(): void {
    if (this.#stopWatching !== undefined || this.#hasStopped || this.#retry !== undefined) return;
    const stop = this.#source.watch((deleted = [], areAll = false) => {
      for (const index of deleted) this.#deleted.add(index);
      this.#areDeletedKnown &&= areAll;
      this.#look();
    });
    if (typeof stop === "number") this.#failed("watch the interfaces", stop);
    else this.#stopWatching = stop;
    this.#list();
  }

  /** Returns the known interfaces, which are kept up to date from the first call on. Does not ask the OS again. */
  current(): readonly NetworkInterface[] {
    this.watch();
    return this.#known;
  }

  /**
   * Returns the interfaces that `selector` means. Asks the OS when none is known: an interface may be newer than the latest change.
   * Returns a negative errno when the OS does not list them: nobody knows then whether the interface exists.
   */
  select(selector: ParsedSelector): readonly NetworkInterface[] | Outcome {
    const known = selectInterfaces(selector, this.current());
    if (known.length > 0) return known;
    const listed = this.#listed();
    if (typeof listed === "number") return listed;
    const newer = without(selectInterfaces(selector, listed), this.#withheld);
    if (newer.length > 0) this.#catchUp();
    return newer;
  }

  /** Stops watching for good. The reactor calls it when it has shut down. */
  stopWatching(): void {
    this.#hasStopped = true;
    this.#stopWatching?.();
    this.#retry?.cancel();
  }

  get #source(): BackendNetwork {
    return this.#backend.network;
  }

  /** Returns the interfaces; reports an error, and returns its errno, when the OS does not list them. */
  #listed(): readonly NetworkInterface[] | Outcome {
    const listed = this.#source.interfaces();
    if (typeof listed === "number") this.#failed("list the interfaces", listed);
    else if (this.#stopWatching !== undefined) this.#failure = 0;
    return listed;
  }

  /** Brings the known interfaces up to date; they stay as they are when the OS does not list them. Returns whether it did. */
  #list(): boolean {
    const listed = this.#listed();
    if (typeof listed === "number") return false;
    this.#known = without(listed, this.#withheld);
    if (this.#failure === 0) this.#endRetries();
    return true;
  }

  /** Ends the back-off as soon as all is known: where refusals come and go, as in a storm of changes, none delays the look after the next. */
  #endRetries(): void {
    this.#retry?.cancel();
    this.#retry = undefined;
    this.#retryMs = FIRST_RETRY_MS;
  }

  /** Reports a refusal of the OS, once for as long as it stays the same, and looks again later, less and less often. */
  #failed(operation: string, errno: number): void {
    if (errno !== this.#failure) this.#refused(interfacesError(operation, errno));
    this.#failure = errno;
    if (this.#retry !== undefined || this.#hasStopped) return;
    this.#retry = this.#clock.schedule(this.#retryMs, () => this.#lookAgain());
    this.#retry.unref?.();
    this.#retryMs = Math.min(2 * this.#retryMs, LAST_RETRY_MS);
  }

  #lookAgain(): void {
    this.#retry = undefined;
    const before = this.#known;
    this.watch();
    this.#look(before);
  }

  /** Looks again, so that an interface that was found before its change was reported is known: its removal would go unnoticed otherwise. */
  #catchUp(): void {
    if (this.#isBehind) return;
    this.#isBehind = true;
    queueMicrotask(() => {
      this.#isBehind = false;
      if (!this.#hasStopped) this.#look();
    });
  }

  #look(before: readonly NetworkInterface[] = this.#known): void {
    if (this.#list()) this.#withhold(this.#takeReplaced(before));
    this.#tell(before);
  }

  /**
   * Reports interfaces that were made again as gone first, and as there from a microtask: nobody would know otherwise that they are others.
   * By then every port of the thread has left them, those of other reactors included. The kernel finds the memberships of a deleted
   * interface by its index, so to leave one of them, or to close its socket, takes away one that was joined since: ip_mc_leave_group(),
   * net/ipv4/igmp.c; ipv6_sock_mc_drop(), net/ipv6/mcast.c.
   */
  #withhold(replaced: readonly NetworkInterface[]): void {
    if (replaced.length === 0) return;
    this.#withheld = this.#withheld.concat(replaced);
    this.#known = without(this.#known, replaced);
    queueMicrotask(() => {
      this.#withheld = [];
      if (this.#hasStopped) return;
      this.#look();
      this.#changed(); // even if they are gone again: memberships whose interface the kernel chose wait for this
    });
  }

  /** Returns the interfaces that have the index of one of `before` that was deleted; they may have another name. */
  #takeReplaced(before: readonly NetworkInterface[]): NetworkInterface[] {
    const isOther = (iface: NetworkInterface, old: NetworkInterface): boolean =>
      this.#deleted.has(old.index) || (!this.#areDeletedKnown && iface.mac !== old.mac);
    const replaced = this.#known.filter((iface) => before.some((old) => iface.index === old.index && isOther(iface, old)));
    this.#deleted.clear();
    this.#areDeletedKnown = true;
    return replaced;
  }

  /** Reports what is another way than it was before. */
  #tell(before: readonly NetworkInterface[]): void {
    const change = compare(before, this.#known);
    if (change.added.length + change.removed.length + change.changed.length === 0) return;
    if (isDebugging()) debugLog("interfaces: %s", describe(change));
    this.#changed();
    this.#emitter.emit("change", change);
  }

  #needRoutes(operation: string): void {
    const { capabilities, name } = this.#backend;
    if (capabilities.has("routes")) return;
    throw new UnsupportedError(BACKEND_ERRORS.ERR_UNSUPPORTED_OPERATION, operation, { backend: name, capability: "routes" });
  }
}

function checkRouteSource(operation: string, source: string, { address, family }: IPLiteral): string {
  const literal = checkIP(operation, "source", source);
  if (literal.family === family) return literal.address;
  const expected = `an IPv${family} address, as the destination "${address}" is`;
  throw new InvalidArgumentError(REACTOR_ERRORS.ERR_FAMILY_MISMATCH, { operation, argument: "source", value: source, expected });
}

const UNREACHABLE = new Set(["ENETUNREACH", "EHOSTUNREACH"]);

function without(interfaces: readonly NetworkInterface[], others: readonly NetworkInterface[]): readonly NetworkInterface[] {
  if (others.length === 0) return interfaces;
  return interfaces.filter((iface) => !others.some((other) => sameInterface(other, iface)));
}

/** An interface that was deleted and made again under the same name has another index, as a rule: removed and added, not changed. */
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

function describe(change: NetworkChange): string {
  const namesOf = (which: keyof NetworkChange): string => change[which].map(({ name, index }) => `${name} (${index})`).join(", ") || "none";
  return `added ${namesOf("added")}; removed ${namesOf("removed")}; changed ${namesOf("changed")}`;
}

function interfacesError(operation: string, errno: number): SystemError {
  return new SystemError(REACTOR_ERRORS.ERR_INTERFACES, { operation, errno });
}
