/** The routes of a host, and the choice among them that both IP versions share: up, the right interface, the longest prefix. */
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
  readonly gateway?: string;
  /** Name of the interface; default: the one whose subnet the gateway is in. */
  readonly interface?: string;
}

/** A route that fits a destination. */
export interface Match {
  readonly egress: HostInterface;
  readonly gateway: IpAddress | undefined;
  readonly source: IpAddress | undefined; // address the subnet's route prefers
  readonly length: number; // bits of the destination it is about
}

interface AddedRoute {
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

  add({ destination, gateway, interface: interfaceName }: RouteOptions): void {
    const prefix = Prefix.parse(destination, "addRoute", "destination");
    const address = gateway === undefined ? undefined : parseIpAddress(gateway).address;
    this.#added = [...this.#added, { prefix, gateway: address, interfaceName }];
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

  *#matches(destination: IpAddress): Generator<Match> {
    yield* this.#addedRoutes(destination);
    yield* this.#subnets(destination);
    if (!isForMany(destination)) yield* this.#gateways(destination);
  }

  *#addedRoutes(destination: IpAddress): Generator<Match> {
    for (const { prefix, gateway, interfaceName } of this.#added) {
      const egress = prefix.contains(destination) ? this.#egressOf(gateway, interfaceName) : undefined;
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
          yield { egress, gateway, source: undefined, length: 0 };
        }
      }
    }
  }

  #egressOf(gateway: IpAddress | undefined, name: string | undefined): HostInterface | undefined {
    if (name !== undefined) return this.#interfaces.named(name);
    if (gateway === undefined) return undefined;
    return this.#interfaces.all.find((egress) => egress.prefixes.some((prefix) => prefix.contains(gateway)));
  }
}
