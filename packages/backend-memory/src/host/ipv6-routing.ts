/** Routes of IPv6 datagrams that leave a Linux host (net/ipv6/route.c), and their source addresses (RFC 6724). Measured on Linux 6.18. */
import type { Outcome } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import { commonPrefixBits, type IpAddress, LOOPBACK_6 } from "../address/ip-address.js";
import type { HostInterface } from "./host-interface.js";
import type { OutputRoute, RouteQuery } from "./route.js";
import type { RoutedHost } from "./routed-host.js";

/** Bits of ff00::/8, for which each interface has a route. Linux gives it precedence over an added one of the same length, by its metric. */
const GROUP_BITS = 8;

/** Returns the route of a datagram, or the errno that Linux gives instead. */
export function routeIpv6(host: RoutedHost, query: RouteQuery): OutputRoute | Outcome {
  const { source, interfaceIndex } = query;
  if (source !== undefined && host.interfaces.owner(source) === undefined) return ERRNO.EINVAL;
  if (query.destination.kind === "any") return routeIpv6(host, { ...query, destination: LOOPBACK_6 });
  const bound = interfaceIndex === 0 ? undefined : host.interfaces.withIndex(interfaceIndex);
  const isHint = query.isHint === true && query.destination.kind === "unicast";
  const isDown = interfaceIndex !== 0 && bound?.isUp !== true;
  if (isDown && !isHint) return ERRNO.ENETUNREACH;
  if (query.destination.kind === "multicast") return toGroup(host, query, bound);
  const found = isDown ? undefined : toOne(host, query, bound);
  return found ?? (isHint ? toOne(host, { ...query, interfaceIndex: 0 }, undefined) : undefined) ?? ERRNO.ENETUNREACH;
}

/** Routes to an own address, or by the table; undefined if there is no route, by the interface `bound` if one is given. */
function toOne(host: RoutedHost, query: RouteQuery, bound: HostInterface | undefined): OutputRoute | Outcome | undefined {
  const { destination, source = destination } = query;
  const owner = host.interfaces.owner(destination);
  if (owner?.isUp === true && (bound === undefined || bound === owner)) {
    return { kind: "local", egress: owner, source, destination, nextHop: undefined };
  }
  const match = host.routes.match(destination, query.interfaceIndex);
  const refusal = query.isHint === true && owner?.isUp === true ? undefined : refusalOf(host, query);
  if (refusal !== undefined) return refusal;
  return match && made(host, "unicast", query, { egress: match.egress, nextHop: match.gateway ?? destination });
}

/** Routes to a group. Every interface with an IPv6 address has a route for ff00::/8, except the loopback interface; the one longest up wins. */
function toGroup(host: RoutedHost, query: RouteQuery, bound: HostInterface | undefined): OutputRoute | Outcome {
  const added = host.routes.match(query.destination, bound?.index ?? 0);
  const carrier = bound === undefined ? firstForGroups(host) : carriesGroups(bound) ? bound : undefined;
  const isAdded = added !== undefined && (added.length >= GROUP_BITS || carrier === undefined); // a default route is shorter
  const egress = isAdded ? added.egress : carrier;
  if (egress === undefined) return refusalOf(host, query) ?? ERRNO.ENETUNREACH;
  const refusal = refusalOf(host, query, isAdded ? added.length : GROUP_BITS);
  if (refusal !== undefined) return refusal;
  return made(host, "multicast", query, { egress, nextHop: undefined });
}

/**
 * Returns the errno of a route that refuses the destination, if its prefix is longer than `length` and than that of every other route.
 *
 * The kernel keeps such a route on the loopback interface: it counts for no query that names another one, unless that is a hint.
 */
function refusalOf(host: RoutedHost, query: RouteQuery, length?: number): Outcome | undefined {
  const { destination } = query;
  const interfaceIndex = query.isHint === true && destination.kind !== "multicast" ? 0 : query.interfaceIndex;
  if (interfaceIndex !== 0 && interfaceIndex !== host.interfaces.loopback.index) return undefined;
  return host.routes.refusal(destination, length ?? host.routes.match(destination, interfaceIndex)?.length);
}

function firstForGroups(host: RoutedHost): HostInterface | undefined {
  return host.interfaces.all.filter(carriesGroups).toSorted((a, b) => a.upSince - b.upSince)[0];
}

function carriesGroups(egress: HostInterface): boolean {
  return egress.isUp && !egress.isLoopback && egress.has(6);
}

function made(
  host: RoutedHost,
  kind: "unicast" | "multicast",
  { destination, source: given }: RouteQuery,
  { egress, nextHop }: Pick<OutputRoute, "egress" | "nextHop">,
): OutputRoute | Outcome {
  const source = given ?? sourceFor(host, destination, egress);
  return source === undefined ? ERRNO.EADDRNOTAVAIL : { kind, egress, source, destination, nextHop };
}

/** Chooses the source address by RFC 6724 section 5, rules 2 (scope), 5 (outgoing interface) and 8 (longest prefix). */
export function sourceFor(host: RoutedHost, destination: IpAddress, egress: HostInterface): IpAddress | undefined {
  let best: Candidate | undefined;
  for (const { address, isOnEgress } of candidates(host, destination, egress)) {
    const rival = { address, isOnEgress, bits: commonPrefixBits(address, destination) };
    if (best === undefined || isBetter(rival, best, destination)) best = rival;
  }
  return best?.address;
}

interface Candidate {
  readonly address: IpAddress;
  readonly isOnEgress: boolean; // of the outgoing interface
  readonly bits: number; // in common with the destination
}

/** Returns the addresses to choose from. Groups and link-local destinations need one of the outgoing interface (RFC 6724 section 4); others take any but link-local ones. */
function candidates(host: RoutedHost, destination: IpAddress, egress: HostInterface): Omit<Candidate, "bits">[] {
  const isOwnOnly = destination.kind === "multicast" || destination.needsZone;
  const others = isOwnOnly ? [] : host.interfaces.all.filter((other) => other !== egress && !other.isLoopback);
  const own = newestFirst(egress).map((address) => ({ address, isOnEgress: true }));
  const foreign = others.flatMap((other) => newestFirst(other).map((address) => ({ address, isOnEgress: false })));
  return [...own, ...foreign.filter(({ address }) => address.kind !== "linkLocal")].filter(({ address }) => address.family === 6);
}

/** Returns the addresses in the order in which Linux tries those of one scope: `ipv6_link_dev_addr` of net/ipv6/addrconf.c. */
function newestFirst({ prefixes }: HostInterface): IpAddress[] {
  return prefixes.map(({ address }) => address).toReversed();
}

function isBetter(a: Candidate, b: Candidate, destination: IpAddress): boolean {
  if (a.address.scope !== b.address.scope) {
    const isNarrower = a.address.scope < b.address.scope;
    return isNarrower ? a.address.scope >= destination.scope : b.address.scope < destination.scope;
  }
  if (a.isOnEgress !== b.isOnEgress) return a.isOnEgress;
  return a.bits > b.bits;
}
