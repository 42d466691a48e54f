/** What one joinGroup asks for, what has become of it, and how that is told. */

import type { NetworkInterface, Outcome } from "@groupcast/backend";
import type { ErrorSubject } from "@groupcast/base";
import { formatSelector, type ParsedSelector } from "../network/interface-selector.js";
import type { Membership } from "../transport.js";
import type { Joined } from "./membership-sockets.js";

/** A joinGroup, checked. */
export interface JoinRequest {
  readonly group: string;
  readonly selector: ParsedSelector;
  readonly source: string | undefined;
}

/** One joinGroup, and what it has come to. */
export interface Wish extends JoinRequest {
  readonly joined: Joined[];
  readonly blocked: Set<string>;
  readonly refused: Map<string, Outcome>; // name of an interface → why the OS refused, as it was told last
  lost: string | undefined; // name of the interface that went last, for as long as none is joined; of "all", none in particular
}

/** Each membership that `wish` stands for now; one at least. */
export function statesOf(wish: Wish): Membership[] {
  if (wish.joined.length > 0) return wish.joined.map(({ iface }) => membershipOf(wish, nameOf(iface), "joined"));
  return [wish.lost === undefined ? membershipOf(wish, formatSelector(wish.selector), "waiting") : membershipOf(wish, wish.lost, "lost")];
}

export function membershipOf({ group, source }: JoinRequest, on: string, state: Membership["state"]): Membership {
  return source === undefined ? { group, interface: on, state } : { group, interface: on, source, state };
}

/** What an error about `request` names; `on`: the interface, if it is not the selector that was given. */
export function subjectOf({ group, selector, source }: JoinRequest, on: string = formatSelector(selector)): ErrorSubject {
  return source === undefined ? { group, interface: on } : { group, interface: on, source };
}

export function nameOf(iface: NetworkInterface | undefined): string {
  return iface?.name ?? "default";
}

/** Whether two selectors are written alike. */
export function sameSelector(a: ParsedSelector, b: ParsedSelector): boolean {
  return a.by === b.by && formatSelector(a) === formatSelector(b);
}

/** Whether two requests for one interface cannot stand beside each other: see memberships.ts. */
export function excludes(a: JoinRequest, b: JoinRequest): boolean {
  return a.group === b.group && (a.source === b.source || a.source === undefined || b.source === undefined);
}
