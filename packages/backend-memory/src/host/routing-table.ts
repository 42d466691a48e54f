/** The routes of a host, and the choice among them that both IP versions share: up, the right interface, the longest prefix. */
import { isIP } from "node:net";
import type { Outcome } from "@groupcast/backend";
import { checkChoice, ERRNO, outOfRange } from "@groupcast/base";
import { type IpAddress, isForMany, parseIpAddress } from "../address/ip-address.js";
import { Prefix } from "../address/prefix.js";
import type { Topology } from "../network/topology.js";
import type { HostInterface } from "./host-interface.js";
import type { InterfaceTable } from "./interface-table.js";

/** A route to be added, as with ip-route(8). */
export interface RouteOptions {
  /** Destinations it is for: `224.0.0.0/4`, `0.0.0.0/0`, `fd00:1::/64` … */
  readonly destination: string;
  /** Address of the router to go through; default: the destination is on the link. */
  readonly gateway?: string | undefined;
  /** Name of the interface; default: the one whose subnet the gateway is in. */
  readonly interface?: string | undefined;
  /**
   * Type of the route; default `"unicast"`. The others have neither gateway nor interface: route look-up, `send()` and `connect()`
   * give an errno, joining a group without an interface gives ENODEV.
   *
   * | type | errno |
   * | --- | --- |
   * | `"prohibit"` | EACCES |
   * | `"blackhole"` | EINVAL |
   * | `"unreachable"` | EHOSTUNREACH |
   *
   * Platforms: as on Linux, the longest prefix wins, addresses of the host come first, and the route is without effect where the
   * program fixes the interface, or the source address of an IPv4 group. A route for IPv6 groups stands for one in the table `local`:
   * Linux looks there first, and finds ff00::/8.
   */
  readonly type?: "unicast" | "prohibit" | "blackhole" | "unreachable" | undefined;
}

type RouteType = NonNullable<RouteOptions["type"]>;

/** Type of a route that refuses its destinations. */
type RefusingType = Exclude<RouteType, "unicast">;

/** Type of a route that refuses → the errno it gives, of both IP versions (`fib_props` of net/ipv4/fib_semantics.c, `fib6_prop` of net/ipv6/route.c). */
const REFUSALS: Readonly<Record<RefusingType, Outcome>> = {
  prohibit: ERRNO.EACCES,
  blackhole: ERRNO.EINVAL,
  unreachable: ERRNO.EHOSTUNREACH,
};

/** Length of a default route that was not added by a call: added routes go first. */
const ANNOUNCED_LENGTH = -1;

/** A route that fits a destination. */
export interface Match {
  readonly egress: HostInterface;
  readonly gateway: IpAddress | undefined;
  readonly source: IpAddress | undefined; // address the subnet's route prefers
  readonly length: number; // bits of its prefix
}

interface AddedRoute {
  readonly type: RouteType;
  readonly prefix: Prefix;
  readonly gateway: IpAddress | undefined;
  readonly interfaceName: string | undefined;
}

export class RoutingTable {
  readonly #interfaces: InterfaceTable;
  readonly #topology: Topology;
  #added: readonly AddedRoute[] = [];

  constructor(interfaces: InterfaceTable, topology: Topology) {
    this.#interfaces = interfaces;
    this.#topology = topology;
  }

  /** @throws InvalidArgumentError an argument is wrong, the interface is unknown, or there is nowhere to send to. */
  add(route: RouteOptions): void {
    const { destination, gateway, interface: interfaceName, type = "unicast" } = route;
    const prefix = Prefix.parse(destination, "addRoute", "destination");
    if (type === "unicast") this.#checkNextHop(route);
    else checkRefusal(route);
    const address = gateway === undefined ? undefined : parseIpAddress(gateway).address;
    this.#added = [...this.#added, { type, prefix, gateway: address, interfaceName }];
  }

