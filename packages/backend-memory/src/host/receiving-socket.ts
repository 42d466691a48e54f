import type { Packet } from "../network/packet.js";
import type { Flow } from "./endpoint.js";
import type { HostInterface } from "./host-interface.js";
import type { PortHolder } from "./port-table.js";

/** Report of a datagram that did not arrive. */
export interface Loss {
  readonly errno: number;
  readonly isFatal: boolean; // it reaches a connected socket unasked
  readonly answer: Flow; // of the datagram that would have come back; its source is the peer that the lost one was for
  readonly ingress: HostInterface; // the interface that the news came in on
}

/** A socket, as far as received packets are concerned. */
export interface ReceivingSocket extends PortHolder {
  /** Takes a packet; returns false when the receive buffer is full. */
  receive(packet: Packet, ingress: HostInterface): boolean;
  /** Takes the report of a loss; returns false when the socket has not asked for it. */
  refuse(loss: Loss): boolean;
}
