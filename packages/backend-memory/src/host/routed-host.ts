import type { InterfaceTable } from "./interface-table.js";
import type { RoutingTable } from "./routing-table.js";

/** A host, as far as the choice of a route depends on it. */
export interface RoutedHost {
  readonly interfaces: InterfaceTable;
  readonly routes: RoutingTable;
}
