import type { Family, Outcome } from "@groupcast/backend";
import { ANY_4, ANY_6, type IpAddress } from "../address/ip-address.js";
import type { Topology } from "../network/topology.js";
import type { InterfaceTable } from "./interface-table.js";
import { primaryIpv4, routeIpv4 } from "./ipv4-routing.js";
import { routeIpv6, sourceFor } from "./ipv6-routing.js";
import type { OutputRoute, RouteQuery } from "./route.js";
import type { RoutedHost } from "./routed-host.js";
import { type Match, RoutingTable } from "./routing-table.js";

/** A default route and the source address that goes with it. */
export interface DefaultRoute extends Omit<Match, "source"> {
  readonly source: IpAddress | undefined;
}

/** Finds the routes of a host. */
export class HostRouting implements RoutedHost {
  readonly interfaces: InterfaceTable;
  readonly routes: RoutingTable;

  constructor(interfaces: InterfaceTable, topology: Topology) {
    this.interfaces = interfaces;
    this.routes = new RoutingTable(interfaces, topology);
  }

  /** Returns the route that a datagram would take, or the errno that Linux gives instead. */
  find(query: RouteQuery): OutputRoute | Outcome {
    return query.destination.family === 4 ? routeIpv4(this, query) : routeIpv6(this, query);
  }

  /** Returns the default route of an IP version. */
  findDefault(family: Family): DefaultRoute | undefined {
    const match = this.routes.match(family === 4 ? ANY_4 : ANY_6, 0);
    if (match === undefined || match.length > 0) return undefined;
    const { egress, gateway } = match;
    return { ...match, source: family === 4 ? primaryIpv4(this, egress, gateway) : sourceFor(this, ANY_6, egress) };
  }
}
