/**
 * The memberships of a port: the desired ones, and those that the kernel has.
 *
 * Theory of operation: a *wish* is one joinGroup: a group, a selector, perhaps a source. It becomes *joined* entries, one for each
 * interface that the selector means now. When the interfaces change, entries whose interface has gone are dropped (the kernel has
 * dropped them already: ip_mc_destroy_dev(), net/ipv4/igmp.c) and reported as lost, and interfaces that are new are joined. An interface
 * that was deleted and made again has another index, so it is another interface here; where it has the old one, HostNetwork reports it as
 * gone first. Going down and up changes nothing: the kernel keeps memberships by index. Two wishes never join the same group on the same
 * interface. The `membership` event reports every change, and a refusal once for as long as it stays the same.
 */

import { BACKEND_ERRORS, type DatagramBackend, type NetworkInterface, type Outcome, sameInterface } from "@groupcast/backend";
import { callOrigin, ERRNO, StateError, SystemError, UnsupportedError } from "@groupcast/base";
import type { AwaitedInterfaces } from "../network/awaited-interfaces.js";
import type { HostNetwork } from "../network/host-network.js";
import { formatSelector, type ParsedSelector, selectInterfaces } from "../network/interface-selector.js";
import { REACTOR_ERRORS } from "../reactor-errors.js";
import type { Membership, MembershipChange } from "../transport.js";
import { GoneInterfaces } from "./gone-interfaces.js";
import { filterError, joinError } from "./membership-errors.js";
import { type Joined, MEMBERSHIP_LIMITS, type MembershipSockets } from "./membership-sockets.js";
import {
  excludes,
  type JoinRequest,
  membershipOf,
  nameOf,
  sameSelector,
  statesOf,
  subjectOf,
  type Wish,
  wishFor,
} from "./membership-wish.js";
import type { MulticastSender } from "./multicast-sender.js";
import { Selection } from "./selection.js";
import { heldOn, searchFor } from "./unnamed-membership.js";

/** Dependencies of {@link Memberships}. */
export interface MembershipOwner {
  readonly backend: DatagramBackend;
  readonly network: HostNetwork;
  readonly sockets: MembershipSockets;
  /** Finds the interface that a selector of "default" means. */
  readonly sender: Pick<MulticastSender, "defaultInterfaces">;
  readonly awaited: AwaitedInterfaces;
  /** Emits the `membership` event later. */
  membershipChanged(change: MembershipChange): void;
  /** Reports an error that no call can throw. */
  report(error: unknown): void;
}

/** Memberships of one port. */
export class Memberships {
  readonly #owner: MembershipOwner;
  readonly #wishes = new Map<string, Wish[]>(); // by group: a port may have thousands, and wishes of different groups are independent
  readonly #selection: Selection;
  #present: string | undefined;

  /** Joins nothing yet. */
  constructor(owner: MembershipOwner) {
    this.#owner = owner;
    this.#selection = new Selection(owner.network);
  }

  /** Memberships, those that wait included. */
  get list(): Membership[] {
    return this.#all.flatMap(statesOf);
  }

