/**
 * Which way an IPv4 datagram leaves a Linux host: `ip_route_output_key_hash_rcu` and `__mkroute_output` of net/ipv4/route.c.
 *
 * Measured on Linux 6.18 where the source leaves it open.
 */

import type { Outcome } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import { ANY_4, type IpAddress, LOOPBACK_4, staysOnLink } from "../address/ip-address.js";
import type { HostInterface } from "./host-interface.js";
import type { HostStack } from "./host-stack.js";
import type { OutputRoute, RouteQuery } from "./routing-table.js";

export function routeIpv4(stack: HostStack, query: RouteQuery): OutputRoute | Outcome {
  const { source, interfaceIndex } = query;
  if (source?.kind === "multicast" || source?.kind === "broadcast") return ERRNO.EINVAL;
  const owner = source === undefined ? undefined : stack.owner(source);
  if (source !== undefined && owner === undefined) return ERRNO.ENETUNREACH;
  if (interfaceIndex !== 0) return routedBy(stack, query);
  // "Special hack": what is for many leaves by the interface that owns a fixed source address, whatever the routes say.
  if (owner !== undefined && isForMany(query.destination)) return made(stack, query, owner);
  return routed(stack, query);
}

/** By the interface that is asked for. */
function routedBy(stack: HostStack, query: RouteQuery): OutputRoute | Outcome {
  const out = stack.interfaceAt(query.interfaceIndex);
  if (out === undefined) return ERRNO.ENODEV;
  if (!out.isUp) return ERRNO.ENETUNREACH;
  const isOnLink = isForMany(query.destination) && (query.destination.kind === "broadcast" || staysOnLink(query.destination));
  return isOnLink ? made(stack, query, out) : routed(stack, query, out);
}

function isForMany({ kind }: IpAddress): boolean {
  return kind === "multicast" || kind === "broadcast";
}

/** By the routes; `bound` is the only interface there is to choose, and then everything is taken to be on its link. */
function routed(stack: HostStack, query: RouteQuery, bound?: HostInterface): OutputRoute | Outcome {
  const { destination, source } = query;
  if (destination.kind === "any") return toSelf(bound ?? stack.loopback, source);
  const owner = stack.owner(destination);
  if (owner !== undefined && (bound === undefined || bound === owner || bound.isLoopback)) {
    return local(stack, query, bound ?? owner);
  }
  const match = stack.routes.match(destination, bound?.index ?? 0);
  if (match !== undefined) return made(stack, { ...query, source: source ?? match.source }, match.out, match.gateway);
  return bound === undefined ? ERRNO.ENETUNREACH : made(stack, query, bound);
}

/** 0.0.0.0 is this host: the source is the destination too. */
function toSelf(out: HostInterface, given: IpAddress | undefined): OutputRoute {
  const source = given ?? out.prefixes.find(({ address }) => address.family === 4)?.address ?? LOOPBACK_4;
  return { kind: "local", out, source, destination: source, nextHop: undefined };
}

function local(stack: HostStack, { destination, source }: RouteQuery, out: HostInterface): OutputRoute {
  const isForced = out.isLoopback && destination.kind !== "loopback"; // by the loopback interface, taken for any address on its link
  const own = destination.kind === "loopback" ? LOOPBACK_4 : isForced ? primaryIpv4(stack, out) : preferredBy(out, destination);
  return { kind: "local", out, source: source ?? own, destination, nextHop: undefined };
}

/** The route to an address that is not the first of its subnet prefers the first as source (`fib_add_ifaddr` of net/ipv4/fib_frontend.c). */
function preferredBy(out: HostInterface, own: IpAddress): IpAddress {
  const subnet = out.prefixes.find(({ address }) => address.text === own.text);
  const first = out.prefixes.find((prefix) => prefix.length === subnet?.length && prefix.contains(own));
  return first?.address ?? own;
}

function made(stack: HostStack, query: RouteQuery, out: HostInterface, gateway?: IpAddress): OutputRoute | Outcome {
  const { destination } = query;
  const source = query.source ?? primaryIpv4(stack, out, gateway);
  if (source.kind === "loopback" && !out.isLoopback) return ERRNO.EINVAL;
  const kind = destination.kind === "multicast" ? "multicast" : out.isBroadcast(destination) ? "broadcast" : "unicast";
  return { kind, out, source, destination, nextHop: kind === "unicast" ? (gateway ?? destination) : undefined };
}

/**
 * `inet_select_addr` of net/ipv4/devinet.c: the interface's address nearest to the gateway, else its first, else the first of
 * another interface, else 0.0.0.0. That of the loopback interface is never chosen: it means something on this host only.
 */
export function primaryIpv4(stack: HostStack, out: HostInterface, gateway?: IpAddress): IpAddress {
  const own = out.isLoopback ? [] : out.prefixes.filter(({ address }) => address.family === 4);
  const near = gateway === undefined ? undefined : own.find((prefix) => prefix.contains(gateway));
  const first = near ?? own[0];
  if (first !== undefined) return first.address;
  const others = stack.interfaces.flatMap((other) => (other.isLoopback ? [] : other.prefixes));
  return others.find(({ address }) => address.family === 4)?.address ?? ANY_4;
}
