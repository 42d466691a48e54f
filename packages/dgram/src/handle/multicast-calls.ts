/** Multicast calls of libuv (src/unix/udp.c) on a port: arguments are checked in the same order, and refused with the same errnos. */
import { isIP } from "node:net";
import type { Membership, MulticastPort } from "groupcast";
import { ERRNO, type Errno, outcomeOf } from "./errno.js";
import { sharedReactor } from "./shared-reactor.js";

/** Arguments of a membership call. */
export interface MembershipCall {
  readonly group: string;
  /** IP literal of the interface; undefined: the one that the route names. */
  readonly at: string | undefined;
  /** IP literal of the only sender to let in. */
  readonly source: string | undefined;
}

/** Checks what libuv checks before it makes a socket. */
export function checkLiterals({ group, source }: MembershipCall): Errno {
  if (isIP(group) === 0) return ERRNO.EINVAL;
  return source === undefined || isIP(source) === isIP(group) ? 0 : ERRNO.EINVAL;
}

/** Joins a group. Node knows no interface that will be there later. */
export function joinGroup(port: MulticastPort, call: MembershipCall): Errno {
  const { group, at, source } = call;
  const wrong = checkInterface(port, call);
  if (wrong < 0) return wrong;
  const outcome = outcomeOf(() => port.joinGroup(group, selectorOf(at), { source, whenAvailable: false }));
  // ip_mc_source() refuses a source where all are let in, with another errno than a second join.
  const isOpen = source !== undefined && port.memberships.some((joined) => joined.group === group && joined.source === undefined);
  return outcome === ERRNO.EADDRINUSE && isOpen ? ERRNO.EINVAL : outcome;
}

/** Leaves a group. Without a source, those that were joined with one are left, too: ip_mc_leave_group(), net/ipv4/igmp.c. */
export function leaveGroup(port: MulticastPort, call: MembershipCall): Errno {
  const { group, at, source } = call;
  const wrong = checkInterface(port, call);
  if (wrong < 0) return wrong;
  const outcome = outcomeOf(() => port.leaveGroup(group, selectorOf(at), { source }));
  if (outcome !== ERRNO.EADDRNOTAVAIL) return outcome;
  const joined = port.memberships.filter((membership) => membership.group === group);
  if (source !== undefined) return leaveSource(port, joined, call);
  const name = at === undefined ? joined[0]?.interface : nameOfInterface(at);
  const left = joined.filter((membership) => membership.interface === name);
  for (const membership of left) leave(port, membership);
  return left.length > 0 ? 0 : outcome;
}

/** Sends multicast by the interface that has `address`. */
export function setOutgoingInterface(port: MulticastPort, address: string): Errno {
  const [family, own] = [isIP(address), isIP(port.getHost().address)];
  if (family === 0) return ERRNO.EINVAL;
  if (family === 6 && own === 4) return ERRNO.ENOPROTOOPT;
  if (selectorOf(address) !== undefined && nameOfInterface(address) === undefined) return ERRNO.EADDRNOTAVAIL;
  return family === own ? outcomeOf(() => port.setOutgoingInterface(selectorOf(address) ?? "default")) : 0; // that of mapped addresses
}

/** Leaves each group whose interface is gone, as the kernel does: it is not joined again. */
export function leaveWhatIsLost(port: MulticastPort): void {
  port.on("membership", ({ membership }) => {
    if (membership.state === "lost") leave(port, membership);
  });
}

function checkInterface(port: MulticastPort, { group, at, source }: MembershipCall): Errno {
  const family = isIP(group);
  if (at !== undefined && isIP(at) !== family) return ERRNO.EINVAL;
  if (isIP(port.getHost().address) !== family) return ERRNO.ENOPROTOOPT;
  const isUnknown = source !== undefined && selectorOf(at) !== undefined && nameOfInterface(at!) === undefined;
  return isUnknown ? ERRNO.ENODEV : 0;
}

/** ip_mc_source() wants a membership of the group; without an interface, the first one counts. */
function leaveSource(port: MulticastPort, joined: readonly Membership[], { at, source }: MembershipCall): Errno {
  if (joined.length === 0) return ERRNO.EINVAL;
  const first = at === undefined ? joined.find((membership) => membership.source === source) : undefined;
  if (first === undefined) return ERRNO.EADDRNOTAVAIL;
  leave(port, first);
  return 0;
}

function leave(port: MulticastPort, { group, interface: at, source }: Membership): void {
  port.leaveGroup(group, at, { source });
}

/** Returns the selector of an interface that a literal names. Of IPv6 only the zone counts; without one, it is any interface. */
function selectorOf(at: string | undefined): string | undefined {
  if (at === undefined || at === "0.0.0.0") return undefined;
  return isIP(at) === 6 && !at.includes("%") ? undefined : at;
}

function nameOfInterface(at: string): string | undefined {
  const [, zone] = at.split("%");
  const isMeant = (address: string, { name, index }: { name: string; index: number }): boolean =>
    zone === undefined ? address === at : zone === name || zone === String(index);
  return sharedReactor()
    .network.interfaces()
    .find((iface) => iface.addresses.some(({ address }) => isMeant(address, iface)))?.name;
}
