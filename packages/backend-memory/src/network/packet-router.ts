/** Routers: join switches, count down TTLs, carry groups to where members are, and say why a datagram ends with them. */

import { type Family, socketAddress } from "@groupcast/backend";
import { BASE_ERRORS, InvalidArgumentError } from "@groupcast/base";
import { type IpAddress, parseIpAddress, staysOnLink } from "../address/ip-address.js";
import { Prefix } from "../address/prefix.js";
import type { Cable } from "./cable.js";
import type { Fabric } from "./fabric.js";
import type { LinkOptions } from "./link-model.js";
import { NEIGHBOUR_TIMEOUT_MS } from "./neighbour-timeout.js";
import type { IcmpKind, Packet } from "./packet.js";
import type { Frame, MemorySwitch, NetworkPort, PacketSwitch } from "./packet-switch.js";

const DEFAULT_MTU = 1500; // Ethernet
const DEFAULT_HOPS = 64; // RFC 1700, and Linux

/** A router; made with `network.router()`. Hosts on its switches use it as their default gateway. */
export interface MemoryRouter {
  readonly name: string;
  /** Its addresses, switch by switch, with their prefix lengths. */
  readonly addresses: readonly string[];
  /** Attaches it to one more switch. */
  attach(to: MemorySwitch | string, options?: RouterPortOptions): void;
  /** Switches all its ports on or off. */
  setUp(isUp: boolean): void;
}

/** How a router is attached to a switch. */
export interface RouterPortOptions {
  /** With prefix length; default: the last free addresses of the switch's subnets. */
  readonly addresses?: readonly string[];
  readonly link?: LinkOptions;
  readonly mtu?: number;
}

export class PacketRouter implements MemoryRouter {
  readonly name: string;
  readonly ports: RouterPort[] = [];
  readonly #fabric: Fabric;
  readonly #findSwitch: (which: MemorySwitch | string, operation: string) => PacketSwitch;

  constructor(fabric: Fabric, name: string, findSwitch: (which: MemorySwitch | string, operation: string) => PacketSwitch) {
    this.#fabric = fabric;
    this.name = name;
    this.#findSwitch = findSwitch;
  }

  get addresses(): readonly string[] {
    return this.ports.flatMap(({ prefixes }) => prefixes.map(String));
  }

  setUp(isUp: boolean): void {
    for (const port of this.ports) port.isUp = isUp;
    this.#fabric.topology.changed();
  }

  attach(which: MemorySwitch | string, { addresses, link = {}, mtu = DEFAULT_MTU }: RouterPortOptions = {}): void {
    const to = this.#findSwitch(which, "attach");
    const prefixes = addresses?.map((text) => Prefix.parse(text, "attach", "addresses")) ?? freePrefixes(to);
    this.ports.push(new RouterPort(this, { to, prefixes, link, mtu }));
    this.#fabric.topology.changed();
  }

  /** A frame has come in at `port`. */
  forward(frame: Frame, port: RouterPort): void {
    const { packet } = frame;
    const { destination, source } = packet;
    if (!port.isUp) this.#fabric.trace.noteDrop(packet, port, "interface down");
    else if (destination.kind === "multicast") this.#forwardToGroup(packet, port);
    else if (frame.nextHop === undefined)
      return; // a broadcast ends at the router
    else if (source.kind === "linkLocal") this.#fabric.trace.noteDrop(packet, port, "link-local source");
    else if (this.#hasAddress(destination)) this.#refuse(packet, port, "port unreachable");
    else if (packet.hops <= 1) this.#refuse(packet, port, "time exceeded");
    else this.#forwardTo(packet, port);
  }

  #forwardTo(packet: Packet, port: RouterPort): void {
    const next = this.#fabric.topology.nextHop(this, packet.destination);
    if (next === undefined) this.#refuse(packet, port, "network unreachable");
    else this.#transmit(packet, next.port, next.address);
  }

