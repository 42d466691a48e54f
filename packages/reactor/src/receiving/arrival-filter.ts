/**
 * Keeps out what the kernel lets in though this socket is no member: see docs/decisions, isolation.
 *
 * Linux does not filter IPv6 by interface, whatever IPV6_MULTICAST_ALL says (inet6_mc_check() of net/ipv6/mcast.c compares groups only),
 * and gives each socket of a number a copy of every broadcast (__udp4_lib_mcast_deliver() of net/ipv4/udp.c).
 */
import { type DatagramBatch, isMulticast, withoutZone } from "@groupcast/backend";
import { BatchSelection } from "./batch-selection.js";

/** Which senders one membership lets in. */
export interface SourceRule {
  readonly isAnySource: boolean;
  readonly sources: Set<string>; // let in where isAnySource is false
  readonly blocked: Set<string>; // kept out where it is true
}

/** What any datagram must be to pass, multicast or not. */
export type Admission = (destination: string, batch: DatagramBatch, index: number) => boolean;

export class ArrivalFilter {
  readonly #rules = new Map<number, Map<string, SourceRule>>(); // interface index → group → rule
  readonly #admits: Admission;

  constructor(admits: Admission) {
    this.#admits = admits;
  }

  /** The rule for `group` on interface number `interfaceIndex`, made when there is none. */
  ruleFor(group: string, interfaceIndex: number, isAnySource: boolean): SourceRule {
    const groups = this.#rules.get(interfaceIndex) ?? new Map<string, SourceRule>();
    this.#rules.set(interfaceIndex, groups);
    const rule = groups.get(group) ?? { isAnySource, sources: new Set(), blocked: new Set() };
    groups.set(group, rule);
    return rule;
  }

  /** Forgets the rule once it lets nobody in. */
  drop(group: string, interfaceIndex: number, source: string | undefined): void {
    const groups = this.#rules.get(interfaceIndex);
    const rule = groups?.get(group);
    if (groups === undefined || rule === undefined) return;
    if (source !== undefined) rule.sources.delete(source);
    if (source === undefined || rule.sources.size === 0) groups.delete(group);
  }

  /** The datagrams of `batch` that may pass: `batch` itself when all may. */
  select(batch: DatagramBatch): DatagramBatch {
    let kept: number[] | undefined;
    for (let i = 0; i < batch.length; i++) {
      const accepted = this.#accepts(batch, i);
      if (!accepted && kept === undefined) kept = Array.from({ length: i }, (_, index) => index);
      else if (accepted) kept?.push(i);
    }
    return kept === undefined ? batch : new BatchSelection(batch, kept);
  }

  #accepts(batch: DatagramBatch, index: number): boolean {
    const destination = batch.destination(index);
    if (!this.#admits(destination, batch, index)) return false;
    if (!isMulticast(destination)) return true; // "": control data came on after this datagram was queued
    const rule = this.#rules.get(batch.interfaceIndex(index))?.get(destination);
    if (rule === undefined) return false;
    const sender = withoutZone(batch.from(index).address);
    return rule.isAnySource ? !rule.blocked.has(sender) : rule.sources.has(sender);
  }
}
