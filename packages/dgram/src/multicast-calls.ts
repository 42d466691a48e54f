/** Multicast calls of libuv on a port: same arguments, same errnos. */
import type { MulticastPort } from "groupcast";
import { ERRNO, type Errno, outcomeOf } from "./errno.js";
import { sharedReactor } from "./shared-reactor.js";

const ANY_INTERFACE = new Set(["0.0.0.0", "::"]);

/** Joins `group`. Node knows no interface that will be there later. */
export function joinGroup(port: MulticastPort, group: string, at: string | undefined, source: string | undefined): Errno {
  return outcomeOf(() => port.joinGroup(group, at, { source, whenAvailable: false }));
}

/** Leaves `group`; without an interface the first one that it was joined on: ip_mc_leave_group(), net/ipv4/igmp.c. */
export function leaveGroup(port: MulticastPort, group: string, at: string | undefined, source: string | undefined): Errno {
  const outcome = outcomeOf(() => port.leaveGroup(group, at, { source }));
  if (outcome !== ERRNO.EADDRNOTAVAIL) return outcome;
  const joined = port.memberships.filter((membership) => membership.group === group);
  if (joined.length === 0 && source !== undefined) return ERRNO.EINVAL; // ip_mc_source() wants a membership
  const first = joined.find((membership) => membership.source === source);
  if (first === undefined || at !== undefined) return outcome;
  return outcomeOf(() => port.leaveGroup(group, first.interface, { source }));
}

/** Sends multicast by the interface that has `address`. */
export function setOutgoingInterface(port: MulticastPort, address: string): Errno {
  const isKnown = ANY_INTERFACE.has(address) || address.includes("%") || sharedReactor().network.getInterfaceIPs().includes(address);
  return isKnown ? outcomeOf(() => port.setOutgoingInterface(address)) : ERRNO.EADDRNOTAVAIL;
}

/** Leaves each group whose interface is gone, as the kernel does: it is not joined again. */
export function leaveWhatIsLost(port: MulticastPort): void {
  port.on("membership", ({ membership: { group, interface: at, source, state } }) => {
    if (state === "lost") port.leaveGroup(group, at, { source });
  });
}
