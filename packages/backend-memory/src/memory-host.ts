/** A host of a network in memory: a backend for one reactor, and the control of its interfaces, addresses, links and routes. */
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
import { checkInteger, checkOptions, checkString, outOfRange, UnsupportedError } from "@groupcast/base";
import { type IpAddress, linkLocalAddress, parseIpAddress } from "./address/ip-address.js";
import { ETHERNET_MTU_BYTES, LINK_LOCAL_BITS, LOOPBACK_MTU_BYTES, MIN_MTU_BYTES } from "./address/ip-numbers.js";
import { Prefix } from "./address/prefix.js";
import type { HostStack } from "./host/host-stack.js";
import type { RouteOptions } from "./host/routing-table.js";
import { checkLinkOptions, type LinkOptions } from "./network/link-model.js";
import type { FindSwitch } from "./network/packet-router.js";
import type { MemorySwitch, PacketSwitch } from "./network/packet-switch.js";
import { MemorySocket, type SocketSetting } from "./socket/memory-socket.js";
import { CAPABILITIES } from "./socket/socket-options.js";

/** Options of an interface. */
export interface InterfaceOptions {
  /** The switch to attach it to, or its name; default: none, so there is no carrier. */
  readonly switch?: MemorySwitch | string | undefined;
  /**
   * Addresses with prefix length, such as `10.0.0.1/24`. Default: the next of each subnet of the switch. A link-local IPv6 address is
   * added unless there is one, or the list is empty.
   */
  readonly addresses?: readonly string[] | undefined;
  /** Largest IP packet in bytes, 1280 … 65,536; longer datagrams travel in fragments. Default 1500. */
  readonly mtu?: number | undefined;
  /** Conditions of the cable, in both directions; default: perfect. */
  readonly link?: LinkOptions | undefined;
}

/** Parts of a network that a host uses. */
export interface HostSetting extends SocketSetting {
  readonly findSwitch: FindSwitch;
}

