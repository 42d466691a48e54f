/** A switch: the link that hosts and routers share. It knows every address, so it needs no ARP. */
import { type IpAddress, isAllNodes, staysOnLink } from "../address/ip-address.js";
import type { Prefix } from "../address/prefix.js";
import type { Receiver, Wire } from "../clock/wire.js";
import { Cable } from "./cable.js";
import type { Frame, NetworkPort } from "./frame.js";
import { checkLinkOptions, isPlain, type LinkModel, type LinkOptions, LOST, QUEUE_FULL } from "./link-model.js";
import { fragmentCount, wireBytes } from "./packet.js";
import type { PacketLog, PacketPlace } from "./packet-log.js";
import type { Random } from "./random.js";
import type { Segment } from "./segment.js";
import { SnoopingTable } from "./snooping-table.js";

/** A link that hosts and routers are attached to, made with `network.switch()`. */
export interface MemorySwitch {
  /** Name of the switch, unique in its network. */
  readonly name: string;
  /** Subnets that interfaces on it get their addresses from, such as `10.0.0.0/24`. */
  readonly subnets: readonly string[];
  /**
   * Replaces the conditions from the switch to each of its ports, from the next datagram on. `{ loss: 1 }` disconnects all ports.
   *
   * @throws InvalidArgumentError `ERR_OPTION_UNKNOWN`, `ERR_ARGUMENT_RANGE`.
   */
  setLink(options: LinkOptions): void;
}

/** Parts of the network that a switch uses. */
export interface SwitchSetting {
  readonly wire: Wire;
  readonly log: PacketLog;
  readonly random: Random;
  readonly topology: RouterPorts;
}

/** Knows the routers that forward groups. */
export interface RouterPorts {
  /** Ports of routers on a switch that are up. */
  routerPorts(segment: Segment): readonly NetworkPort[];
}

export class PacketSwitch implements MemorySwitch, Segment, Receiver<Frame> {
  readonly name: string;
  readonly prefixes: readonly Prefix[];
  readonly ports: Set<NetworkPort> = new Set();
  /** Ports with members, by their reports. */
  readonly members: SnoopingTable;
  /** Whether groups go to members only; otherwise to every port. */
  isSnooping = true;
  readonly #wire: Wire;
  readonly #log: PacketLog;
  readonly #random: Random;
  readonly #topology: RouterPorts;
  readonly #neighbours = new Map<string, NetworkPort>();
  #options: LinkOptions = {};
  #numbersGiven = 0;

