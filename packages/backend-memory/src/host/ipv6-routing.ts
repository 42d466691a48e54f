/** Which way an IPv6 datagram leaves a Linux host: net/ipv6/route.c, and the choice of its source address: RFC 6724. Measured on Linux 6.18. */

import type { Outcome } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import { type IpAddress, LOOPBACK_6, needsZone } from "../address/ip-address.js";
import type { HostInterface } from "./host-interface.js";
import type { HostStack } from "./host-stack.js";
import type { OutputRoute, RouteQuery } from "./routing-table.js";

export function routeIpv6(stack: HostStack, query: RouteQuery): OutputRoute | Outcome {
  const { source, interfaceIndex } = query;
  if (source !== undefined && stack.owner(source) === undefined) return ERRNO.EINVAL;
  if (query.destination.kind === "any") return routeIpv6(stack, { ...query, destination: LOOPBACK_6 });
  const bound = interfaceIndex === 0 ? undefined : stack.interfaceAt(interfaceIndex);
  const isHint = query.isHint === true && query.destination.kind === "unicast";
  const isDown = interfaceIndex !== 0 && bound?.isUp !== true;
  if (isDown && !isHint) return ERRNO.ENETUNREACH;
  if (query.destination.kind === "multicast") return toGroup(stack, query, bound);
  const found = isDown ? undefined : toOne(stack, query, bound);
  return found ?? (isHint ? toOne(stack, { ...query, interfaceIndex: 0 }, undefined) : undefined) ?? ERRNO.ENETUNREACH;
}

/** Its own address, or by the routes; undefined when there is no way, by the interface `bound` if one is given. */
function toOne(stack: HostStack, query: RouteQuery, bound: HostInterface | undefined): OutputRoute | Outcome | undefined {
  const { destination, source = destination } = query;
  const owner = stack.owner(destination);
  if (owner?.isUp === true && (bound === undefined || bound === owner)) {
    return { kind: "local", out: owner, source, destination, nextHop: undefined };
  }
  const match = stack.routes.match(destination, query.interfaceIndex);
  return match && made(stack, "unicast", query, { out: match.out, nextHop: match.gateway ?? destination });
}

/** Every interface with an IPv6 address has a route for ff00::/8, except the loopback interface; that of the one longest up is taken. */
function toGroup(stack: HostStack, query: RouteQuery, bound: HostInterface | undefined): OutputRoute | Outcome {
  const out = stack.routes.match(query.destination, bound?.index ?? 0)?.out ?? bound ?? firstForGroups(stack);
  if (out === undefined || (!carriesGroups(out) && !isRouted(stack, query.destination, out))) return ERRNO.ENETUNREACH;
  return made(stack, "multicast", query, { out, nextHop: undefined });
}

function firstForGroups(stack: HostStack): HostInterface | undefined {
  return stack.interfaces.filter(carriesGroups).toSorted((a, b) => a.upSince - b.upSince)[0];
}

function isRouted(stack: HostStack, destination: IpAddress, out: HostInterface): boolean {
  return stack.routes.match(destination, out.index) !== undefined;
}

function carriesGroups(out: HostInterface): boolean {
  return out.isUp && !out.isLoopback && out.has(6);
}

function made(
  stack: HostStack,
  kind: "unicast" | "multicast",
  { destination, source: given }: RouteQuery,
  { out, nextHop }: Pick<OutputRoute, "out" | "nextHop">,
): OutputRoute | Outcome {
  const source = given ?? sourceFor(stack, destination, out);
  return source === undefined ? ERRNO.EADDRNOTAVAIL : { kind, out, source, destination, nextHop };
}

/** RFC 6724 section 5, rules 2 (scope), 5 (outgoing interface) and 8 (longest prefix). */
export function sourceFor(stack: HostStack, destination: IpAddress, out: HostInterface): IpAddress | undefined {
  let best: Candidate | undefined;
  for (const { address, isOut } of candidates(stack, destination, out)) {
    const rival = { address, isOut, bits: commonBits(address, destination) };
    if (best === undefined || isBetter(rival, best, destination)) best = rival;
  }
  return best?.address;
}

interface Candidate {
  readonly address: IpAddress;
  readonly isOut: boolean; // of the outgoing interface
  readonly bits: number; // in common with the destination
}

/** Groups and link-local destinations need an address of the outgoing interface (RFC 6724 section 4); others take any but link-local ones. */
function candidates(stack: HostStack, destination: IpAddress, out: HostInterface): Omit<Candidate, "bits">[] {
  const isOwnOnly = destination.kind === "multicast" || needsZone(destination);
  const others = isOwnOnly ? [] : stack.interfaces.filter((other) => other !== out && !other.isLoopback);
  const own = newestFirst(out).map((address) => ({ address, isOut: true }));
  const foreign = others.flatMap((other) => newestFirst(other).map((address) => ({ address, isOut: false })));
  return [...own, ...foreign.filter(({ address }) => address.kind !== "linkLocal")].filter(({ address }) => address.family === 6);
}

/** The order in which Linux keeps, and tries, addresses of one scope: `ipv6_link_dev_addr` of net/ipv6/addrconf.c. */
function newestFirst({ prefixes }: HostInterface): IpAddress[] {
  return prefixes.map(({ address }) => address).toReversed();
}

function isBetter(a: Candidate, b: Candidate, destination: IpAddress): boolean {
  if (a.address.scope !== b.address.scope) {
    const isNarrower = a.address.scope < b.address.scope;
    return isNarrower ? a.address.scope >= destination.scope : b.address.scope < destination.scope;
  }
  if (a.isOut !== b.isOut) return a.isOut;
  return a.bits > b.bits;
}

function commonBits(a: IpAddress, b: IpAddress): number {
  for (let at = 0; at < a.bytes.length; at++) {
    const difference = a.bytes[at]! ^ b.bytes[at]!;
    if (difference !== 0) return at * 8 + Math.clz32(difference) - 24;
  }
  return a.bytes.length * 8;
}
