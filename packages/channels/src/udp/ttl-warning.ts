import type { Reactor } from "groupcast";
import { isLoopback } from "./group-memberships.js";
import type { ResolvedUdpOptions } from "./udp-options.js";

/** Warns of an interface on which nothing is sent because the TTL is 0. Does nothing if the system refuses the list of interfaces. */
export function warnOfTtl(reactor: Reactor, { ttl, selector, logger }: ResolvedUdpOptions): void {
  if (ttl > 0 || selector === "any") return;
  try {
    if (isLoopback(selector, reactor.network.interfaces())) return;
  } catch {
    return;
  }
  logger.warn(`TTL 0 with an interface other than loopback: nothing leaves this host, and only members on that interface receive it`);
}