  /** Joins as `request` says. `waits`: whether an interface that does not exist is waited for. `joinGroup` documents the errors. */
  join(request: JoinRequest, waits: boolean): void {
    this.#owner.network.watch(); // from now on changes come to reconcile()
    this.#selection.forget();
    this.#checkNew(request);
    const wish = wishFor(request);
    const targets = this.#targets(wish);
    if (targets.length === 0 && !waits) throw joinError(wish, ERRNO.ENODEV);
    const refusals = targets.flatMap((iface) => this.#joinOn(wish, iface) ?? []);
    const fatal = refusals.find((error) => isFatal(error, wish, waits));
    if (fatal !== undefined) {
      this.#leaveAll(wish);
      throw fatal;
    }
    this.#add(wish);
    if (wish.joined.length === 0) wish.origin = callOrigin(); // its refusal may come later; others are in time to be thrown
    if (targets.length === 0 && namesOne(wish.selector)) this.#owner.awaited.add(wish.selector);
    for (const membership of statesOf(wish)) this.#owner.membershipChanged({ membership });
    for (const error of refusals) this.#reportRefusal(wish, error);
  }

  /**
   * Undoes one join.
   *
   * @throws SystemError `ERR_LEAVE`: the OS refused; the wish is forgotten all the same.
   * @throws StateError `ERR_NOT_JOINED`.
   */
  leave(request: JoinRequest): void {
    const wish = this.#find("leaveGroup", request);
    this.#remove(wish);
    const outcome = this.#leaveAll(wish);
    for (const other of this.#of(wish.group)) {
      this.#renewUnnamed(other); // the kernel may have had both as one
      this.#joinMissing(other);
    }
    if (outcome < 0) throw new SystemError(REACTOR_ERRORS.ERR_LEAVE, { operation: "leaveGroup", errno: outcome, ...subjectOf(wish) });
  }

  /** Shuts `source` out; `blockSource` documents the errors. */
  block(request: JoinRequest, source: string): void {
    const operation = "blockSource";
    const wish = this.#findAnySource(operation, request);
    if (wish.blocked?.has(source)) throw new StateError(REACTOR_ERRORS.ERR_ALREADY_BLOCKED, operation, { ...subjectOf(wish), source });
    const done: Joined[] = [];
    for (const joined of wish.joined) {
      const outcome = this.#owner.sockets.block(wish.group, joined, source);
      if (outcome < 0) {
        for (const undone of done) this.#owner.sockets.unblock(wish.group, undone, source);
        throw filterError(operation, outcome, { ...subjectOf(wish), source });
      }
      done.push(joined);
    }
    wish.blocked ??= new Set();
    wish.blocked.add(source);
  }

  /** Undoes one `block`; `unblockSource` documents the errors. */
  unblock(request: JoinRequest, source: string): void {
    const operation = "unblockSource";
    const wish = this.#findAnySource(operation, request);
    if (!wish.blocked?.delete(source)) throw new StateError(REACTOR_ERRORS.ERR_NOT_BLOCKED, operation, { ...subjectOf(wish), source });
    const outcomes = wish.joined.map((joined) => this.#owner.sockets.unblock(wish.group, joined, source));
    const failed = Math.min(0, ...outcomes);
    if (failed < 0) throw filterError(operation, failed, { ...subjectOf(wish), source });
  }

  /** Joins what waits: the interface that requests without one mean may be another one now. */
  joinWaiting(): void {
    this.#selection.during(() => this.#forEach(this.#all, (wish) => this.#joinMissing(wish)));
  }

  /** Brings the memberships in line with the current interfaces. */
  reconcile(): void {
    const all = this.#owner.network.current();
    const wishes = this.#all;
    const gone = new GoneInterfaces(all);
    this.#forEach(wishes, (wish) => this.#dropLost(wish, gone));
    this.#forEach(wishes, (wish) => this.#dropStopgap(wish));
    if (this.#owner.network.isReplacing) this.#forEach(wishes, (wish) => this.#dropUnnamed(wish));
    else if (this.#haveInterfacesChanged(all)) this.#forEach(wishes, (wish) => this.#renewUnnamed(wish));
    this.joinWaiting();
  }

  /** Leaves groups on interfaces that are gone, and reports nothing: the port closes. */
  leaveGone(): void {
    const { isReplacing } = this.#owner.network;
    const gone = new GoneInterfaces(this.#owner.network.current());
    const isLeft = ({ iface }: Joined): boolean => (iface === undefined ? isReplacing : gone.has(iface));
    for (const wish of this.#all) {
      for (const joined of wish.joined.filter(isLeft)) this.#leave(wish, joined);
      wish.joined = wish.joined.filter((joined) => !isLeft(joined));
    }
  }

  /** Called before the sockets close: the kernel then leaves the groups. */
  clear(): void {
    this.#wishes.clear();
  }

  /** Takes `step` for each wish. A wish that fails does not stop the others. */
  #forEach(wishes: readonly Wish[], step: (wish: Wish) => void): void {
    for (const wish of wishes) {
      try {
        step(wish);
      } catch (error) {
        this.#owner.report(error);
      }
    }
  }

  get #all(): Wish[] {
    const all: Wish[] = []; // flat() takes several times as long, at each change of an interface
    for (const ofGroup of this.#wishes.values()) for (const wish of ofGroup) all.push(wish);
    return all;
  }

  #of(group: string): readonly Wish[] {
    return this.#wishes.get(group) ?? [];
  }

  #add(wish: Wish): void {
    this.#wishes.set(wish.group, this.#of(wish.group).concat(wish));
  }

  #remove(wish: Wish): void {
    const others = this.#of(wish.group).filter((other) => other !== wish);
    if (others.length > 0) this.#wishes.set(wish.group, others);
    else this.#wishes.delete(wish.group);
  }

  /** Returns whether interfaces were added or removed since the last call; other changes do not count. */
  #haveInterfacesChanged(all: readonly NetworkInterface[]): boolean {
    const before = this.#present;
    this.#present = all.map(({ name, index }) => `${name}#${index}`).join();
    return this.#present !== before;
  }

