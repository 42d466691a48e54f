/** Routers: they join switches, count down TTLs, forward groups to members, and report why a datagram ends with them. */
import { socketAddress } from "@groupcast/backend";
import { outOfRange } from "@groupcast/base";
import { type IpAddress, staysOnLink } from "../address/ip-address.js";
import { DEFAULT_HOPS, ETHERNET_MTU_BYTES, NEIGHBOUR_TIMEOUT_MS } from "../address/ip-numbers.js";
import { Prefix } from "../address/prefix.js";
import type { Wire } from "../clock/wire.js";
import type { Fabric } from "./fabric.js";
import type { Frame } from "./frame.js";
import type { LinkOptions } from "./link-model.js";
import { type IcmpKind, icmpPacket, type Packet } from "./packet.js";
import type { DropReason, PacketLog } from "./packet-log.js";
import type { MemorySwitch, PacketSwitch } from "./packet-switch.js";
import { type ForwardingNode, RouterPort } from "./router-port.js";
import type { Topology } from "./topology.js";

/** Finds a switch of the network by itself or by its name. Throws InvalidArgumentError, naming `operation`. */
export type FindSwitch = (which: MemorySwitch | string, operation: string) => PacketSwitch;

/** A router, made with `network.router()`. Hosts on its switches use it as their default gateway. */
export interface MemoryRouter {
  /** Name of the router, unique in its network. */
  readonly name: string;
  /** Addresses of the router, switch by switch, with their prefix lengths. */
  readonly addresses: readonly string[];
  /**
   * Attaches the router to one more switch.
   *
   * @throws InvalidArgumentError the switch is not of this network or has no free address, or an option is wrong.
   */
  attach(to: MemorySwitch | string, options?: RouterPortOptions): void;
  /** Switches all ports of the router on or off. */
  setUp(isUp: boolean): void;
}

/** Options of the port that attaches a router to a switch. */
export interface RouterPortOptions {
  /** Addresses with prefix length; default: the last free addresses of the switch's subnets. */
  readonly addresses?: readonly string[] | undefined;
  /** Conditions of the cable, in both directions; default: perfect. */
  readonly link?: LinkOptions | undefined;
  /** Largest IP packet in bytes; longer datagrams travel in fragments. Default 1500. */
  readonly mtu?: number | undefined;
}

type RefusalKind = Exclude<IcmpKind, "host unreachable">;

const DROP_REASONS: Readonly<Record<RefusalKind, DropReason>> = {
  "time exceeded": "TTL expired",
  "port unreachable": "no socket",
  "network unreachable": "no route",
};

export class PacketRouter implements MemoryRouter, ForwardingNode {
  readonly name: string;
  readonly ports: RouterPort[] = [];
  readonly #wire: Wire;
  readonly #log: PacketLog;
  readonly #topology: Topology;
  readonly #nextPacketId: () => number;
  readonly #findSwitch: FindSwitch;

  constructor({ wire, log, topology, nextPacketId }: Fabric, name: string, findSwitch: FindSwitch) {
    this.#wire = wire;
    this.#log = log;
    this.#topology = topology;
    this.#nextPacketId = nextPacketId;
    this.name = name;
    this.#findSwitch = findSwitch;
  }

  get addresses(): readonly string[] {
    return this.ports.flatMap(({ prefixes }) => prefixes.map(String));
  }

  setUp(isUp: boolean): void {
    for (const port of this.ports) port.isUp = isUp;
    this.#topology.invalidate();
  }

  attach(which: MemorySwitch | string, { addresses, link = {}, mtu = ETHERNET_MTU_BYTES }: RouterPortOptions = {}): void {
    const to = this.#findSwitch(which, "attach");
    const prefixes = addresses?.map((text) => Prefix.parse(text, "attach", "addresses")) ?? freePrefixes(to);
    this.ports.push(new RouterPort(this, { to, prefixes, link, mtu }));
    this.#topology.invalidate();
  }

