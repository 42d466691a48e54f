/** One joinGroup: its request, its state, and the state as users see it. */

import type { NetworkInterface, Outcome } from "@groupcast/backend";
import type { CallOrigin, ErrorSubject } from "@groupcast/base";
import { formatSelector, type ParsedSelector } from "../network/interface-selector.js";
import type { Membership } from "../transport.js";
import type { Joined } from "./membership-sockets.js";

/** Arguments of a joinGroup, checked. */
export interface JoinRequest {
  /** Name of the public function that the user called. */
  readonly operation: string;
  /** IP literal of the group, without zone. */
  readonly group: string;
  /** Interfaces that are meant. */
  readonly selector: ParsedSelector;
  /** The only sender to let in; undefined: any. */
  readonly source: string | undefined;
}

/** Facts about a membership whose interface the kernel chose. */
export interface Unnamed {
  /** Number of times that it was joined: one more each time that the kernel's choice had changed. */
  times: number;
  /** Interfaces when it was joined first: one that is down, which dgram does not list, still has it. */
  readonly listed: readonly NetworkInterface[];
}

/** One joinGroup and its state. A port may have thousands, so what few have is made when it is needed. */
export interface Wish extends JoinRequest {
  /** Memberships that the kernel has. */
  joined: Joined[];
  /** Senders that are shut out; undefined: none was ever. */
  blocked: Set<string> | undefined;
  /** Map of interface name → errno of the OS's latest refusal, as it was reported; undefined: none was ever. */
  refused: Map<string, Outcome> | undefined;
  /** Name of the interface that was lost last, for as long as none is joined; undefined for `"all"`, which has no interface of its own. */
  lost: string | undefined;
  /** Facts about the membership where the kernel chose its interface; undefined: it did not. */
  unnamed: Unnamed | undefined;
  /** The call of joinGroup, where it has returned without a membership: its error comes later. */
  origin: CallOrigin | undefined;
}

/** Returns a wish that nothing was done for. Written out, as V8 gives each object that is spread into a longer one a shape of its own. */
export function wishFor({ operation, group, selector, source }: JoinRequest): Wish {
  return {
    operation,
    group,
    selector,
    source,
    joined: [],
    blocked: undefined,
    refused: undefined,
    lost: undefined,
    unnamed: undefined,
    origin: undefined,
  };
}

/** Returns each membership that `wish` stands for now; at least one. */
export function statesOf(wish: Wish): Membership[] {
  if (wish.joined.length > 0) return wish.joined.map(({ iface }) => membershipOf(wish, nameOf(iface), "joined"));
  return [wish.lost === undefined ? membershipOf(wish, formatSelector(wish.selector), "waiting") : membershipOf(wish, wish.lost, "lost")];
}

/** Returns the membership of `request` on the interface `name`, as users see it. */
export function membershipOf({ group, source }: JoinRequest, name: string, state: Membership["state"]): Membership {
  return source === undefined ? { group, interface: name, state } : { group, interface: name, source, state };
}

/** Returns the subject of an error about `request`; `name`: the interface, if it is not the selector that was given. */
export function subjectOf({ group, selector, source }: JoinRequest, name: string = formatSelector(selector)): ErrorSubject {
  return source === undefined ? { group, interface: name } : { group, interface: name, source };
}

/** Returns the name of an interface; `"default"` where the kernel chose it. */
export function nameOf(iface: NetworkInterface | undefined): string {
  return iface?.name ?? "default";
}

/** Returns whether two selectors are written alike. */
export function sameSelector(a: ParsedSelector, b: ParsedSelector): boolean {
  return a.by === b.by && formatSelector(a) === formatSelector(b);
}

/** Returns whether two requests exclude each other on one interface: see `#isTaken` of memberships.ts. */
export function excludes(a: JoinRequest, b: JoinRequest): boolean {
  return a.group === b.group && (a.source === b.source || a.source === undefined || b.source === undefined);
}
