/** A switch: the link that hosts and routers share. Knows who has which address and who wants which group, so nobody else is asked. */

import { type IpAddress, isAllNodes, staysOnLink } from "../address/ip-address.js";
import type { Prefix } from "../address/prefix.js";
import type { Receiver } from "../clock/wire.js";
import type { TracePlace } from "../trace/trace.js";
import { Cable } from "./cable.js";
import type { Fabric } from "./fabric.js";
import { checkLinkOptions, isPlain, type LinkModel, type LinkOptions, LOST, QUEUE_FULL } from "./link-model.js";
import { fragmentCount, type Packet, wireBytes } from "./packet.js";

/** A link that hosts and routers are attached to; made with `network.switch()`. */
export interface MemorySwitch {
  readonly name: string;
  /** Subnets that interfaces on it get their addresses from, such as `10.0.0.0/24`. */
  readonly subnets: readonly string[];
  /** Replaces the conditions from the switch to each of its ports, from the next datagram on. `{ loss: 1 }` cuts everybody off. */
  setLink(options: LinkOptions): void;
}

/** A packet on a link. */
export interface Frame {
  readonly packet: Packet;
  readonly sender: NetworkPort;
  readonly nextHop: IpAddress | undefined; // whose it is on this link; undefined: everybody's, or the members' of a group
}

/** What can be attached to a switch: an interface of a host, a port of a router. */
export interface NetworkPort extends Receiver<Frame>, TracePlace {
  readonly isRouter: boolean;
  readonly isUp: boolean;
  readonly mtu: number;
  readonly cable: Cable | undefined;
}

export class PacketSwitch implements MemorySwitch, Receiver<Frame> {
  readonly name: string;
  readonly prefixes: readonly Prefix[];
  readonly ports: Set<NetworkPort> = new Set();
  readonly #fabric: Fabric;
  readonly #neighbours = new Map<string, NetworkPort>();
  readonly #members = new Map<string, Set<NetworkPort>>();
  #options: LinkOptions = {};
  #numbersGiven = 0;

  constructor(fabric: Fabric, name: string, prefixes: readonly Prefix[]) {
    this.#fabric = fabric;
    this.name = name;
    this.prefixes = prefixes;
  }

  get subnets(): readonly string[] {
    return this.prefixes.map(String);
  }

