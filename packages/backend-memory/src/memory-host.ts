/** A host of a network in memory: a backend for one reactor, and the hands on its cables. */

import { isIP } from "node:net";
import {
  BACKEND_ERRORS,
  type BackendNetwork,
  type Capability,
  type DatagramBackend,
  type DatagramSocket,
  type Family,
  type Outcome,
  type SocketObserver,
} from "@groupcast/backend";
import { BASE_ERRORS, InvalidArgumentError, UnsupportedError } from "@groupcast/base";
import { type IpAddress, parseIpAddress } from "./address/ip-address.js";
import { Prefix } from "./address/prefix.js";
import type { HostInterface } from "./host/host-interface.js";
import { HostNetwork } from "./host/host-network.js";
import type { HostStack } from "./host/host-stack.js";
import type { RouteOptions } from "./host/routing-table.js";
import { checkLinkOptions, type LinkOptions } from "./network/link-model.js";
import type { MemorySwitch, PacketSwitch } from "./network/packet-switch.js";
import { MemorySocket } from "./socket/memory-socket.js";
import type { ReadSlab } from "./socket/read-slab.js";
import { CAPABILITIES } from "./socket/socket-options.js";

const DEFAULT_MTU = 1500; // Ethernet
const MIN_MTU = 1280; // what IPv6 asks of a link (RFC 8200 section 5)
const MAX_MTU = 65_536;
const LINK_LOCAL_BITS = 64;

/** How an interface is made. */
export interface InterfaceOptions {
  /** The switch it is attached to, or its name; default: none, so there is no carrier. */
  readonly switch?: MemorySwitch | string;
  /**
   * With prefix length, such as `10.0.0.1/24`. Default: the next of each subnet of the switch. A link-local IPv6 address is added
   * unless there is one, or the list is empty.
   */
  readonly addresses?: readonly string[];
  /** Largest IP packet in bytes, 1280 … 65,536; longer datagrams travel in fragments. Default 1500. */
  readonly mtu?: number;
  /** Conditions of the cable, in both directions. */
  readonly link?: LinkOptions;
}

/** What a host needs of its network. */
export interface HostSetting {
  readonly stack: HostStack;
  readonly slab: ReadSlab;
  readonly hold: () => () => void;
  readonly findSwitch: (which: MemorySwitch | string, operation: string) => PacketSwitch;
}

/**
 * One host, made with `network.host()`. Its sockets behave as those of Linux, errno by errno; what is not modelled is missing
 * from `capabilities` and throws UnsupportedError.
 *
 * @example
 * ```ts
 * import { MemoryNetwork } from "@groupcast/backend-memory";
 * import { Reactor } from "groupcast";
 *
 * const network = new MemoryNetwork();
 * const reactor = new Reactor({ backend: network.host("a"), clock: network.clock });
 * ```
 */
export class MemoryHost implements DatagramBackend {
  readonly name = "memory";
  readonly reason: string;
  readonly hostName: string;
  readonly capabilities: ReadonlySet<Capability> = CAPABILITIES;
  readonly network: BackendNetwork;
  readonly #setting: HostSetting;
  readonly #stack: HostStack;

  /** @internal Use `network.host()`. */
  constructor(setting: HostSetting) {
    this.#setting = setting;
    this.#stack = setting.stack;
    this.hostName = setting.stack.hostName;
    this.reason = `${JSON.stringify(this.hostName)} is a host of a network in memory`;
    this.network = new HostNetwork(setting.stack);
  }

