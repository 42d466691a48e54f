import type { NetworkInterface } from "@groupcast/backend";
import { type IpAddress, isAllNodes } from "../address/ip-address.js";
import type { Prefix } from "../address/prefix.js";
import type { Receiver } from "../clock/wire.js";
import type { Cable } from "../network/cable.js";
import type { Frame, NetworkPort } from "../network/frame.js";
import type { LinkOptions } from "../network/link-model.js";
import type { Packet } from "../network/packet.js";
import type { PacketSwitch } from "../network/packet-switch.js";
import { InterfaceGroup, type Membership } from "./membership.js";

/** Takes the packets that come in on the interfaces of a host. */
export interface PacketIntake {
  /** Takes a packet that came over a cable. */
  acceptFromWire(packet: Packet, ingress: HostInterface): void;
  /** Takes a packet that the host sent to itself. */
  acceptOwn(packet: Packet, ingress: HostInterface): void;
}

/** Properties of a new interface. */
export interface HostInterfaceFields {
  readonly hostName: string;
  readonly name: string;
  readonly index: number;
  readonly mtu: number;
  readonly mac: string | undefined;
  readonly isLoopback: boolean;
}

/** A network interface of a host. */
export class HostInterface implements NetworkPort {
  readonly nodeName: string;
  readonly name: string;
  readonly index: number;
  readonly mtu: number;
  readonly mac: string | undefined;
  readonly isLoopback: boolean;
  /** Receives the packets that the host sends to itself over this interface. */
  readonly looped: Receiver<Packet>;
  readonly #intake: PacketIntake;
  readonly #groups = new Map<string, InterfaceGroup>();
  #prefixes: readonly Prefix[];
  #segment: PacketSwitch | undefined;
  #cable: Cable | undefined;
  isUp = true;
  upSince = 0; // counts the times an interface of the host was switched on: the order of the kernel's routes for ff00::/8

  constructor({ hostName, name, index, mtu, mac, isLoopback }: HostInterfaceFields, prefixes: readonly Prefix[], intake: PacketIntake) {
    this.nodeName = hostName;
    this.name = name;
    this.index = index;
    this.mtu = mtu;
    this.mac = mac;
    this.isLoopback = isLoopback;
    this.#prefixes = prefixes;
    this.#intake = intake;
    this.looped = { arrive: (packet) => intake.acceptOwn(packet, this) };
  }

  /** The cable to its switch; undefined: it has no carrier. */
  get cable(): Cable | undefined {
    return this.#cable;
  }

  /** The switch it is attached to. */
  get segment(): PacketSwitch | undefined {
    return this.#segment;
  }

  /** Addresses, each with the length of its network part. */
  get prefixes(): readonly Prefix[] {
    return this.#prefixes;
  }

  set prefixes(prefixes: readonly Prefix[]) {
    for (const { address } of this.#prefixes) this.#segment?.removeNeighbour(address, this);
    this.#prefixes = prefixes;
    for (const { address } of prefixes) this.#segment?.addNeighbour(address, this);
  }

  /** Attaches it to a switch, once. */
  attach(segment: PacketSwitch, link: LinkOptions): void {
    this.#cable = segment.attach(this, link);
    this.#segment = segment;
    for (const { address } of this.#prefixes) segment.addNeighbour(address, this);
  }

  /** Takes it off its switch. */
  detach(): void {
    this.#segment?.detach(this);
    this.#segment = undefined;
    this.#cable = undefined;
  }

  arrive({ packet }: Frame): void {
    this.#intake.acceptFromWire(packet, this);
  }

  /** Whether it has an address of the family. */
  has(family: 4 | 6): boolean {
    return this.#prefixes.some(({ address }) => address.family === family);
  }

  /** Whether the address means all hosts on its link. */
  isBroadcast(address: IpAddress): boolean {
    if (address.kind === "broadcast") return true;
    return this.#prefixes.some((prefix) => prefix.broadcast?.text === address.text);
  }

  /** Whether any socket of the host wants `group` from `source` on this interface. */
  accepts(group: IpAddress, source: IpAddress): boolean {
    const members = this.#groups.get(group.text);
    return members === undefined ? isAllNodes(group) : members.accepts(source.text) || isAllNodes(group);
  }

  addMembership(membership: Membership): void {
    const { text } = membership.group;
    let members = this.#groups.get(text);
    if (members === undefined) {
      members = new InterfaceGroup();
      this.#groups.set(text, members);
      this.#segment?.members.report(text, this);
    }
    members.add(membership);
  }

  /** Reports all groups to the link, as `ip_mc_up()` of net/ipv4/igmp.c does when an interface goes up. */
  reportGroups(): void {
    for (const group of this.#groups.keys()) this.#segment?.members.report(group, this);
  }

  /** All memberships of the host in the group of `membership` on this interface. */
  groupOf({ group }: Membership): InterfaceGroup | undefined {
    return this.#groups.get(group.text);
  }

  deleteMembership(membership: Membership): void {
    const { text } = membership.group;
    const members = this.#groups.get(text);
    members?.delete(membership);
    if (members?.isEmpty !== true) return;
    this.#groups.delete(text);
    this.#segment?.members.leave(text, this);
  }

  /** Returns the interface as the waist shows it. */
  snapshot(): NetworkInterface {
    const addresses = this.#prefixes.map((prefix) => {
      const { address, broadcast } = prefix;
      const entry = { address: address.text, family: address.family, prefixLength: prefix.length };
      return Object.freeze(broadcast === undefined || this.isLoopback ? entry : { ...entry, broadcast: broadcast.text });
    });
    const isEthernet = !this.isLoopback;
    const flags = Object.freeze({
      up: this.isUp,
      running: this.isUp && (this.isLoopback || this.#cable !== undefined),
      loopback: this.isLoopback,
      multicast: isEthernet,
      broadcast: isEthernet,
      pointToPoint: false,
    });
    const fields = { name: this.name, index: this.index, addresses: Object.freeze(addresses), mtu: this.mtu, flags };
    return Object.freeze(this.mac === undefined ? fields : { ...fields, mac: this.mac });
  }
}