  setLink(options: LinkOptions): void {
    checkLinkOptions(options, "setLink");
    this.#options = options;
    for (const port of this.ports) port.cable?.setSwitchLink(this.#portOptions);
  }

  /** A number for the next host on this switch: 1, 2, … */
  nextHostNumber(): number {
    this.#numbersGiven += 1;
    return this.#numbersGiven;
  }

  attach(port: NetworkPort, options: LinkOptions): Cable {
    const cable = new Cable(this.#fabric, this, port);
    cable.setLink(options);
    cable.setSwitchLink(this.#portOptions);
    this.ports.add(port);
    return cable;
  }

  detach(port: NetworkPort): void {
    this.ports.delete(port);
    for (const [address, owner] of this.#neighbours) if (owner === port) this.#neighbours.delete(address);
    for (const members of this.#members.values()) members.delete(port);
  }

  addNeighbour(address: IpAddress, port: NetworkPort): void {
    this.#neighbours.set(address.text, port);
  }

  removeNeighbour(address: IpAddress, port: NetworkPort): void {
    if (this.#neighbours.get(address.text) === port) this.#neighbours.delete(address.text);
  }

  /** Whether somebody has the address, up or down. */
  isTaken(address: IpAddress): boolean {
    return this.#neighbours.has(address.text);
  }

  /** Who answers for `address`, as ARP (RFC 826) and neighbour discovery (RFC 4861) would find out. */
  neighbour(address: IpAddress): NetworkPort | undefined {
    const port = this.#neighbours.get(address.text);
    return port?.isUp === true ? port : undefined;
  }

  addMember(group: string, port: NetworkPort): void {
    const members = this.#members.get(group);
    if (members === undefined) this.#members.set(group, new Set([port]));
    else members.add(port);
  }

  removeMember(group: string, port: NetworkPort): void {
    const members = this.#members.get(group);
    members?.delete(port);
    if (members?.size === 0) this.#members.delete(group);
  }

  hasMembers(group: string): boolean {
    return this.#members.has(group);
  }

  /** Sends a frame; it arrives later. Returns whether the sender's queue took it; what is lost after that, nobody is told. */
  transmit(frame: Frame, event: "sent" | "forwarded"): boolean {
    const { packet, sender } = frame;
    if (this.#fabric.trace.isRecording) this.#fabric.trace.note(event, packet, sender);
    const up = sender.cable?.up;
    if (up === undefined) {
      this.#fabric.wire.carry(this.#crossingMs, this, frame);
      return true;
    }
    const delayMs = this.#pass(up, frame, sender, this.#fabric.wire.nowMs());
    if (delayMs < 0) return delayMs !== QUEUE_FULL;
    this.#fabric.wire.carry(delayMs + this.#crossingMs, this, frame);
    if (up.duplicates()) this.#fabric.wire.carry(delayMs + this.#crossingMs, this, frame);
    return true;
  }

  /** A frame has reached the switch: hands it to whom it concerns. */
  arrive(frame: Frame): void {
    const { packet, nextHop, sender } = frame;
    if (nextHop !== undefined) {
      const port = this.neighbour(nextHop);
      if (port === undefined) this.#fabric.trace.noteDrop(packet, sender, "no such neighbour");
      else this.#deliver(frame, port);
    } else if (packet.destination.kind === "multicast" && !isAllNodes(packet.destination)) {
      this.#deliverToGroup(frame);
    } else {
      for (const port of this.ports) if (port !== sender) this.#deliver(frame, port);
    }
  }

  #deliverToGroup(frame: Frame): void {
    const { destination } = frame.packet;
    const members = this.#members.get(destination.text);
    if (members !== undefined) for (const port of members) if (port !== frame.sender) this.#deliver(frame, port);
    if (staysOnLink(destination)) return;
    for (const port of this.#fabric.topology.routerPorts(this)) if (port !== frame.sender) this.#deliver(frame, port);
  }

  #deliver(frame: Frame, port: NetworkPort): void {
    const down = port.cable?.down;
    if (down === undefined || down.length === 0) port.arrive(frame);
    else this.#deliverThrough(down, frame, port, 0);
  }

  /** Lets the frame pass what is left of the links `down` to the port, `delayMs` from now; as often as they double it. */
  #deliverThrough(down: readonly LinkModel[], frame: Frame, port: NetworkPort, delayMs: number): void {
    const [link, ...rest] = down;
    if (link === undefined) {
      if (delayMs > 0) this.#fabric.wire.carry(delayMs, port, frame);
      else port.arrive(frame);
      return;
    }
    const passMs = this.#pass(link, frame, port, this.#fabric.wire.nowMs() + delayMs);
    if (passMs < 0) return;
    this.#deliverThrough(rest, frame, port, delayMs + passMs);
    if (link.duplicates()) this.#deliverThrough(rest, frame, port, delayMs + passMs);
  }

  #pass(link: LinkModel, { packet, sender }: Frame, place: TracePlace, nowMs: number): number {
    const fragments = fragmentCount(packet, sender.mtu);
    const delayMs = link.pass(nowMs, wireBytes(packet, fragments), fragments);
    if (delayMs === LOST) this.#fabric.trace.noteDrop(packet, place, "lost on the link");
    if (delayMs === QUEUE_FULL) this.#fabric.trace.noteDrop(packet, place, "queue full");
    return delayMs;
  }

  /** What each port needs a model of its own for; undefined when all datagrams just take the same time. */
  get #portOptions(): LinkOptions | undefined {
    return isPlain(this.#options) ? undefined : this.#options;
  }

  get #crossingMs(): number {
    return isPlain(this.#options) ? (this.#options.delayMs ?? 0) : 0;
  }
}
