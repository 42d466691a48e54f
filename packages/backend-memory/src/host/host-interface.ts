import type { NetworkInterface } from "@groupcast/backend";
import { type IpAddress, isAllNodes } from "../address/ip-address.js";
import type { Prefix } from "../address/prefix.js";
import type { Receiver } from "../clock/wire.js";
import type { Cable } from "../network/cable.js";
import type { Packet } from "../network/packet.js";
import type { Frame, NetworkPort } from "../network/packet-switch.js";
import type { HostStack } from "./host-stack.js";
import { InterfaceGroup, type Membership } from "./membership.js";

/** What an interface is made with. */
export interface HostInterfaceFields {
  readonly name: string;
  readonly index: number;
  readonly mtu: number;
  readonly mac: string | undefined;
  readonly isLoopback: boolean;
}

/** A network interface of a host. */
export class HostInterface implements NetworkPort {
  readonly isRouter = false;
  readonly name: string;
  readonly index: number;
  readonly mtu: number;
  readonly mac: string | undefined;
  readonly isLoopback: boolean;
  readonly stack: HostStack;
  /** Where what the host sends to itself comes in. */
  readonly looped: Receiver<Packet> = { arrive: (packet) => this.stack.input.accept(packet, this, true) };
  readonly #groups = new Map<string, InterfaceGroup>();
  prefixes: readonly Prefix[] = [];
  isUp = true;
  upSince = 0; // counts the times an interface of the host was switched on: the order of the kernel's routes for ff00::/8
  cable: Cable | undefined;

  constructor(stack: HostStack, { name, index, mtu, mac, isLoopback }: HostInterfaceFields) {
    this.stack = stack;
    this.name = name;
    this.index = index;
    this.mtu = mtu;
    this.mac = mac;
    this.isLoopback = isLoopback;
  }

  get nodeName(): string {
    return this.stack.hostName;
  }

  arrive({ packet }: Frame): void {
    this.stack.input.acceptFromWire(packet, this);
  }

  /** Whether it has an address of the family. */
  has(family: 4 | 6): boolean {
    return this.prefixes.some(({ address }) => address.family === family);
  }

  isBroadcast(address: IpAddress): boolean {
    if (address.kind === "broadcast") return true;
    return this.prefixes.some((prefix) => prefix.broadcast?.text === address.text);
  }

  /** Whether anybody on the host wants `group` from `source` here. */
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
      this.cable?.switch.addMember(text, this);
    }
    members.add(membership);
  }

  /** All of the host that have joined what `membership` has, here. */
  groupOf({ group }: Membership): InterfaceGroup | undefined {
    return this.#groups.get(group.text);
  }

  deleteMembership(membership: Membership): void {
    const { text } = membership.group;
    const members = this.#groups.get(text);
    members?.delete(membership);
    if (members?.isEmpty !== true) return;
    this.#groups.delete(text);
    this.cable?.switch.removeMember(text, this);
  }

  /** The interface as the waist shows it. */
  snapshot(): NetworkInterface {
    const addresses = this.prefixes.map((prefix) => {
      const { address, broadcast } = prefix;
      const entry = { address: address.text, family: address.family, prefixLength: prefix.length };
      return Object.freeze(broadcast === undefined || this.isLoopback ? entry : { ...entry, broadcast: broadcast.text });
    });
    const isEthernet = !this.isLoopback;
    const flags = Object.freeze({
      up: this.isUp,
      running: this.isUp && (this.isLoopback || this.cable !== undefined),
      loopback: this.isLoopback,
      multicast: isEthernet,
      broadcast: isEthernet,
      pointToPoint: false,
    });
    const fields = { name: this.name, index: this.index, addresses: Object.freeze(addresses), mtu: this.mtu, flags };
    return Object.freeze(this.mac === undefined ? fields : { ...fields, mac: this.mac });
  }
}
