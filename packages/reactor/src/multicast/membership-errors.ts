/** What is thrown, or told, when the OS refuses a membership. */

import type { Outcome } from "@groupcast/backend";
import { ERRNO, type ErrorSubject, SystemError } from "@groupcast/base";
import { readSysctl } from "../network/sysctl.js";
import { REACTOR_ERRORS } from "../reactor-errors.js";
import { MulticastJoinError } from "../system-errors.js";
import { type JoinRequest, subjectOf } from "./membership-wish.js";

/** With the limits and their values in the advice, where a limit is the reason. */
export function joinError(wish: JoinRequest, errno: Outcome, on?: string): MulticastJoinError {
  const limits = process.platform === "linux" ? limitsBehind(errno, wish).map(describeLimit) : [];
  const advice = limits.length === 0 ? {} : { advice: `the limit is ${limits.join(", or ")}: raise it` };
  return new MulticastJoinError({ operation: "joinGroup", errno, ...subjectOf(wish, on), ...advice });
}

/** The sysctls that make Linux answer `errno`: ip_mc_join_group() and ip_mc_source() of net/ipv4/igmp.c, net/ipv6/mcast.c. */
function limitsBehind(errno: Outcome, { group, source }: JoinRequest): readonly string[] {
  if (errno === ERRNO.ENOMEM) return ["net.core.optmem_max"];
  if (errno !== ERRNO.ENOBUFS) return [];
  const sources = group.includes(":") ? "net.ipv6.mld_max_msf" : "net.ipv4.igmp_max_msf";
  return [...(source === undefined ? [] : [sources]), ...(group.includes(":") ? [] : ["net.ipv4.igmp_max_memberships"])];
}

/** Some are not shown inside a network namespace, as of a container. */
function describeLimit(sysctl: string): string {
  const value = readSysctl(sysctl);
  return value === undefined ? sysctl : `${sysctl}, which is ${value}`;
}

export function filterError(operation: string, errno: Outcome, subject: ErrorSubject): SystemError {
  return new SystemError(REACTOR_ERRORS.ERR_SOURCE_FILTER, { operation, errno, ...subject });
}
