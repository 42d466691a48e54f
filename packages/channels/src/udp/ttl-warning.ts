import type { Reactor } from "groupcast";
import { isLoopback } from "./group-memberships.js";
import type { ResolvedUdpOptions } from "./udp-options.js";

/** Warns of an interface that TTL 0 keeps from sending anything. A list of interfaces that the system refuses is no reason to fail. */
export function warnOfTtl(reactor: Reactor, { ttl, selector, logger }: ResolvedUdpOptions): void {
  if (ttl > 0 || selector === "any") return;
  try {
    if (isLoopback(selector, reactor.network.interfaces())) return;
  } catch {
    return;
  }
  logger.warn(`TTL 0 with an interface other than loopback: nothing leaves this host, and only members on that interface receive it`);
}
