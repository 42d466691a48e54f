import type { Family } from "@groupcast/backend";
import { type IpAddress, linkLocalAddress } from "../address/ip-address.js";
import type { Prefix } from "../address/prefix.js";
import type { Cable } from "./cable.js";
import type { Frame, NetworkPort } from "./frame.js";
import type { LinkOptions } from "./link-model.js";
import type { Packet } from "./packet.js";
import type { PacketSwitch } from "./packet-switch.js";

/** A router, as its ports and the routes refer to it. */
export interface ForwardingNode {
  readonly name: string;
  readonly ports: readonly RouterPort[];
  /** Forwards, or drops, a frame that has come in at `port`. */
  forward(frame: Frame, port: RouterPort): void;
}

/** Properties of a new port. */
export interface RouterPortFields {
  readonly to: PacketSwitch;
  readonly prefixes: readonly Prefix[];
  readonly link: LinkOptions;
  readonly mtu: number;
}

/** A port of a router, attached to one switch for good. */
export class RouterPort implements NetworkPort {
  readonly router: ForwardingNode;
  readonly name: string;
  readonly mtu: number;
  readonly prefixes: readonly Prefix[];
  readonly segment: PacketSwitch;
  readonly cable: Cable;
  readonly #linkLocal: IpAddress;
  isUp = true;

  constructor(router: ForwardingNode, { to, prefixes, link, mtu }: RouterPortFields) {
    this.router = router;
    this.name = `port${router.ports.length}`;
    this.mtu = mtu;
    this.prefixes = prefixes;
    this.segment = to;
    this.#linkLocal = linkLocalAddress(0xffff, to.ports.size + 1); // hosts have lower ones
    this.cable = to.attach(this, link);
    for (const address of [this.#linkLocal, ...prefixes.map((prefix) => prefix.address)]) to.addNeighbour(address, this);
  }

  get nodeName(): string {
    return this.router.name;
  }

  arrive(frame: Frame): void {
    this.router.forward(frame, this);
  }

  /** Sends a packet on the port's link, to a neighbour or to the members of its group. */
  transmit(packet: Packet, nextHop: IpAddress | undefined): void {
    this.segment.transmit({ packet, sender: this, nextHop }, "forwarded");
  }

  /** Whether the port has the address. */
  hasAddress(address: IpAddress): boolean {
    return address.text === this.#linkLocal.text || this.prefixes.some((prefix) => prefix.address.text === address.text);
  }

  /** The address that others on the link, or `peer` there, know the port by. */
  addressFor(family: Family, peer?: IpAddress): IpAddress | undefined {
    const own = this.prefixes.filter((prefix) => prefix.address.family === family);
    if (peer === undefined) return family === 6 ? this.#linkLocal : own[0]?.address;
    return (own.find((prefix) => prefix.contains(peer)) ?? own[0])?.address;
  }
}
