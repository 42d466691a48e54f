import type { IpAddress } from "../address/ip-address.js";
import type { Receiver } from "../clock/wire.js";
import type { Cable } from "./cable.js";
import type { Packet } from "./packet.js";
import type { PacketPlace } from "./packet-log.js";

/** A packet on a link. */
export interface Frame {
  readonly packet: Packet;
  readonly sender: NetworkPort;
  readonly nextHop: IpAddress | undefined; // the neighbour it goes to; undefined: everybody, or the members of a group
}

/** An end of a cable: an interface of a host, a port of a router. */
export interface NetworkPort extends Receiver<Frame>, PacketPlace {
  readonly isUp: boolean;
  readonly mtu: number;
  readonly cable: Cable | undefined;
}
