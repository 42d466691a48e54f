import type { BackendNetwork, Family, NetworkInterface, Outcome, Route } from "@groupcast/backend";
import type { ParsedAddresses } from "../address/parsed-addresses.js";
import type { ChangeWatchers } from "./change-watchers.js";
import type { HostRouting } from "./host-routing.js";
import type { InterfaceTable } from "./interface-table.js";

/** Parts of a host that its network is made of. */
export interface HostNetworkParts {
  readonly interfaces: InterfaceTable;
  readonly routing: HostRouting;
  readonly watchers: ChangeWatchers;
  readonly addresses: ParsedAddresses;
}

/** Interfaces and routes of a host, as the waist asks for them. */
export class HostNetwork implements BackendNetwork {
  readonly #interfaces: InterfaceTable;
  readonly #routing: HostRouting;
  readonly #watchers: ChangeWatchers;
  readonly #addresses: ParsedAddresses;

  constructor({ interfaces, routing, watchers, addresses }: HostNetworkParts) {
    this.#interfaces = interfaces;
    this.#routing = routing;
    this.#watchers = watchers;
    this.#addresses = addresses;
  }

  interfaces(): readonly NetworkInterface[] | Outcome {
    return this.#interfaces.snapshots();
  }

  routeTo(address: string, source: string | undefined): Route | Outcome {
    const { address: destination, zone } = this.#addresses.parse(address);
    const interfaceIndex = zone === undefined ? 0 : (this.#interfaces.inZone(zone)?.index ?? -1);
    const from = source === undefined ? undefined : this.#addresses.parse(source).address;
    const route = this.#routing.find({ destination, source: from, interfaceIndex });
    if (typeof route === "number") return route;
    const { kind, egress, nextHop } = route;
    const shown = this.#interfaces.snapshot(kind === "local" ? this.#interfaces.loopback : egress);
    const isOnLink = nextHop === undefined || nextHop.text === destination.text;
    return { interface: shown, source: route.source.text, ...(!isOnLink && { gateway: nextHop.text }) };
  }

  defaultRoute(family: Family): Route | undefined | Outcome {
    const route = this.#routing.findDefault(family);
    if (route === undefined) return undefined;
    const { egress, gateway, source } = route;
    const shown = this.#interfaces.snapshot(egress);
    return { interface: shown, ...(source && { source: source.text }), ...(gateway && { gateway: gateway.text }) };
  }

  watch(changed: () => void): (() => void) | Outcome {
    return this.#watchers.watch(changed);
  }
}