  /** Attaches it to each of `switches`, or to none of them if one has no free address. */
  attachAll(switches: readonly PacketSwitch[]): void {
    const before = this.ports.length;
    try {
      for (const each of switches) this.attach(each);
    } catch (error) {
      for (const port of this.ports.splice(before)) port.segment.detach(port);
      this.#topology.invalidate();
      throw error;
    }
  }

  forward(frame: Frame, port: RouterPort): void {
    const { packet } = frame;
    const { destination, source } = packet;
    if (!port.isUp) this.#log.noteDrop(packet, port, "interface down");
    else if (destination.kind === "multicast") this.#forwardToGroup(packet, port);
    else if (frame.nextHop === undefined)
      return; // a broadcast ends at the router
    else if (source.kind === "linkLocal") this.#log.noteDrop(packet, port, "link-local source");
    else if (this.#hasAddress(destination)) this.#refuse(packet, port, "port unreachable");
    else if (packet.hops <= 1) this.#refuse(packet, port, "time exceeded");
    else this.#forwardTo(packet, port);
  }

  #forwardTo(packet: Packet, port: RouterPort): void {
    const next = this.#topology.nextHop(this, packet.destination);
    if (next === undefined) this.#refuse(packet, port, "network unreachable");
    else this.#transmit(packet, next.port, next.address);
  }

  #forwardToGroup(packet: Packet, port: RouterPort): void {
    const { destination, origin } = packet;
    if (staysOnLink(destination) || origin === undefined) return;
    const from = port.segment;
    const ways = this.ports.filter(
      (egress) => egress !== port && egress.isUp && this.#topology.carries(origin, this, { from, to: egress.segment }, destination.text),
    );
    if (ways.length === 0) return;
    if (packet.source.kind === "linkLocal") this.#log.noteDrop(packet, port, "link-local source");
    else if (packet.hops <= 1) this.#log.noteDrop(packet, port, "TTL expired");
    else for (const egress of ways) egress.transmit(oneHopLess(packet), undefined);
  }

  #transmit(packet: Packet, egress: RouterPort, nextHop: IpAddress): void {
    if (egress.segment.neighbour(nextHop) !== undefined) {
      egress.transmit(oneHopLess(packet), nextHop);
      return;
    }
    this.#log.noteDrop(packet, egress, "no such neighbour");
    this.#wire.call(NEIGHBOUR_TIMEOUT_MS, () => this.#report(packet, "host unreachable"));
  }

  #refuse(packet: Packet, port: RouterPort, kind: RefusalKind): void {
    this.#log.noteDrop(packet, port, DROP_REASONS[kind]);
    this.#report(packet, kind);
  }

  /** Sends an ICMP error to the sender. A router sends none about errors (RFC 1122 section 3.2.2). */
  #report(about: Packet, kind: IcmpKind): void {
    if (about.icmp !== undefined) return;
    const next = this.#topology.nextHop(this, about.source);
    const source = next?.port.addressFor(about.source.family, next.address);
    if (next === undefined || source === undefined) return;
    const fields = { id: this.#nextPacketId(), source, from: socketAddress(source.text, 0), origin: next.port.segment };
    const hops = DEFAULT_HOPS + 1; // one is taken off on the way out
    this.#transmit(icmpPacket({ kind, about }, { ...fields, hops }), next.port, next.address);
  }

  #hasAddress(address: IpAddress): boolean {
    return this.ports.some((port) => port.hasAddress(address));
  }
}

function oneHopLess(packet: Packet): Packet {
  return { ...packet, hops: packet.hops - 1 };
}

/** Returns the last free address of each subnet of the switch; hosts count up from the first. */
function freePrefixes(to: PacketSwitch): Prefix[] {
  return to.prefixes.map((subnet) => {
    for (let number = Math.min(subnet.hostCount, 0xffff); number > 0; number--) {
      const address = subnet.host(number);
      if (!to.isTaken(address)) return new Prefix(address, subnet.length);
    }
    throw outOfRange("attach", "to", to.name, `a switch with a free address, and ${subnet} has none left`);
  });
}