  #forwardToGroup(packet: Packet, port: RouterPort): void {
    const { destination, origin } = packet;
    if (staysOnLink(destination) || origin === undefined) return;
    const from = port.cable.switch;
    const { topology, trace } = this.#fabric;
    const ways = this.ports.filter(
      (out) => out !== port && out.isUp && topology.carries(origin, this, { from, to: out.cable.switch }, destination.text),
    );
    if (ways.length === 0) return;
    if (packet.source.kind === "linkLocal") trace.noteDrop(packet, port, "link-local source");
    else if (packet.hops <= 1) trace.noteDrop(packet, port, "TTL expired");
    else for (const out of ways) out.cable.switch.transmit({ packet: oneHopLess(packet), sender: out, nextHop: undefined }, "forwarded");
  }

  #transmit(packet: Packet, out: RouterPort, nextHop: IpAddress): void {
    if (out.cable.switch.neighbour(nextHop) !== undefined) {
      out.cable.switch.transmit({ packet: oneHopLess(packet), sender: out, nextHop }, "forwarded");
      return;
    }
    this.#fabric.trace.noteDrop(packet, out, "no such neighbour");
    this.#fabric.wire.call(NEIGHBOUR_TIMEOUT_MS, () => this.#report(packet, "host unreachable"));
  }

  #refuse(packet: Packet, port: RouterPort, kind: IcmpKind): void {
    const reason = kind === "time exceeded" ? "TTL expired" : kind === "port unreachable" ? "no socket" : "no route";
    this.#fabric.trace.noteDrop(packet, port, reason);
    this.#report(packet, kind);
  }

  /** Tells the sender; errors about errors are not sent (RFC 1122 section 3.2.2). */
  #report(about: Packet, kind: IcmpKind): void {
    if (about.icmp !== undefined) return;
    const next = this.#fabric.topology.nextHop(this, about.source);
    const source = next?.port.addressFor(about.source.family, next.address);
    if (next === undefined || source === undefined) return;
    const packet: Packet = {
      ...about,
      id: this.#fabric.nextPacketId(),
      source,
      sourcePort: 0,
      destination: about.source,
      destinationPort: 0,
      hops: DEFAULT_HOPS + 1, // one is taken off on the way out
      end: about.start,
      from: socketAddress(source.text, 0),
      origin: next.port.cable.switch,
      icmp: { kind, about },
    };
    this.#transmit(packet, next.port, next.address);
  }

  #hasAddress(address: IpAddress): boolean {
    return this.ports.some((port) => port.hasAddress(address));
  }
}

interface RouterPortFields {
  readonly to: PacketSwitch;
  readonly prefixes: readonly Prefix[];
  readonly link: LinkOptions;
  readonly mtu: number;
}

export class RouterPort implements NetworkPort {
  readonly isRouter = true;
  readonly router: PacketRouter;
  readonly name: string;
  readonly mtu: number;
  readonly prefixes: readonly Prefix[];
  readonly cable: Cable;
  readonly #linkLocal: IpAddress;
  isUp = true;

  constructor(router: PacketRouter, { to, prefixes, link, mtu }: RouterPortFields) {
    this.router = router;
    this.name = `port${router.ports.length}`;
    this.mtu = mtu;
    this.prefixes = prefixes;
    this.#linkLocal = parseIpAddress(`fe80::ffff:${(to.ports.size + 1).toString(16)}`).address; // hosts have lower ones
    this.cable = to.attach(this, link);
    for (const address of [this.#linkLocal, ...prefixes.map((prefix) => prefix.address)]) to.addNeighbour(address, this);
  }

  get nodeName(): string {
    return this.router.name;
  }

  arrive(frame: Frame): void {
    this.router.forward(frame, this);
  }

  hasAddress(address: IpAddress): boolean {
    return address.text === this.#linkLocal.text || this.prefixes.some((prefix) => prefix.address.text === address.text);
  }

  /** The address others on the link, or `peer` there, know it by. */
  addressFor(family: Family, peer?: IpAddress): IpAddress | undefined {
    const own = this.prefixes.filter((prefix) => prefix.address.family === family);
    if (peer === undefined) return family === 6 ? this.#linkLocal : own[0]?.address;
    return (own.find((prefix) => prefix.contains(peer)) ?? own[0])?.address;
  }
}

function oneHopLess(packet: Packet): Packet {
  return { ...packet, hops: packet.hops - 1 };
}

/** The last addresses of the subnets that nobody on the switch has; hosts count up from the first. */
function freePrefixes(on: PacketSwitch): Prefix[] {
  return on.prefixes.map((subnet) => {
    for (let number = Math.min(subnet.hostCount, 0xffff); number > 0; number--) {
      const address = subnet.host(number);
      if (!on.isTaken(address)) return new Prefix(address, subnet.length);
    }
    const expected = "a switch with a free address";
    throw new InvalidArgumentError(BASE_ERRORS.ERR_ARGUMENT_RANGE, { operation: "attach", argument: "to", value: on.name, expected });
  });
}
