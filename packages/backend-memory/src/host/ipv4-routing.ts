/**
 * Routes of IPv4 datagrams that leave a Linux host: `ip_route_output_key_hash_rcu` and `__mkroute_output` of net/ipv4/route.c.
 *
 * Measured on Linux 6.18 where the source leaves it open.
 */
import type { Outcome } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import { ANY_4, type IpAddress, isForMany, LOOPBACK_4, staysOnLink } from "../address/ip-address.js";
import type { HostInterface } from "./host-interface.js";
import type { OutputRoute, RouteQuery } from "./route.js";
import type { RoutedHost } from "./routed-host.js";
import type { Match } from "./routing-table.js";

/** Returns the route of a datagram, or the errno that Linux gives instead. */
export function routeIpv4(host: RoutedHost, query: RouteQuery): OutputRoute | Outcome {
  const { source, interfaceIndex } = query;
  if (source?.kind === "multicast" || source?.kind === "broadcast") return ERRNO.EINVAL;
  const owner = source === undefined ? undefined : host.interfaces.owner(source);
  if (source !== undefined && owner === undefined) return ERRNO.ENETUNREACH;
  if (interfaceIndex !== 0) return routedBy(host, query);
  // "Special hack": groups and broadcasts leave by the interface that owns a fixed source address, whatever the routes say.
  if (owner !== undefined && isForMany(query.destination)) return made(host, query, owner);
  return routed(host, query);
}

/** Routes by the interface that the query names. */
function routedBy(host: RoutedHost, query: RouteQuery): OutputRoute | Outcome {
  const egress = host.interfaces.withIndex(query.interfaceIndex);
  if (egress === undefined) return ERRNO.ENODEV;
  if (!egress.isUp) return ERRNO.ENETUNREACH;
  const isOnLink = isForMany(query.destination) && (query.destination.kind === "broadcast" || staysOnLink(query.destination));
  return isOnLink ? made(host, query, egress) : routed(host, query, egress);
}

/** Routes by the table. With `bound`, that is the only interface to choose, and every destination counts as being on its link. */
function routed(host: RoutedHost, query: RouteQuery, bound?: HostInterface): OutputRoute | Outcome {
  const { destination, source } = query;
  if (destination.kind === "any") return toSelf(bound ?? host.interfaces.loopback, source);
  const owner = host.interfaces.owner(destination);
  if (owner !== undefined && (bound === undefined || bound === owner || bound.isLoopback)) {
    return local(host, query, bound ?? owner);
  }
  const match = matched(host, destination, bound);
  if (typeof match !== "number") return made(host, { ...query, source: source ?? match.source }, match.egress, match.gateway);
  return bound === undefined ? match : made(host, query, bound); // "Apparently, routing tables are wrong": fib_lookup's errno is ignored
}

/** Returns the route of the table, or an errno: there is none, or it refuses. */
function matched(host: RoutedHost, destination: IpAddress, bound: HostInterface | undefined): Match | Outcome {
  const match = host.routes.match(destination, bound?.index ?? 0);
  return host.routes.refusal(destination, match?.length) ?? match ?? ERRNO.ENETUNREACH;
}

/** Routes to 0.0.0.0, which is this host: the source is the destination too. */
function toSelf(egress: HostInterface, given: IpAddress | undefined): OutputRoute {
  const source = given ?? egress.prefixes.find(({ address }) => address.family === 4)?.address ?? LOOPBACK_4;
  return { kind: "local", egress, source, destination: source, nextHop: undefined };
}

function local(host: RoutedHost, { destination, source }: RouteQuery, egress: HostInterface): OutputRoute {
  const isForced = egress.isLoopback && destination.kind !== "loopback"; // Linux takes every address for one on the link of the loopback interface
  const own = destination.kind === "loopback" ? LOOPBACK_4 : isForced ? primaryIpv4(host, egress) : preferredBy(egress, destination);
  return { kind: "local", egress, source: source ?? own, destination, nextHop: undefined };
}

/** The route to an address that is not the first of its subnet prefers the first as source (`fib_add_ifaddr` of net/ipv4/fib_frontend.c). */
function preferredBy(egress: HostInterface, own: IpAddress): IpAddress {
  const subnet = egress.prefixes.find(({ address }) => address.text === own.text);
  const first = egress.prefixes.find((prefix) => prefix.length === subnet?.length && prefix.contains(own));
  return first?.address ?? own;
}

function made(host: RoutedHost, query: RouteQuery, egress: HostInterface, gateway?: IpAddress): OutputRoute | Outcome {
  const { destination } = query;
  const source = query.source ?? primaryIpv4(host, egress, gateway);
  if (source.kind === "loopback" && !egress.isLoopback) return ERRNO.EINVAL;
  const kind = destination.kind === "multicast" ? "multicast" : egress.isBroadcast(destination) ? "broadcast" : "unicast";
  return { kind, egress, source, destination, nextHop: kind === "unicast" ? (gateway ?? destination) : undefined };
}

/**
 * `inet_select_addr` of net/ipv4/devinet.c: the interface's address nearest to the gateway, else its first, else the first of
 * another interface, else 0.0.0.0. That of the loopback interface is never chosen: it means something on this host only.
 */
export function primaryIpv4(host: RoutedHost, egress: HostInterface, gateway?: IpAddress): IpAddress {
  const own = egress.isLoopback ? [] : egress.prefixes.filter(({ address }) => address.family === 4);
  const near = gateway === undefined ? undefined : own.find((prefix) => prefix.contains(gateway));
  const first = near ?? own[0];
  if (first !== undefined) return first.address;
  const others = host.interfaces.all.flatMap((other) => (other.isLoopback ? [] : other.prefixes));
  return others.find(({ address }) => address.family === 4)?.address ?? ANY_4;
}
