import type { InterfaceSelector, MulticastTransport, NetworkInterface } from "groupcast";

/** Interfaces to receive on: every one, or one, and with it loopback. */
export type ReceivingInterface = InterfaceSelector | "any";

/**
 * The groups of a port, counted: two channels on one group join it once, so nothing is delivered twice, and the port stays a member until
 * both have left.
 */
export class GroupMemberships {
  readonly #port: MulticastTransport;
  readonly #selectors: readonly (InterfaceSelector | "all")[];
  readonly #counts = new Map<string, number>();

  constructor(port: MulticastTransport, receivingInterface: ReceivingInterface, interfaces: readonly NetworkInterface[]) {
    this.#port = port;
    this.#selectors = selectorsFor(receivingInterface, interfaces);
  }

  /** Joins a group, on all interfaces or, when one refuses, on none. */
  join(group: string): void {
    const count = this.#counts.get(group) ?? 0;
    if (count === 0) this.#joinEverywhere(group);
    this.#counts.set(group, count + 1);
  }

  /** Undoes one {@link GroupMemberships.join}. */
  leave(group: string): void {
    const count = this.#counts.get(group) ?? 0;
    if (count > 1) this.#counts.set(group, count - 1);
    else if (this.#counts.delete(group)) for (const selector of this.#selectors) this.#port.leaveGroup(group, selector);
  }

  #joinEverywhere(group: string): void {
    const joined: (InterfaceSelector | "all")[] = [];
    try {
      for (const selector of this.#selectors) {
        this.#port.joinGroup(group, selector);
        joined.push(selector);
      }
    } catch (error) {
      for (const selector of joined) this.#port.leaveGroup(group, selector);
      throw error;
    }
  }
}

/** Returns whether `selector` means the loopback interface. */
export function isLoopback(selector: InterfaceSelector, interfaces: readonly NetworkInterface[]): boolean {
  const loopback = interfaces.find(({ flags }) => flags.loopback);
  if (loopback === undefined) return false;
  if (typeof selector === "object") return selector.name === loopback.name;
  return selector === loopback.name || selector === loopback.index || loopback.addresses.some(({ address }) => address === selector);
}

/**
 * Returns the interfaces to join on. Senders on this host may send by loopback (with TTL 0 they do), so a receiver on a real interface
 * joins there, too. The host's own datagrams on the real interface come back with that interface's index, not loopback's, so nothing
 * arrives twice.
 */
function selectorsFor(
  receivingInterface: ReceivingInterface,
  interfaces: readonly NetworkInterface[],
): readonly (InterfaceSelector | "all")[] {
  if (receivingInterface === "any") return ["all"];
  const loopback = interfaces.find(({ flags }) => flags.loopback);
  return loopback === undefined || isLoopback(receivingInterface, interfaces) ? [receivingInterface] : [receivingInterface, loopback.name];
}
