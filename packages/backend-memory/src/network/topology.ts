/** Routes through switches and routers, as a routing protocol would find them. Computed on demand, dropped when anything changes. */
import type { Family } from "@groupcast/backend";
import type { IpAddress } from "../address/ip-address.js";
import type { Prefix } from "../address/prefix.js";
import type { ForwardingNode, RouterPort } from "./router-port.js";
import type { Segment } from "./segment.js";

/** Next stop of a datagram that leaves a router. */
export interface NextHop {
  readonly port: RouterPort;
  readonly address: IpAddress;
}

interface RouterRoute {
  readonly prefix: Prefix;
  readonly port: RouterPort;
  readonly via: RouterPort | undefined; // port of the next router; undefined: the subnet is on `port`'s own link
}

/** Switch → the router that forwards an origin's packets to it, and the switch from which that router gets them. */
type DistributionTree = Map<Segment, { readonly router: ForwardingNode; readonly from: Segment }>;

export class Topology {
  readonly #routers: ForwardingNode[] = [];
  readonly #routes = new Map<ForwardingNode, readonly RouterRoute[]>();
  readonly #trees = new Map<Segment, DistributionTree>();
  readonly #routerPorts = new Map<Segment, readonly RouterPort[]>();
  #version = 0;

  /** A number that changes whenever an interface, an address, a route or a router does. */
  get version(): number {
    return this.#version;
  }

  /** Drops the computed routes: an interface, an address, a route or a router has changed. */
  invalidate(): void {
    this.#version += 1;
    this.#routes.clear();
    this.#trees.clear();
    this.#routerPorts.clear();
  }

  addRouter(router: ForwardingNode): void {
    this.#routers.push(router);
    this.invalidate();
  }

  /** Router ports on a switch that are up, in the order they were attached. */
  routerPorts(segment: Segment): readonly RouterPort[] {
    let ports = this.#routerPorts.get(segment);
    if (ports === undefined) {
      ports = this.#routers.flatMap((router) => router.ports.filter((port) => port.isUp && port.segment === segment));
      this.#routerPorts.set(segment, ports);
    }
    return ports;
  }

  /** Returns the longest match, and of equals the shortest way. */
  nextHop(router: ForwardingNode, destination: IpAddress): NextHop | undefined {
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
   * (so no copy goes twice, as with reverse path forwarding), and there are members behind it.
   */
  carries(origin: Segment, router: ForwardingNode, way: { from: Segment; to: Segment }, group: string): boolean {
    const tree = this.#treeFrom(origin);
    const step = tree.get(way.to);
    return step !== undefined && step.router === router && step.from === way.from && isWanted(tree, way.to, group);
  }

  /** Addresses of the router ports that hosts on a switch can use as their gateway. */
  gateways(segment: Segment, family: Family): readonly IpAddress[] {
    return this.routerPorts(segment).flatMap((port) => port.addressFor(family) ?? []);
  }

  #routesOf(router: ForwardingNode): readonly RouterRoute[] {
    let routes = this.#routes.get(router);
    if (routes === undefined) {
      routes = this.#explore(router);
      this.#routes.set(router, routes);
    }
    return routes;
  }

  /** Breadth first: nearer subnets come before farther ones. */
  #explore(start: ForwardingNode): RouterRoute[] {
    const routes: RouterRoute[] = [];
    const seen = new Set([start]);
    const queue: { router: ForwardingNode; port?: RouterPort; via?: RouterPort }[] = [{ router: start }];
    for (const { router, port, via } of queue) {
      for (const own of router.ports.filter(({ isUp }) => isUp)) {
        routes.push(...own.prefixes.map((prefix) => ({ prefix, port: port ?? own, via })));
        for (const next of this.routerPorts(own.segment)) {
          if (seen.has(next.router)) continue;
          seen.add(next.router);
          queue.push({ router: next.router, port: port ?? own, via: via ?? next });
        }
      }
    }
    return routes;
  }

  #treeFrom(origin: Segment): DistributionTree {
    let tree = this.#trees.get(origin);
    if (tree === undefined) {
      tree = this.#grow(origin);
      this.#trees.set(origin, tree);
    }
    return tree;
  }

  #grow(origin: Segment): DistributionTree {
    const tree: DistributionTree = new Map();
    const queue = [origin];
    for (const from of queue) {
      for (const { router } of this.routerPorts(from)) {
        for (const { isUp, segment } of router.ports) {
          if (!isUp || segment === origin || tree.has(segment)) continue;
          tree.set(segment, { router, from });
          queue.push(segment);
        }
      }
    }
    return tree;
  }
}

/** Whether the switch, or one that is fed from it, has members. */
function isWanted(tree: DistributionTree, segment: Segment, group: string): boolean {
  if (segment.hasMembers(group)) return true;
  for (const [next, { from }] of tree) if (from === segment && isWanted(tree, next, group)) return true;
  return false;
}
