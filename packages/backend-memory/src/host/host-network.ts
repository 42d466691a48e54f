import type { BackendNetwork, Family, NetworkInterface, Outcome, Route } from "@groupcast/backend";
import { ANY_4, ANY_6 } from "../address/ip-address.js";
import { interfaceOfZone } from "../socket/local-address.js";
import type { HostInterface } from "./host-interface.js";
import type { HostStack } from "./host-stack.js";
import { primaryIpv4 } from "./ipv4-routing.js";
import { sourceFor } from "./ipv6-routing.js";

/** Interfaces and routes of a host, as the waist asks for them. */
export class HostNetwork implements BackendNetwork {
  readonly #stack: HostStack;

  constructor(stack: HostStack) {
    this.#stack = stack;
  }

  interfaces(): readonly NetworkInterface[] | Outcome {
    return this.#stack.snapshots();
  }

  routeTo(address: string, source: string | undefined): Route | Outcome {
    const { addresses } = this.#stack.fabric;
    const { address: destination, zone } = addresses.parse(address);
    const interfaceIndex = zone === undefined ? 0 : (interfaceOfZone(this.#stack, zone)?.index ?? -1);
    const from = source === undefined ? undefined : addresses.parse(source).address;
    const route = this.#stack.route({ destination, source: from, interfaceIndex });
    if (typeof route === "number") return route;
    const { kind, out, nextHop } = route;
    const on = this.#snapshot(kind === "local" ? this.#stack.loopback : out);
    const isOnLink = nextHop === undefined || nextHop.text === destination.text;
    return { interface: on, source: route.source.text, ...(!isOnLink && { gateway: nextHop.text }) };
  }

  defaultRoute(family: Family): Route | undefined | Outcome {
    const match = this.#stack.routes.match(family === 4 ? ANY_4 : ANY_6, 0);
    if (match === undefined || match.length > 0) return undefined;
    const { out, gateway } = match;
    const source = family === 4 ? primaryIpv4(this.#stack, out, gateway) : sourceFor(this.#stack, ANY_6, out);
    return { interface: this.#snapshot(out), ...(source && { source: source.text }), ...(gateway && { gateway: gateway.text }) };
  }

  watch(changed: () => void): (() => void) | Outcome {
    return this.#stack.watch(changed);
  }

  #snapshot({ index }: HostInterface): NetworkInterface {
    return this.#stack.snapshots().find((each) => each.index === index)!; // the stack has both lists in step
  }
}
