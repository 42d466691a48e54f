import type { DatagramBackend, Family } from "@groupcast/backend";
import { hasPrivilege } from "./privilege.js";
import type { Site } from "./site.js";
import { realClock } from "./trial-clock.js";

/**
 * Makes a site of the host as it is: loopback alone, which is enough for most contracts, and nothing of the host is changed.
 *
 * Contracts about IPv6 groups are skipped: addrconf_add_mroute() of net/ipv6/addrconf.c leaves loopback out, so that Linux has no route
 * to a group there. Add `multicastIsMissing: undefined` and an interface of your own where the host can carry them.
 *
 * @param backend - A fresh backend of the host's own network.
 * @param family - IP version of the endpoints.
 */
export function loopbackSite(backend: DatagramBackend, family: Family): Site {
  const listed = backend.network.interfaces();
  const loopback = typeof listed === "number" ? undefined : listed.find(({ flags }) => flags.loopback);
  const missing =
    loopback === undefined ? "there is no loopback interface" : family === 6 ? "loopback carries no multicast of IPv6" : undefined;
  return {
    backend,
    clock: realClock,
    hasPrivilege,
    interfaces: loopback === undefined ? [] : [loopback.name],
    ...(missing !== undefined && { multicastIsMissing: missing }),
  };
}