  openSocket(family: Family, observer: SocketObserver): DatagramSocket | Outcome {
    return new MemorySocket(family, observer, this.#setting);
  }

  /** @throws UnsupportedError always: nothing here has a descriptor. */
  adoptSocket(_fd: number, _observer: SocketObserver, _family: Family | undefined): DatagramSocket | Outcome {
    throw new UnsupportedError(BACKEND_ERRORS.ERR_UNSUPPORTED_OPERATION, "adoptSocket", this.name);
  }

  /**
   * Adds an interface, switched on. Its index is one that no interface of the host has had.
   *
   * @throws InvalidArgumentError the name is taken, an address or an option is not right, or the subnet is full.
   */
  addInterface(name: string, { switch: which, addresses, mtu = DEFAULT_MTU, link = {} }: InterfaceOptions = {}): void {
    if (!(Number.isInteger(mtu) && mtu >= MIN_MTU && mtu <= MAX_MTU)) {
      throw refusal("addInterface", "mtu", mtu, `an integer from ${MIN_MTU} to ${MAX_MTU}`);
    }
    checkLinkOptions(link, "addInterface");
    const to = which === undefined ? undefined : this.#setting.findSwitch(which, "addInterface");
    const given = addresses?.map((text) => parseInterfacePrefix(text, "addInterface", "addresses"));
    const prefixes = given ?? (to === undefined ? [] : nextPrefixes(to));
    this.#stack.addInterface({ name, prefixes: this.#withLinkLocal(prefixes), mtu, to, link });
  }

  /** Removes an interface as unplugging does: memberships on it end. One of the same name is another interface later. */
  removeInterface(name: string): void {
    this.#stack.removeInterface(this.#find(name, "removeInterface"));
  }

  /**
   * Switches an interface on or off. Addresses and memberships stay.
   *
   * Platforms: Linux drops the IPv6 addresses of an interface that is switched off, unless `keep_addr_on_down` is set; here it is.
   */
  setUp(name: string, isUp: boolean): void {
    this.#stack.setUp(this.#find(name, "setUp"), isUp);
  }

  /** Gives an interface one more address, such as `10.0.0.9/24`. */
  addAddress(name: string, address: string): void {
    const on = this.#find(name, "addAddress");
    const prefix = parseInterfacePrefix(address, "addAddress", "address");
    const rest = on.prefixes.filter((other) => other.address.text !== prefix.address.text);
    this.#stack.setPrefixes(on, [...rest, prefix]);
  }

  /** Takes an address from an interface; sockets bound to it stay, and can no longer be reached. With or without its prefix length. */
  removeAddress(name: string, address: string): void {
    const on = this.#find(name, "removeAddress");
    const [literal = ""] = address.split("/");
    const text = isIP(literal) === 0 ? undefined : parseIpAddress(literal).address.text;
    const rest = on.prefixes.filter((prefix) => prefix.address.text !== text);
    if (rest.length === on.prefixes.length) {
      throw refusal("removeAddress", "address", address, `an address of ${name}: ${on.prefixes.join(", ")}`);
    }
    this.#stack.setPrefixes(on, rest);
  }

  /** Replaces the conditions of an interface's cable, in both directions, from the next datagram on. `{ loss: 1 }` cuts it. */
  setLink(name: string, options: LinkOptions): void {
    const { cable } = this.#find(name, "setLink");
    if (cable === undefined) throw refusal("setLink", "name", name, "an interface that is attached to a switch");
    cable.setLink(options);
  }

  /** Adds a route. Subnets of the interfaces, and routers on their switches, need none. */
  addRoute(route: RouteOptions): void {
    const { gateway, interface: name } = route;
    if (gateway !== undefined && isIP(gateway) === 0) throw refusal("addRoute", "gateway", gateway, "an IP literal");
    if (gateway === undefined && name === undefined) throw refusal("addRoute", "route", route, "a gateway, an interface, or both");
    if (name !== undefined) this.#find(name, "addRoute");
    this.#stack.routes.add(route);
    this.#stack.routesChanged();
  }

  /** Removes the routes to a destination that {@link MemoryHost.addRoute} or the making of the host has added. */
  removeRoute(destination: string): void {
    if (!this.#stack.routes.remove(destination)) throw refusal("removeRoute", "destination", destination, "a destination with a route");
    this.#stack.routesChanged();
  }

  #find(name: string, operation: string): HostInterface {
    const found = this.#stack.interfaceNamed(name);
    if (found !== undefined) return found;
    const expected = `one of ${this.#stack.interfaces.map((each) => each.name).join(", ")}`;
    throw new InvalidArgumentError(BACKEND_ERRORS.ERR_INTERFACE_UNKNOWN, { operation, argument: "name", value: name, expected });
  }

  #withLinkLocal(prefixes: readonly Prefix[]): readonly Prefix[] {
    if (prefixes.length === 0 || prefixes.some(({ address }) => address.kind === "linkLocal")) return prefixes;
    return [...prefixes, new Prefix(linkLocal(this.#stack.number, this.#stack.nextIndex), LINK_LOCAL_BITS)];
  }
}

/** fe80::N for the first interface of host N, fe80::2:N for its second. */
function linkLocal(hostNumber: number, index: number): IpAddress {
  const own = index <= 2 ? "" : `${(index - 1).toString(16)}:`;
  return parseIpAddress(`fe80::${own}${hostNumber.toString(16)}`).address;
}

/** The next address of each subnet that nobody has. */
function nextPrefixes(to: PacketSwitch): Prefix[] {
  for (;;) {
    const number = to.nextHostNumber();
    const full = to.prefixes.find((subnet) => number > subnet.hostCount);
    if (full !== undefined) {
      throw refusal(
        "addInterface",
        "switch",
        to.name,
        `a switch with a free address: ${full} has ${full.hostCount}, give it a wider subnet`,
      );
    }
    const addresses = to.prefixes.map((subnet) => new Prefix(subnet.host(number), subnet.length));
    if (!addresses.some(({ address }) => to.isTaken(address))) return addresses;
  }
}

function parseInterfacePrefix(text: string, operation: string, argument: string): Prefix {
  const prefix = Prefix.parse(text, operation, argument);
  if (prefix.address.kind === "unicast" || prefix.address.kind === "linkLocal") return prefix;
  throw refusal(operation, argument, text, "a unicast address");
}

function refusal(operation: string, argument: string, value: unknown, expected: string): InvalidArgumentError {
  return new InvalidArgumentError(BASE_ERRORS.ERR_ARGUMENT_RANGE, { operation, argument, value, expected });
}
