/**
 * Keeps out datagrams that the kernel delivers although this socket is no member: see docs/decisions, isolation.
 *
 * Linux does not filter IPv6 by interface, whatever IPV6_MULTICAST_ALL says (inet6_mc_check() of net/ipv6/mcast.c compares groups only),
 * and gives each socket of a number a copy of every broadcast (__udp4_lib_mcast_deliver() of net/ipv4/udp.c).
 */
import { type DatagramBatch, isMulticast, withoutZone } from "@groupcast/backend";
import { BatchSelection } from "./batch-selection.js";

/** Senders that one membership lets in. */
export interface SourceRule {
  /** Whether all are let in but the `senders`, rather than these alone. */
  readonly isAnySource: boolean;
  /** Senders that are let in where it is false, and kept out where it is true; undefined: none was named, as with most groups. */
  senders: Set<string> | undefined;
}

/** Returns whether a datagram, multicast or not, may pass at all. */
export type Admission = (destination: string, batch: DatagramBatch, index: number) => boolean;

/** Filter of one socket: rules by interface and group. */
export class ArrivalFilter {
  /** Number of datagrams kept out by the last `select` that are no loss: another socket of the port delivers or counts them. */
  copies = 0;
  readonly #rules = new Map<number, Map<string, SourceRule>>(); // interface index → group → rule
  readonly #admits: Admission;
  readonly #isCopy: Admission;

  /**
   * Lets in unicast that `admits` accepts, and no multicast yet.
   *
   * @param isCopy - Returns whether another socket of the port delivers or counts a datagram that this one keeps out.
   */
  constructor(admits: Admission, isCopy: Admission = () => false) {
    this.#admits = admits;
    this.#isCopy = isCopy;
  }

  /** Returns whether there is a rule for `group` on any interface: the kernel then gives this socket all of the group's datagrams. */
  hasRuleFor(group: string): boolean {
    return [...this.#rules.values()].some((groups) => groups.has(group));
  }

  /** Adds a sender to the rule for `group` on the interface with this index; makes the rule if it is missing. */
  add(group: string, interfaceIndex: number, { isAnySource, sender }: { isAnySource: boolean; sender: string }): void {
    const rule = this.ruleFor(group, interfaceIndex, isAnySource);
    rule.senders ??= new Set();
    rule.senders.add(sender);
  }

  /** Returns the rule for `group` on the interface with this index; makes it if it is missing. */
  ruleFor(group: string, interfaceIndex: number, isAnySource: boolean): SourceRule {
    const groups = this.#rules.get(interfaceIndex) ?? new Map<string, SourceRule>();
    this.#rules.set(interfaceIndex, groups);
    const rule = groups.get(group) ?? { isAnySource, senders: undefined };
    groups.set(group, rule);
    return rule;
  }

  /** Removes `source` from the rule, and the rule when it lets no sender in. */
  drop(group: string, interfaceIndex: number, source: string | undefined): void {
    const groups = this.#rules.get(interfaceIndex);
    const rule = groups?.get(group);
    if (groups === undefined || rule === undefined) return;
    if (source !== undefined) rule.senders?.delete(source);
    if (source === undefined || !rule.senders?.size) groups.delete(group);
    if (groups.size === 0) this.#rules.delete(interfaceIndex); // an interface that comes back has another index
  }

  /** Returns the datagrams of `batch` that may pass: `batch` itself when all may. */
  select(batch: DatagramBatch): DatagramBatch {
    let kept: number[] | undefined;
    this.copies = 0;
    for (let i = 0; i < batch.length; i++) {
      const accepted = this.accepts(batch, i);
      if (!accepted && this.#isCopy(batch.destination(i), batch, i)) this.copies++;
      if (!accepted && kept === undefined) kept = Array.from({ length: i }, (_, index) => index);
      else if (accepted) kept?.push(i);
    }
    return kept === undefined ? batch : new BatchSelection(batch, kept);
  }

  /** Returns whether the datagram may pass. */
  accepts(batch: DatagramBatch, index: number): boolean {
    const destination = batch.destination(index);
    if (!this.#admits(destination, batch, index)) return false;
    if (!isMulticast(destination)) return true; // "": control data was switched on after this datagram was queued
    const rule = this.#rules.get(batch.interfaceIndex(index))?.get(destination);
    if (rule === undefined) return false;
    const sender = withoutZone(batch.from(index).address);
    return rule.isAnySource !== (rule.senders?.has(sender) ?? false);
  }
}