/**
 * One host, made with `network.host()`. Its sockets behave as those of Linux, errno by errno. Features that are not modelled are
 * missing from `capabilities` and throw UnsupportedError.
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
  /** Name of the backend: `"memory"`. */
  readonly name = "memory";
  /** Sentence that says why this backend is in use. */
  readonly reason: string;
  /** Name of the host in its network. */
  readonly hostName: string;
  /** Features that are modelled. */
  readonly capabilities: ReadonlySet<Capability> = CAPABILITIES;
  /** Interfaces and routes of the host, as a reactor sees them. */
  readonly network: BackendNetwork;
  readonly #setting: HostSetting;
  readonly #stack: HostStack;

  /** @internal Use `network.host()`. */
  constructor(setting: HostSetting) {
    this.#setting = setting;
    this.#stack = setting.stack;
    this.hostName = setting.stack.hostName;
    this.reason = `${JSON.stringify(this.hostName)} is a host of a network in memory`;
    this.network = setting.stack.network;
  }

  /** Opens a socket. Reactors call this. */
  openSocket(family: Family, observer: SocketObserver): DatagramSocket | Outcome {
    return new MemorySocket(family, observer, this.#setting);
  }

  /** @throws UnsupportedError `ERR_UNSUPPORTED_OPERATION`, always: sockets in memory have no descriptors. */
  adoptSocket(_fd: number, _observer: SocketObserver, _family: Family | undefined): DatagramSocket | Outcome {
    throw new UnsupportedError(BACKEND_ERRORS.ERR_UNSUPPORTED_OPERATION, "adoptSocket", { backend: this.name, capability: "adopt" });
  }

  /**
   * Adds an interface, switched on. It gets an index that no interface of the host has had.
   *
   * @throws InvalidArgumentError the name is taken, the switch is not of this network, an address or an option is wrong, or the subnet is full.
   */
  addInterface(name: string, options?: InterfaceOptions): void {
    checkString("addInterface", "name", name);
    const given = checkOptions("addInterface", options, ["switch", "addresses", "mtu", "link"]);
    const { switch: which, addresses, mtu = ETHERNET_MTU_BYTES, link = {} } = given;
    checkInteger("addInterface", "mtu", mtu, [MIN_MTU_BYTES, LOOPBACK_MTU_BYTES]);
    checkLinkOptions(link, "addInterface");
    this.#stack.interfaces.checkFree(name); // before an address is taken from the switch
    const to = which === undefined ? undefined : this.#setting.findSwitch(which, "addInterface");
    const asked = addresses?.map((text) => parseInterfacePrefix(text, "addInterface", "addresses"));
    const prefixes = asked ?? (to === undefined ? [] : nextPrefixes(to));
    this.#stack.interfaces.add({ name, prefixes: this.#withLinkLocal(prefixes), mtu, to, link });
  }

  /**
   * Removes an interface as unplugging does: memberships on it end. One that is added later under the same name is another interface.
   *
   * @throws InvalidArgumentError `ERR_INTERFACE_UNKNOWN`.
   */
  removeInterface(name: string): void {
    this.#stack.interfaces.remove(this.#stack.interfaces.find(name, "removeInterface"));
  }

  /**
   * Switches an interface on or off. Addresses and memberships stay.
   *
   * Platforms: Linux drops the IPv6 addresses of an interface that is switched off, unless `keep_addr_on_down` is set. This host behaves
   * as if it were set.
   *
   * @throws InvalidArgumentError `ERR_INTERFACE_UNKNOWN`.
   */
  setUp(name: string, isUp: boolean): void {
    this.#stack.interfaces.setUp(this.#stack.interfaces.find(name, "setUp"), isUp);
  }

  /**
   * Gives an interface one more address, such as `10.0.0.9/24`.
   *
   * @throws InvalidArgumentError `ERR_INTERFACE_UNKNOWN`, or `address` is not a unicast address with prefix length.
   */
  addAddress(name: string, address: string): void {
    const target = this.#stack.interfaces.find(name, "addAddress");
    const prefix = parseInterfacePrefix(address, "addAddress", "address");
    const rest = target.prefixes.filter((other) => other.address.text !== prefix.address.text);
    this.#stack.interfaces.setPrefixes(target, [...rest, prefix]);
  }

  /**
   * Removes an address from an interface. Sockets that are bound to it stay open, and can no longer be reached.
   *
   * @param address - With or without its prefix length.
   * @throws InvalidArgumentError `ERR_INTERFACE_UNKNOWN`, or the interface does not have the address.
   */
  removeAddress(name: string, address: string): void {
    const target = this.#stack.interfaces.find(name, "removeAddress");
    const [literal = ""] = address.split("/");
    const text = isIP(literal) === 0 ? undefined : parseIpAddress(literal).address.text;
    const rest = target.prefixes.filter((prefix) => prefix.address.text !== text);
    if (rest.length === target.prefixes.length) {
      throw outOfRange("removeAddress", "address", address, `an address of ${name}: ${target.prefixes.join(", ")}`);
    }
    this.#stack.interfaces.setPrefixes(target, rest);
  }

  /**
   * Replaces the conditions of an interface's cable, in both directions, from the next datagram on. `{ loss: 1 }` cuts it.
   *
   * @throws InvalidArgumentError `ERR_INTERFACE_UNKNOWN`, an option is wrong, or the interface is attached to no switch.
   */
  setLink(name: string, options: LinkOptions): void {
    const { cable } = this.#stack.interfaces.find(name, "setLink");
    if (cable === undefined) throw outOfRange("setLink", "name", name, "an interface that is attached to a switch");
    cable.setLink(options);
  }

  /**
   * Adds a route. Subnets of the interfaces, and routers on their switches, need none.
   *
   * @throws InvalidArgumentError an address or the type is wrong, the interface is unknown, there is neither gateway nor interface, or
   * there is one although the type refuses all destinations.
   */
  addRoute(route: RouteOptions): void {
    this.#stack.routing.routes.add(route);
    this.#stack.routesChanged();
  }

  /**
   * Removes the routes to a destination: those of {@link MemoryHost.addRoute}, and those for groups and broadcasts that a host has from the start.
   *
   * @throws InvalidArgumentError there is none.
   */
  removeRoute(destination: string): void {
    if (!this.#stack.routing.routes.remove(destination))
      throw outOfRange("removeRoute", "destination", destination, "a destination that addRoute() was called with");
    this.#stack.routesChanged();
  }

  #withLinkLocal(prefixes: readonly Prefix[]): readonly Prefix[] {
    if (prefixes.length === 0 || prefixes.some(({ address }) => address.kind === "linkLocal")) return prefixes;
    return [...prefixes, new Prefix(linkLocal(this.#stack.hostNumber, this.#stack.interfaces.nextIndex), LINK_LOCAL_BITS)];
  }
}

/** Returns fe80::N for the first interface of host N, fe80::2:N for its second. */
function linkLocal(hostNumber: number, index: number): IpAddress {
  return index <= 2 ? linkLocalAddress(hostNumber) : linkLocalAddress(index - 1, hostNumber);
}

/** Returns the next free address of each subnet of a switch. */
function nextPrefixes(to: PacketSwitch): Prefix[] {
  for (;;) {
    const number = to.nextHostNumber();
    const full = to.prefixes.find((subnet) => number > subnet.hostCount);
    if (full !== undefined) {
      throw outOfRange("addInterface", "switch", to.name, `a switch with a free address, and ${full} has only ${full.hostCount}`);
    }
    const addresses = to.prefixes.map((subnet) => new Prefix(subnet.host(number), subnet.length));
    if (!addresses.some(({ address }) => to.isTaken(address))) return addresses;
  }
}

function parseInterfacePrefix(text: string, operation: string, argument: string): Prefix {
  const prefix = Prefix.parse(text, operation, argument);
  if (prefix.address.kind === "unicast" || prefix.address.kind === "linkLocal") return prefix;
  throw outOfRange(operation, argument, text, "a unicast address");
}