  #dropLost(wish: Wish, gone: GoneInterfaces): void {
    if (wish.refused !== undefined) for (const name of wish.refused.keys()) if (gone.hasName(name)) wish.refused.delete(name);
    for (const joined of wish.joined) {
      const { iface } = joined;
      if (iface === undefined || !gone.has(iface)) continue;
      this.#drop(wish, joined);
      if (wish.selector.by !== "all") wish.lost = iface.name;
    }
  }

  /**
   * Drops loopback where it was joined for want of a better interface, as at boot before there is a network, and a better one exists now.
   */
  #dropStopgap(wish: Wish): void {
    const [joined] = wish.joined;
    if (wish.selector.by !== "default" || !joined?.iface?.flags.loopback) return;
    const [better] = this.#meant(wish);
    if (better !== undefined && !better.flags.loopback && !this.#isTaken(wish, better)) this.#drop(wish, joined);
  }

  #drop(wish: Wish, joined: Joined): void {
    // Another array, as #dropLost is going over this one.
    wish.joined = wish.joined.length === 1 ? [] : wish.joined.filter((other) => other !== joined);
    this.#leave(wish, joined); // frees the slot; refused if the kernel has left already
    this.#owner.membershipChanged({ membership: membershipOf(wish, nameOf(joined.iface), "lost") });
  }

  /** Leaves where the kernel chose the interface: it may be one that was made again, where another join would find the old membership. */
  #dropUnnamed(wish: Wish): void {
    for (const joined of wish.joined) if (joined.iface === undefined) this.#drop(wish, joined);
  }

  /** Renews a membership whose interface the kernel chose: it may be one of those that were added or removed. */
  #renewUnnamed(wish: Wish): void {
    const joined = wish.joined.find(({ iface }) => iface === undefined);
    if (joined === undefined) return;
    const isAlone = heldOn(joined.member, this.#of(wish.group)).length === 0;
    const outcome = this.#owner.sockets.renew(wish.group, joined, wish.source, isAlone);
    if (outcome === "unchanged") return;
    if (outcome === "lost") wish.joined = [];
    else wish.unnamed!.times++;
    wish.lost = outcome === "lost" ? "default" : undefined;
    this.#owner.membershipChanged({ membership: membershipOf(wish, "default", "lost") });
    if (outcome === "moved") this.#owner.membershipChanged({ membership: membershipOf(wish, "default", "joined") });
  }

  #joinMissing(wish: Wish): void {
    for (const iface of this.#targets(wish)) {
      const error = this.#joinOn(wish, iface);
      if (error !== undefined) this.#reportRefusal(wish, error);
      else this.#owner.membershipChanged({ membership: membershipOf(wish, nameOf(iface), "joined") });
    }
  }

  /** Joins, and shuts out the blocked senders again; returns the error if that fails. */
  #joinOn(wish: Wish, iface: NetworkInterface | undefined): SystemError | undefined {
    const { sockets } = this.#owner;
    const joined = sockets.join(wish.group, iface, wish.source);
    if (typeof joined === "number") return joinError(wish, joined, nameOf(iface));
    for (const source of wish.blocked ?? []) {
      const outcome = sockets.block(wish.group, joined, source);
      if (outcome >= 0) continue;
      this.#leave(wish, joined);
      return filterError(wish.operation, outcome, { ...subjectOf(wish, nameOf(iface)), source });
    }
    wish.joined = wish.joined.length === 0 ? [joined] : wish.joined.concat(joined); // push() would make room for 16 more
    if (iface === undefined) wish.unnamed = { times: 1, listed: this.#owner.network.current() };
    wish.refused?.delete(nameOf(iface));
    return undefined;
  }

  #reportRefusal(wish: Wish, error: SystemError): void {
    const name = error.interface ?? formatSelector(wish.selector);
    if (wish.refused?.get(name) === error.errno) return;
    wish.refused ??= new Map();
    wish.refused.set(name, error.errno);
    this.#owner.membershipChanged({ membership: membershipOf(wish, name, wish.lost === name ? "lost" : "waiting"), error });
  }

  #leaveAll(wish: Wish): Outcome {
    return Math.min(0, ...wish.joined.map((joined) => this.#leave(wish, joined)));
  }

  #leave(wish: Wish, joined: Joined): Outcome {
    const { sockets, network } = this.#owner;
    const search = joined.iface === undefined ? searchFor(wish, joined, this.#of(wish.group), network.current()) : undefined;
    return sockets.leave(wish.group, joined, wish.source, search);
  }

  /** Returns the interfaces that `wish` means and that no wish has joined; [undefined]: the kernel chooses. */
  #targets(wish: Wish): readonly (NetworkInterface | undefined)[] {
    const { by } = wish.selector;
    if ((by === "default" || by === "address") && wish.joined.length > 0) return []; // one is enough, and renumbering does not move it
    const free: (NetworkInterface | undefined)[] = [];
    const { isReplacing } = this.#owner.network;
    for (const iface of this.#meant(wish)) if (iface === undefined ? !isReplacing : !this.#isTaken(wish, iface)) free.push(iface);
    return free;
  }

  #meant({ group, selector }: JoinRequest): readonly (NetworkInterface | undefined)[] {
    if (selector.by !== "default") {
      const selected = this.#selection.of(selector);
      return typeof selected === "number" ? [] : selected; // none is known: the wish waits until the interfaces are listed
    }
    return this.#owner.sender.defaultInterfaces(group);
  }

  /**
   * Returns whether a wish has joined the group on `iface` in a way that excludes `request`: for the same sender, or one for any sender and
   * the other for one of them. Linux would turn the latter two into the second alone (ip_mc_source(), net/ipv4/igmp.c).
   */
  #isTaken(request: JoinRequest, iface: NetworkInterface): boolean {
    for (const wish of this.#of(request.group)) {
      if (!excludes(wish, request)) continue;
      for (const joined of wish.joined) if (isSame(joined.iface, iface)) return true;
    }
    return false;
  }

  /**
   * Checks that no wish excludes `request`.
   *
   * @throws StateError `ERR_ALREADY_JOINED`: by the same selector, or by another spelling of it.
   */
  #checkNew(request: JoinRequest): void {
    const isHeld = this.#of(request.group).some((other) => excludes(other, request) && sameSelector(other.selector, request.selector));
    const overlaps =
      request.selector.by !== "all" && this.#meant(request).some((iface) => iface !== undefined && this.#isTaken(request, iface));
    if (isHeld || overlaps) throw new StateError(REACTOR_ERRORS.ERR_ALREADY_JOINED, request.operation, subjectOf(request));
  }

  /** Returns the wish with this selector, or else one with another spelling of the same interface. @throws StateError `ERR_NOT_JOINED`. */
  #find(operation: string, request: JoinRequest): Wish {
    const candidates = this.#of(request.group).filter(({ source }) => source === request.source);
    const exact = candidates.find(({ selector }) => sameSelector(selector, request.selector));
    if (exact !== undefined) return exact;
    const here = request.selector.by === "all" ? [] : selectInterfaces(request.selector, this.#owner.network.current());
    const found = candidates.find(
      ({ selector, joined }) => selector.by !== "all" && joined.some(({ iface }) => here.some((one) => isSame(iface, one))),
    );
    if (found === undefined) throw new StateError(REACTOR_ERRORS.ERR_NOT_JOINED, operation, subjectOf(request));
    return found;
  }

  #findAnySource(operation: string, request: JoinRequest): Wish {
    const { capabilities, name } = this.#owner.backend;
    if (!capabilities.has("blockSource")) {
      throw new UnsupportedError(BACKEND_ERRORS.ERR_UNSUPPORTED_OPERATION, operation, { backend: name, capability: "blockSource" });
    }
    return this.#find(operation, request);
  }
}

/**
 * Returns whether a refusal makes joinGroup fail. A limit always does. Other refusals do when nothing was joined: `"all"` means the
 * interfaces that can be joined, and a missing interface is waited for.
 */
function isFatal({ errno }: SystemError, { joined }: Wish, waits: boolean): boolean {
  return MEMBERSHIP_LIMITS.has(errno) || (joined.length === 0 && !(waits && errno === ERRNO.ENODEV));
}

function isSame(a: NetworkInterface | undefined, b: NetworkInterface): boolean {
  return a !== undefined && sameInterface(a, b);
}

/** Returns whether a selector names a single interface of its own, rather than all or the usual one. */
function namesOne({ by }: ParsedSelector): boolean {
  return by !== "all" && by !== "default";
}
