/**
 * The interface that a user chose for a port's multicast, as desired state.
 *
 * Theory of operation: the choice is *active* while the socket is set to the chosen interface, *waiting* until that interface exists, and
 * *lost* from the time it is deleted until it comes back. An interface that was deleted and made again has another index, so the socket
 * is set again. While the choice is not active the socket is still set to another interface, or to none: no datagram to a group may then
 * leave by what the socket says.
 */

import { type DatagramSocket, type NetworkInterface, type Outcome, sameInterface } from "@groupcast/backend";
import { ERRNO, SystemError } from "@groupcast/base";
import type { AwaitedInterfaces } from "../network/awaited-interfaces.js";
import type { HostNetwork } from "../network/host-network.js";
import { formatSelector, onlyOne, type ParsedSelector } from "../network/interface-selector.js";
import { REACTOR_ERRORS } from "../reactor-errors.js";
import type { OutgoingInterface, OutgoingInterfaceChange } from "../transport.js";

/** Dependencies of {@link OutgoingChoice}. */
export interface OutgoingChoiceOwner {
  readonly network: HostNetwork;
  readonly socket: DatagramSocket;
  readonly awaited: AwaitedInterfaces;
  /** Emits the `outgoingInterface` event later. */
  outgoingChanged(change: OutgoingInterfaceChange): void;
}

const UNCHOSEN: OutgoingInterface = { interface: "default", state: "active" };

/** Errnos of an interface that does not exist any more, or has no address of the family yet: do_ip_setsockopt(), net/ipv4/ip_sockglue.c. */
const ABSENT: ReadonlySet<Outcome> = new Set([ERRNO.ENODEV, ERRNO.EADDRNOTAVAIL]);

/** Choice of one port. */
export class OutgoingChoice {
  readonly #owner: OutgoingChoiceOwner;
  #selector: ParsedSelector | undefined;
  #active: NetworkInterface | undefined;
  #lost: string | undefined; // name of the interface that was lost last, for as long as none is active
  #errno: Outcome = 0; // reason why none is active
  #reported: OutgoingInterfaceChange = { outgoingInterface: UNCHOSEN };

  /** Chooses nothing: the route decides. */
  constructor(owner: OutgoingChoiceOwner) {
    this.#owner = owner;
  }

  /** Whether the user chose an interface. */
  get isMade(): boolean {
    return this.#selector !== undefined;
  }

  /** The chosen interface, while the socket is set to it. */
  get active(): NetworkInterface | undefined {
    return this.#active;
  }

  /** Negative errno that datagrams to groups fail with while the choice is not active; otherwise 0. */
  get refusal(): Outcome {
    return this.#active === undefined ? this.#errno : 0;
  }

  /** The choice and its state, as users see it. */
  get state(): OutgoingInterface {
    if (this.#selector === undefined) return UNCHOSEN;
    if (this.#active !== undefined) return { interface: this.#active.name, state: "active" };
    if (this.#lost !== undefined) return { interface: this.#lost, state: "lost" };
    return { interface: formatSelector(this.#selector), state: "waiting" };
  }

  /** Chooses. @throws InvalidArgumentError `ERR_ARGUMENT_RANGE`: several have the address. @throws SystemError `ERR_SET_OPTION`. */
  choose(operation: string, selector: ParsedSelector): void {
    const selected = this.#owner.network.select(selector);
    const iface = typeof selected === "number" ? undefined : onlyOne(operation, "interface", selector, selected);
    const outcome = iface === undefined ? reasonOf(selected) : this.#owner.socket.setMulticastInterface(iface);
    if (outcome < 0 && iface !== undefined && !ABSENT.has(outcome)) throw refused(operation, outcome, iface);
    this.#selector = selector;
    this.#lost = undefined;
    this.#settle(iface, outcome);
    this.#report();
  }

  /** Leaves the choice to the route again; the caller has set the socket. */
  withdraw(): void {
    this.#selector = this.#active = this.#lost = undefined;
    this.#errno = 0;
    this.#report();
  }

  /** Interfaces changed: sets the socket to the chosen one, which may have come, gone, or come back with another index. */
  reconcile(): void {
    if (this.#selector === undefined) return;
    const before = this.#active;
    this.#active = undefined;
    this.#errno = ERRNO.ENODEV; // even if the backend throws
    const selected = this.#owner.network.select(this.#selector);
    const iface = this.#chosenOf(selected, before);
    if (before !== undefined && (iface === undefined || !sameInterface(iface, before))) {
      this.#lost = before.name;
      this.#settle(undefined, ERRNO.ENODEV);
      this.#report();
    }
    const outcome = iface === undefined ? reasonOf(selected) : this.#owner.socket.setMulticastInterface(iface);
    this.#settle(iface, outcome);
    this.#report(iface === undefined || outcome >= 0 || ABSENT.has(outcome) ? undefined : refused("setOutgoingInterface", outcome, iface));
  }

  /** Returns the interface that is meant now. One that was chosen by its address stays while it exists: renumbering does not move it. */
  #chosenOf(selected: readonly NetworkInterface[] | Outcome, before: NetworkInterface | undefined): NetworkInterface | undefined {
    const kept = before && this.#owner.network.current().find((other) => sameInterface(other, before));
    return kept ?? (typeof selected === "number" ? undefined : selected[0]);
  }

  #settle(iface: NetworkInterface | undefined, outcome: Outcome): void {
    this.#active = outcome < 0 ? undefined : iface;
    this.#errno = Math.min(0, outcome);
    if (this.#active !== undefined) this.#lost = undefined;
    else if (iface === undefined && this.#lost === undefined) this.#owner.awaited.add(this.#selector!);
  }

  /** Reports a change, and a refusal once for as long as it stays the same. */
  #report(error?: SystemError): void {
    const { state } = this;
    const { outgoingInterface, error: before } = this.#reported;
    const isSame = state.interface === outgoingInterface.interface && state.state === outgoingInterface.state;
    if (isSame && error?.errno === before?.errno) return;
    this.#reported = { outgoingInterface: state, ...(error && { error }) };
    this.#owner.outgoingChanged(this.#reported);
  }
}

/** Returns the reason why no interface is known: the OS lists none that is meant, or does not list them. */
function reasonOf(selected: readonly NetworkInterface[] | Outcome): Outcome {
  return typeof selected === "number" ? selected : ERRNO.ENODEV;
}

function refused(operation: string, errno: Outcome, { name }: NetworkInterface): SystemError {
  return new SystemError(REACTOR_ERRORS.ERR_SET_OPTION, { operation, errno, interface: name });
}
