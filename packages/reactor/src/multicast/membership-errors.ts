/** Errors for memberships that the OS refuses. */

import type { Outcome } from "@groupcast/backend";
import { ERRNO, type ErrorSubject, SystemError } from "@groupcast/base";
import { readSysctl } from "../network/sysctl.js";
import { REACTOR_ERRORS } from "../reactor-errors.js";
import { MulticastJoinError } from "../system-errors.js";
import { type JoinRequest, subjectOf, type Wish } from "./membership-wish.js";

/** Makes the error of a refused join. If a limit is the reason, its advice names the limit and its value. */
export function joinError(wish: JoinRequest & Partial<Pick<Wish, "origin">>, errno: Outcome, name?: string): MulticastJoinError {
  const limits = process.platform === "linux" ? limitsBehind(errno, wish).map(describeLimit) : [];
  const advice = limits.length === 0 ? {} : { advice: `raise ${limits.join(", or ")}` };
  return new MulticastJoinError({
    operation: wish.operation,
    errno,
    ...subjectOf(wish, name),
    ...advice,
    ...(wish.origin && { origin: wish.origin }),
  });
}

/** Returns the sysctls that make Linux answer `errno`: ip_mc_join_group() and ip_mc_source() of net/ipv4/igmp.c, net/ipv6/mcast.c. */
function limitsBehind(errno: Outcome, { group, source }: JoinRequest): readonly string[] {
  if (errno === ERRNO.ENOMEM) return ["net.core.optmem_max"];
  if (errno !== ERRNO.ENOBUFS) return [];
  const sources = group.includes(":") ? "net.ipv6.mld_max_msf" : "net.ipv4.igmp_max_msf";
  return [...(source === undefined ? [] : [sources]), ...(group.includes(":") ? [] : ["net.ipv4.igmp_max_memberships"])];
}

/** Returns a sysctl with its value. Some are not visible inside a network namespace, such as a container's. */
function describeLimit(sysctl: string): string {
  const value = readSysctl(sysctl);
  return value === undefined ? sysctl : `${sysctl} (now ${value})`;
}

/** Makes the error of a source that could not be blocked or unblocked. */
export function filterError(operation: string, errno: Outcome, subject: ErrorSubject): SystemError {
  return new SystemError(REACTOR_ERRORS.ERR_SOURCE_FILTER, { operation, errno, ...subject });
}