  /** Removes the routes to `destination`. Returns whether there was one. */
  remove(destination: string): boolean {
    const { address, length } = Prefix.parse(destination, "removeRoute", "destination");
    const rest = this.#added.filter(({ prefix }) => prefix.address.text !== address.text || prefix.length !== length);
    const found = rest.length < this.#added.length;
    this.#added = rest;
    return found;
  }

  /** Returns the longest match on an interface that is up; among equals an added route, then the interface with the lowest index. */
  match(destination: IpAddress, interfaceIndex: number): Match | undefined {
    let best: Match | undefined;
    for (const match of this.#matches(destination)) {
      const fits = match.egress.isUp && (interfaceIndex === 0 || match.egress.index === interfaceIndex);
      if (fits && (best === undefined || match.length > best.length)) best = match;
    }
    return best;
  }

  /** Returns the errno of the longest route that refuses the destination, if its prefix is longer than `length`. */
  refusal(destination: IpAddress, length: number = Number.NEGATIVE_INFINITY): Outcome | undefined {
    let refusal: Outcome | undefined;
    let longest = length;
    for (const { type, prefix } of this.#added) {
      if (type === "unicast" || prefix.length <= longest || !prefix.contains(destination)) continue;
      refusal = REFUSALS[type];
      longest = prefix.length;
    }
    return refusal;
  }

  *#matches(destination: IpAddress): Generator<Match> {
    yield* this.#addedRoutes(destination);
    yield* this.#subnets(destination);
    if (!isForMany(destination)) yield* this.#gateways(destination);
  }

  *#addedRoutes(destination: IpAddress): Generator<Match> {
    for (const { type, prefix, gateway, interfaceName } of this.#added) {
      const egress = type === "unicast" && prefix.contains(destination) ? this.#egressOf(gateway, interfaceName) : undefined;
      if (egress !== undefined) yield { egress, gateway, source: undefined, length: prefix.length };
    }
  }

  *#subnets(destination: IpAddress): Generator<Match> {
    for (const egress of this.#interfaces.all) {
      if (egress.isLoopback) continue; // its addresses are the host's own, and found before routes are
      for (const prefix of egress.prefixes) {
        if (prefix.contains(destination)) yield { egress, gateway: undefined, source: prefix.address, length: prefix.length };
      }
    }
  }

  /** Routers on the host's links, as DHCP and router advertisements would announce them; used when no default route was added. */
  *#gateways({ family }: IpAddress): Generator<Match> {
    for (const egress of this.#interfaces.all) {
      if (egress.segment === undefined || !egress.has(family)) continue;
      for (const gateway of this.#topology.gateways(egress.segment, family)) {
        if (family === 6 || egress.prefixes.some((prefix) => prefix.contains(gateway))) {
          yield { egress, gateway, source: undefined, length: ANNOUNCED_LENGTH };
        }
      }
    }
  }

  #checkNextHop(route: RouteOptions): void {
    const { gateway, interface: name } = route;
    if (gateway !== undefined && isIP(gateway) === 0) throw outOfRange("addRoute", "gateway", gateway, "an IP literal");
    if (gateway === undefined && name === undefined) throw outOfRange("addRoute", "route", route, "a gateway, an interface, or both in it");
    if (name !== undefined) this.#interfaces.find(name, "addRoute");
  }

  #egressOf(gateway: IpAddress | undefined, name: string | undefined): HostInterface | undefined {
    if (name !== undefined) return this.#interfaces.named(name);
    if (gateway === undefined) return undefined;
    return this.#interfaces.all.find((egress) => egress.prefixes.some((prefix) => prefix.contains(gateway)));
  }
}

function checkRefusal({ type, gateway, interface: name }: RouteOptions): void {
  checkChoice("addRoute", "type", type, ["unicast", ...Object.keys(REFUSALS)]);
  if (gateway !== undefined) throw outOfRange("addRoute", "gateway", gateway, `no gateway, because the route is of type "${type}"`);
  if (name !== undefined) throw outOfRange("addRoute", "interface", name, `no interface, because the route is of type "${type}"`);
}
