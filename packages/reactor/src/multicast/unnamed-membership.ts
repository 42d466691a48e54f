/**
 * Memberships whose interface the kernel chose, on a backend that cannot tell which one that is.
 *
 * Theory of operation: IPv4 looks for such a membership on the interface of today's route (ip_mc_leave_group(), net/ipv4/igmp.c), and IPv6
 * takes the latest one of the group, whatever its interface (ipv6_sock_mc_drop(), net/ipv6/mcast.c). So after the route has changed, the
 * socket would stay a member for good, and beside a membership on a named interface it might lose that one. What the kernel does not find
 * is left by name then, on each interface where no other wish has the group.
 */
import { type NetworkInterface, sameInterface } from "@groupcast/backend";
import type { Joined, Search } from "./membership-sockets.js";
import type { Wish } from "./membership-wish.js";

/** Returns how to leave `joined`, whose interface the kernel chose, given all wishes for its group. */
export function searchFor({ unnamed }: Wish, { member }: Joined, wishes: readonly Wish[], current: readonly NetworkInterface[]): Search {
  const held = heldOn(member, wishes);
  const before = unnamed?.listed.filter((iface) => !has(current, iface)) ?? [];
  const free = [...current, ...before].filter((iface) => !has(held, iface));
  return { ways: held.length > 0 ? free : [undefined, ...free], times: unnamed?.times ?? 1, mayFail: held.length > 0 };
}

/** Returns the interfaces on which `wishes` have joined by name on one socket. */
export function heldOn(member: Joined["member"], wishes: readonly Wish[]): NetworkInterface[] {
  const joined = wishes.flatMap((wish) => wish.joined).filter((other) => other.member === member);
  return joined.flatMap(({ iface }) => iface ?? []);
}

function has(interfaces: readonly NetworkInterface[], iface: NetworkInterface): boolean {
  return interfaces.some((other) => sameInterface(other, iface));
}
