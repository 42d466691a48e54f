import { type BackendNetwork, type Family, familyOf, type NetworkInterface, type Outcome, type Route } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import type { AddonRoute } from "./addon.js";
import type { InterfaceListener } from "./interface-watch.js";
import type { NativeContext } from "./native-context.js";

const FAR_IPV4 = "192.0.2.1"; // TEST-NET-1, RFC 5737
const FAR_IPV6 = "2000::"; // the lowest global unicast address, RFC 4291 2.4

/** Interfaces and routes of the host, from rtnetlink(7). */
export class NativeNetwork implements BackendNetwork {
  readonly #context: NativeContext;

  constructor(context: NativeContext) {
    this.#context = context;
  }

  /**
   * Lists the interfaces, up or down.
   *
   * @returns A negative errno when the kernel does not answer: `-EMFILE` without free descriptors, `-ENOBUFS` without memory, `-EINTR` when
   * the interfaces change faster than they can be read (`NLM_F_DUMP_INTR`).
   */
  interfaces(): readonly NetworkInterface[] | Outcome {
    return this.#context.addon.network_interfaces();
  }

  /** Looks up a route, as for a socket that is not connected. `-ENETUNREACH` or `-EHOSTUNREACH`: the host has none. */
  routeTo(address: string, source: string | undefined): Route | Outcome {
    const { addresses, addon } = this.#context;
    const sourceOutcome = addresses.argument(1, source); // first: parsing it uses argument 0 as scratch
    if (sourceOutcome < 0) return sourceOutcome;
    const outcome = addresses.argument(0, address);
    if (outcome < 0) return outcome;
    const route = addon.network_route();
    if (typeof route === "number") return route;
    return this.#describe(route) ?? ERRNO.ENODEV;
  }

  /** Returns the default route with the lowest metric, or a negative errno, as {@link NativeNetwork.interfaces} does. */
  defaultRoute(family: Family): Route | undefined | Outcome {
    const route = this.#context.addon.network_default_route(family);
    if (typeof route === "number") return route;
    if (route.source !== undefined || route.interfaceIndex === 0) return this.#describe(route);
    const towards = this.routeTo(`${farAddress(family, route.gateway)}%${route.interfaceIndex}`, undefined);
    const source = typeof towards === "number" ? undefined : towards.source;
    return this.#describe({ ...route, ...(source !== undefined && { source }) });
  }

  /** Calls `changed` after changes, once for those that come together. @returns A function that ends it, or an errno such as `-EMFILE`. */
  watch(changed: InterfaceListener): (() => void) | Outcome {
    const listener: InterfaceListener = (deleted, areAll) => changed(deleted, areAll); // one for each call, even with the same `changed`
    const outcome = this.#context.interfaces.add(listener);
    return outcome < 0 ? outcome : () => this.#context.interfaces.remove(listener);
  }

  #describe({ interfaceIndex, source, gateway }: AddonRoute): Route | undefined | Outcome {
    if (interfaceIndex === 0) return undefined;
    const interfaces = this.interfaces();
    if (typeof interfaces === "number") return interfaces;
    const found = interfaces.find(({ index }) => index === interfaceIndex);
    if (found === undefined) return undefined;
    return { interface: found, ...(source !== undefined && { source }), ...(gateway !== undefined && { gateway }) };
  }
}

/** Returns an address that the default route leads to, to look up the source that goes with it. */
function farAddress(family: Family, gateway: string | undefined): string {
  if (family === 6) return FAR_IPV6; // the source depends on the destination's scope, and gateways are link-local
  return gateway === undefined || familyOf(gateway) === 6 ? FAR_IPV4 : gateway; // RFC 5549: IPv4 by way of an IPv6 gateway
}
