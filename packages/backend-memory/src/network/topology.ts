/** The way through switches and routers: what a routing protocol would have found out. Computed when asked for, forgotten when anything changes. */
import type { Family } from "@groupcast/backend";
import type { IpAddress } from "../address/ip-address.js";
import type { Prefix } from "../address/prefix.js";
import type { PacketRouter, RouterPort } from "./packet-router.js";
import type { PacketSwitch } from "./packet-switch.js";

/** Where a router sends a datagram next. */
export interface NextHop {
  readonly port: RouterPort;
  readonly address: IpAddress;
}

interface RouterRoute {
  readonly prefix: Prefix;
  readonly port: RouterPort;
  readonly via: RouterPort | undefined; // port of the next router; undefined: the subnet is on `port`'s own link
}

/** Switch → the router that brings it what comes from one origin, and the switch that router has it from. */
type DistributionTree = Map<PacketSwitch, { readonly router: PacketRouter; readonly from: PacketSwitch }>;

export class Topology {
  readonly #routers: PacketRouter[] = [];
  readonly #routes = new Map<PacketRouter, readonly RouterRoute[]>();
  readonly #trees = new Map<PacketSwitch, DistributionTree>();
  readonly #routerPorts = new Map<PacketSwitch, readonly RouterPort[]>();
  #version = 0;

  /** Changes whenever an interface, an address, a route or a router does. */
  get version(): number {
    return this.#version;
  }

  changed(): void {
    this.#version += 1;
    this.#routes.clear();
    this.#trees.clear();
    this.#routerPorts.clear();
  }

  addRouter(router: PacketRouter): void {
    this.#routers.push(router);
    this.changed();
  }

  /** Router ports on a switch that are up, in the order they were attached. */
  routerPorts(on: PacketSwitch): readonly RouterPort[] {
    let ports = this.#routerPorts.get(on);
    if (ports === undefined) {
      ports = this.#routers.flatMap((router) => router.ports.filter((port) => port.isUp && port.cable.switch === on));
      this.#routerPorts.set(on, ports);
    }
    return ports;
  }

  /** The longest match, and of equals the shortest way. */
  nextHop(router: PacketRouter, destination: IpAddress): NextHop | undefined {
    let best: RouterRoute | undefined;
    for (const route of this.#routesOf(router)) {
      if (route.prefix.contains(destination) && route.prefix.length > (best?.prefix.length ?? -1)) best = route;
    }
    if (best === undefined) return undefined;
    const address = best.via === undefined ? destination : best.via.addressFor(destination.family);
    return address === undefined ? undefined : { port: best.port, address };
  }

  /**
   * Whether `router` carries what came to it over `from` on to the switch `to`: it is on the shortest way there from `origin`
   * (so no copy goes twice, as with reverse path forwarding), and somebody behind it wants the group.
   */
  carries(origin: PacketSwitch, router: PacketRouter, way: { from: PacketSwitch; to: PacketSwitch }, group: string): boolean {
    const tree = this.#treeFrom(origin);
    const step = tree.get(way.to);
    return step !== undefined && step.router === router && step.from === way.from && isWanted(tree, way.to, group);
  }

  /** The router ports that hosts on a switch can use as their gateway. */
  gateways(on: PacketSwitch, family: Family): readonly IpAddress[] {
    return this.routerPorts(on).flatMap((port) => port.addressFor(family) ?? []);
  }

  #routesOf(router: PacketRouter): readonly RouterRoute[] {
    let routes = this.#routes.get(router);
    if (routes === undefined) {
      routes = this.#explore(router);
      this.#routes.set(router, routes);
    }
    return routes;
  }

  /** Breadth first: nearer subnets come before farther ones. */
  #explore(start: PacketRouter): RouterRoute[] {
    const routes: RouterRoute[] = [];
    const seen = new Set([start]);
    const queue: { router: PacketRouter; port?: RouterPort; via?: RouterPort }[] = [{ router: start }];
    for (const { router, port, via } of queue) {
      for (const own of router.ports.filter(({ isUp }) => isUp)) {
        routes.push(...own.prefixes.map((prefix) => ({ prefix, port: port ?? own, via })));
        for (const next of this.routerPorts(own.cable.switch)) {
          if (seen.has(next.router)) continue;
          seen.add(next.router);
          queue.push({ router: next.router, port: port ?? own, via: via ?? next });
        }
      }
    }
    return routes;
  }

  #treeFrom(origin: PacketSwitch): DistributionTree {
    let tree = this.#trees.get(origin);
    if (tree === undefined) {
      tree = this.#grow(origin);
      this.#trees.set(origin, tree);
    }
    return tree;
  }

  #grow(origin: PacketSwitch): DistributionTree {
    const tree: DistributionTree = new Map();
    const queue = [origin];
    for (const from of queue) {
      for (const { router } of this.routerPorts(from)) {
        for (const { isUp, cable } of router.ports) {
          if (!isUp || cable.switch === origin || tree.has(cable.switch)) continue;
          tree.set(cable.switch, { router, from });
          queue.push(cable.switch);
        }
      }
    }
    return tree;
  }
}

/** Whether the switch, or one that gets it from there, has members. */
function isWanted(tree: DistributionTree, at: PacketSwitch, group: string): boolean {
  if (at.hasMembers(group)) return true;
  for (const [next, { from }] of tree) if (from === at && isWanted(tree, next, group)) return true;
  return false;
}
