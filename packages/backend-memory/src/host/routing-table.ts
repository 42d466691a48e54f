/** The routes of a host, and the choice among them that both IP versions share: up, the right interface, the longest prefix. */

import type { IpAddress } from "../address/ip-address.js";
import { Prefix } from "../address/prefix.js";
import type { HostInterface } from "./host-interface.js";
import type { HostStack } from "./host-stack.js";

/** A route that is set by hand, as with ip-route(8). */
export interface RouteOptions {
  /** `224.0.0.0/4`, `0.0.0.0/0`, `fd00:1::/64` … */
  readonly destination: string;
  /** Address of the router to go through; default: the destination is on the link. */
  readonly gateway?: string;
  /** Name of the interface; default: the one whose subnet the gateway is in. */
  readonly interface?: string;
}

/** A route that fits a destination. */
export interface Match {
  readonly out: HostInterface;
  readonly gateway: IpAddress | undefined;
  readonly source: IpAddress | undefined; // address the subnet's route prefers
  readonly length: number; // bits of the destination it is about
}

/** What is asked of a route. */
export interface RouteQuery {
  readonly destination: IpAddress;
  readonly source: IpAddress | undefined;
  readonly interfaceIndex: number; // 0: any
  readonly isHint?: boolean; // the interface is preferred, and no more
}

/** What is done with a datagram that leaves a socket. */
export interface OutputRoute {
  readonly kind: "local" | "unicast" | "multicast" | "broadcast";
  readonly out: HostInterface; // local: the interface that owns the address, and that it seems to have come in on
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly nextHop: IpAddress | undefined; // unicast only
}

interface ManualRoute {
  readonly prefix: Prefix;
  readonly gateway: IpAddress | undefined;
  readonly interfaceName: string | undefined;
}

export class RoutingTable {
  readonly #stack: HostStack;
  #manual: readonly ManualRoute[] = [];

  constructor(stack: HostStack) {
    this.#stack = stack;
  }

  add({ destination, gateway, interface: interfaceName }: RouteOptions): void {
    const prefix = Prefix.parse(destination, "addRoute", "destination");
    const address = gateway === undefined ? undefined : this.#stack.fabric.addresses.parse(gateway).address;
    this.#manual = [...this.#manual, { prefix, gateway: address, interfaceName }];
  }

  /** Removes the routes to `destination`; whether there was one. */
  remove(destination: string): boolean {
    const { address, length } = Prefix.parse(destination, "removeRoute", "destination");
    const rest = this.#manual.filter(({ prefix }) => prefix.address.text !== address.text || prefix.length !== length);
    const found = rest.length < this.#manual.length;
    this.#manual = rest;
    return found;
  }

  /** The longest match on an interface that is up; among equals a route set by hand, then the interface with the lowest index. */
  match(destination: IpAddress, interfaceIndex: number): Match | undefined {
    let best: Match | undefined;
    for (const match of this.#matches(destination)) {
      const fits = match.out.isUp && (interfaceIndex === 0 || match.out.index === interfaceIndex);
      if (fits && (best === undefined || match.length > best.length)) best = match;
    }
    return best;
  }

  *#matches(destination: IpAddress): Generator<Match> {
    yield* this.#manualRoutes(destination);
    yield* this.#subnets(destination);
    if (destination.kind !== "multicast" && destination.kind !== "broadcast") yield* this.#gateways(destination);
  }

  *#manualRoutes(destination: IpAddress): Generator<Match> {
    for (const { prefix, gateway, interfaceName } of this.#manual) {
      const out = prefix.contains(destination) ? this.#manualInterface(gateway, interfaceName) : undefined;
      if (out !== undefined) yield { out, gateway, source: undefined, length: prefix.length };
    }
  }

  *#subnets(destination: IpAddress): Generator<Match> {
    for (const out of this.#stack.interfaces) {
      if (out.isLoopback) continue; // its addresses are the host's own, and found before routes are
      for (const prefix of out.prefixes) {
        if (prefix.contains(destination)) yield { out, gateway: undefined, source: prefix.address, length: prefix.length };
      }
    }
  }

  /** Routers on the host's links, as DHCP and router advertisements would make them known; used when no default route is set by hand. */
  *#gateways({ family }: IpAddress): Generator<Match> {
    for (const out of this.#stack.interfaces) {
      if (out.cable === undefined || !out.has(family)) continue;
      for (const gateway of this.#stack.fabric.topology.gateways(out.cable.switch, family)) {
        if (family === 6 || out.prefixes.some((prefix) => prefix.contains(gateway))) {
          yield { out, gateway, source: undefined, length: 0 };
        }
      }
    }
  }

  #manualInterface(gateway: IpAddress | undefined, name: string | undefined): HostInterface | undefined {
    if (name !== undefined) return this.#stack.interfaceNamed(name);
    if (gateway === undefined) return undefined;
    return this.#stack.interfaces.find((out) => out.prefixes.some((prefix) => prefix.contains(gateway)));
  }
}
