import type { InterfaceSelector, MulticastTransport, NetworkInterface } from "groupcast";

/** Where to receive: every interface, or one, and then on loopback as well. */
export type ReceivingInterface = InterfaceSelector | "any";

/**
 * The groups a port is a member of, counted: two channels on one group join it once, so nothing is delivered twice, and the first to
 * go does not take it from the other.
 */
export class GroupMemberships {
  readonly #port: MulticastTransport;
  readonly #on: readonly (InterfaceSelector | "all")[];
  readonly #counts = new Map<string, number>();

  constructor(port: MulticastTransport, at: ReceivingInterface, interfaces: readonly NetworkInterface[]) {
    this.#port = port;
    this.#on = selectorsFor(at, interfaces);
  }

  join(group: string): void {
    const count = this.#counts.get(group) ?? 0;
    if (count === 0) this.#joinEverywhere(group);
    this.#counts.set(group, count + 1);
  }

  leave(group: string): void {
    const count = this.#counts.get(group) ?? 0;
    if (count > 1) this.#counts.set(group, count - 1);
    else if (this.#counts.delete(group)) for (const on of this.#on) this.#port.leaveGroup(group, on);
  }

  #joinEverywhere(group: string): void {
    const joined: (InterfaceSelector | "all")[] = [];
    try {
      for (const on of this.#on) {
        this.#port.joinGroup(group, on);
        joined.push(on);
      }
    } catch (error) {
      for (const on of joined) this.#port.leaveGroup(group, on);
      throw error;
    }
  }
}

/** Whether `selector` means the loopback interface. */
export function isLoopback(selector: InterfaceSelector, interfaces: readonly NetworkInterface[]): boolean {
  const loopback = interfaces.find(({ flags }) => flags.loopback);
  if (loopback === undefined) return false;
  if (typeof selector === "object") return selector.name === loopback.name;
  return selector === loopback.name || selector === loopback.index || loopback.addresses.some(({ address }) => address === selector);
}

/**
 * Senders on this host may leave by loopback (as TTL 0 makes them), so a receiver on a real interface listens there, too. What a sender
 * puts on the real interface comes back with that interface's index, not loopback's, so nothing arrives twice.
 */
function selectorsFor(at: ReceivingInterface, interfaces: readonly NetworkInterface[]): readonly (InterfaceSelector | "all")[] {
  if (at === "any") return ["all"];
  const loopback = interfaces.find(({ flags }) => flags.loopback);
  return loopback === undefined || isLoopback(at, interfaces) ? [at] : [at, loopback.name];
}