  constructor({ wire, log, random, topology }: SwitchSetting, name: string, prefixes: readonly Prefix[]) {
    this.#wire = wire;
    this.members = new SnoopingTable(wire);
    this.#log = log;
    this.#random = random;
    this.#topology = topology;
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

  /** Returns the number of the next host on this switch: 1, 2, … */
  nextHostNumber(): number {
    this.#numbersGiven += 1;
    return this.#numbersGiven;
  }

  attach(port: NetworkPort, options: LinkOptions): Cable {
    const cable = new Cable(this.#random, `${this.name}/${port.nodeName}/${port.name}`);
    cable.setLink(options);
    cable.setSwitchLink(this.#portOptions);
    this.ports.add(port);
    return cable;
  }

  detach(port: NetworkPort): void {
    this.ports.delete(port);
    for (const [address, owner] of this.#neighbours) if (owner === port) this.#neighbours.delete(address);
    this.members.forget(port);
  }

  addNeighbour(address: IpAddress, port: NetworkPort): void {
    this.#neighbours.set(address.text, port);
  }

  removeNeighbour(address: IpAddress, port: NetworkPort): void {
    if (this.#neighbours.get(address.text) === port) this.#neighbours.delete(address.text);
  }

  /** Whether a port has the address, up or down. */
  isTaken(address: IpAddress): boolean {
    return this.#neighbours.has(address.text);
  }

  /** The port that answers for `address`, as ARP (RFC 826) and neighbour discovery (RFC 4861) would find out. */
  neighbour(address: IpAddress): NetworkPort | undefined {
    const port = this.#neighbours.get(address.text);
    return port?.isUp === true ? port : undefined;
  }

  hasMembers(group: string): boolean {
    return this.members.has(group);
  }

  /** Sends a frame; it arrives later. Returns whether the sender's queue took it. Losses after that stay unreported. */
  transmit(frame: Frame, event: "sent" | "forwarded"): boolean {
    const { packet, sender } = frame;
    if (this.#log.isRecording) this.#log.note(event, packet, sender);
    const up = sender.cable?.up;
    if (up === undefined) {
      this.#wire.carry(this.#crossingMs, this, frame);
      return true;
    }
    const delayMs = this.#pass(up, frame, sender, this.#wire.nowMs());
    if (delayMs < 0) return delayMs !== QUEUE_FULL;
    this.#wire.carry(delayMs + this.#crossingMs, this, frame);
    if (up.duplicates()) this.#wire.carry(delayMs + this.#crossingMs, this, frame);
    return true;
  }

  /** Hands a frame that has reached the switch to the ports that it concerns. */
  arrive(frame: Frame): void {
    const { packet, nextHop, sender } = frame;
    if (nextHop !== undefined) {
      const port = this.neighbour(nextHop);
      if (port === undefined) this.#log.noteDrop(packet, sender, "no such neighbour");
      else this.#deliver(frame, port);
    } else if (this.isSnooping && packet.destination.kind === "multicast" && !isAllNodes(packet.destination)) {
      this.#deliverToGroup(frame);
    } else {
      for (const port of this.ports) if (port !== sender) this.#deliver(frame, port);
    }
  }

  #deliverToGroup(frame: Frame): void {
    const { destination } = frame.packet;
    for (const port of this.members.of(destination.text)) if (port !== frame.sender) this.#deliver(frame, port);
    if (staysOnLink(destination)) return;
    for (const port of this.#topology.routerPorts(this)) if (port !== frame.sender) this.#deliver(frame, port);
  }

  #deliver(frame: Frame, port: NetworkPort): void {
    const down = port.cable?.down;
    if (down === undefined || down.length === 0) port.arrive(frame);
    else this.#deliverThrough(down, frame, port, 0);
  }

  /** Sends the frame over the remaining links `down` to the port, `delayMs` from now, as often as they duplicate it. */
  #deliverThrough(down: readonly LinkModel[], frame: Frame, port: NetworkPort, delayMs: number): void {
    const [link, ...rest] = down;
    if (link === undefined) {
      if (delayMs > 0) this.#wire.carry(delayMs, port, frame);
      else port.arrive(frame);
      return;
    }
    const passMs = this.#pass(link, frame, port, this.#wire.nowMs() + delayMs);
    if (passMs < 0) return;
    this.#deliverThrough(rest, frame, port, delayMs + passMs);
    if (link.duplicates()) this.#deliverThrough(rest, frame, port, delayMs + passMs);
  }

  #pass(link: LinkModel, { packet, sender }: Frame, place: PacketPlace, nowMs: number): number {
    const fragments = fragmentCount(packet, sender.mtu);
    const delayMs = link.pass(nowMs, wireBytes(packet, fragments), fragments);
    if (delayMs === LOST) this.#log.noteDrop(packet, place, "lost on the link");
    if (delayMs === QUEUE_FULL) this.#log.noteDrop(packet, place, "queue full");
    return delayMs;
  }

  /** Conditions that each port needs a model of its own for; undefined if all datagrams just take the same time. */
  get #portOptions(): LinkOptions | undefined {
    return isPlain(this.#options) ? undefined : this.#options;
  }

  get #crossingMs(): number {
    return isPlain(this.#options) ? (this.#options.delayMs ?? 0) : 0;
  }
}
