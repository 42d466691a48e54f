// A network interface, with the addresses and routes that a network configuration would give it each time it comes up.
import { isIPv6 } from "node:net";
import { sendBeacon } from "./beacon.js";
import type { Cable, Plug } from "./cable.js";
import { linkState } from "./link-state.js";
import type { Namespace } from "./namespace.js";

export class NetworkCard implements Plug {
  readonly namespace: Namespace;
  /** The cable in it, once it has one. */
  cable: Cable | undefined;
  #name: string;
  readonly #addresses: string[];
  readonly #routes: string[] = [];

  /** @param addresses - With prefix length: "10.1.0.1/24", "fd01::1/64". */
  constructor(namespace: Namespace, name: string, addresses: readonly string[]) {
    this.namespace = namespace;
    this.#name = name;
    this.#addresses = [...addresses];
  }

  get name(): string {
    return this.#name;
  }

  /** Its first IPv4 address, without prefix length. */
  get ipv4(): string {
    return this.#firstAddress("IPv4");
  }

  /** Its first IPv6 address, without prefix length; never the link-local one. */
  get ipv6(): string {
    return this.#firstAddress("IPv6");
  }

  /** Its number. Another one after the interface was deleted and created again. */
  async index(): Promise<number> {
    const state = await linkState(this.namespace, this.#name);
    if (state === undefined) throw new Error(`No interface ${this.#name} in ${this.namespace.name}`);
    return state.ifindex;
  }

  setup(): readonly string[] {
    const addresses = this.#addresses.map((address) => this.#addressCommand("replace", address));
    return [...addresses, `link set dev ${this.#name} up`, ...this.#routes.map((route) => `route replace ${route} dev ${this.#name}`)];
  }

  async isReady(): Promise<boolean> {
    const state = await linkState(this.namespace, this.#name);
    return state?.operstate === "UP" && state.addr_info.some(({ scope, local }) => scope === "link" && isIPv6(local));
  }

  /** Takes it down. The kernel forgets its IPv6 addresses and its routes. */
  async down(): Promise<void> {
    await this.namespace.ip([`link set dev ${this.#name} down`]);
  }

  /** Brings it up, with its addresses and routes, and waits until it passes datagrams on. */
  async up(): Promise<void> {
    await this.namespace.ip(this.setup());
    await this.cable?.whenReady();
  }

  /** Gives it another name, as udev does: the interface is down meanwhile and keeps its number. */
  async rename(name: string): Promise<void> {
    await this.down();
    await this.namespace.ip([`link set dev ${this.#name} name ${name}`]);
    this.#name = name;
    await this.up();
  }

  /** @param address - With prefix length. IPv6 addresses are usable at once, without duplicate address detection. */
  async addAddress(address: string): Promise<void> {
    this.#addresses.push(address);
    await this.namespace.ip([this.#addressCommand("replace", address)]);
  }

  /** Takes an address away. Other addresses of its subnet stay. */
  async removeAddress(address: string): Promise<void> {
    this.#addresses.splice(this.#addresses.indexOf(address), 1);
    await this.namespace.ip([this.#addressCommand("del", address)]);
  }

  /** @param route - As for ip-route(8), without the interface: "default via 10.1.0.254", "224.2.0.0/24", "239.0.0.0/8 src 127.0.0.1". */
  async addRoute(route: string): Promise<void> {
    this.#routes.push(route);
    await this.namespace.ip([`route replace ${route} dev ${this.#name}`]);
  }

  /** On loopback everyone is this host. */
  beacon(text: string): Promise<void> {
    return sendBeacon(this.namespace, this.#name === "lo" ? "::1" : `ff02::1%${this.#name}`, text);
  }

  #firstAddress(family: "IPv4" | "IPv6"): string {
    const address = this.#addresses.find((candidate) => candidate.includes(":") === (family === "IPv6"));
    if (address === undefined) throw new Error(`${this.#name} in ${this.namespace.name} has no ${family} address`);
    return address.replace(/\/.*/, "");
  }

  #addressCommand(verb: "replace" | "del", address: string): string {
    const withoutDetection = verb === "replace" && address.includes(":") ? " nodad" : "";
    return `address ${verb} ${address} dev ${this.#name}${withoutDetection}`;
  }
}
