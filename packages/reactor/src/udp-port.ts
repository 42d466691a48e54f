/** Ports, as a reactor returns them. */
import type { SocketAddress } from "@groupcast/backend";
import type { PortBuffers } from "./port-buffers.js";
import type { MulticastTransport, UDPTransport } from "./transport.js";

/** A bound UDP port. Made by `reactor.listenUDP` and its siblings. */
export interface UDPPort extends UDPTransport {
  /** Sizes of the kernel's buffers, asked for and granted. */
  readonly buffers: PortBuffers;
  /** Returns the port's name in logs: `Echo on 9999`. */
  toString(): string;
  /** Stops the port at the end of `await using`; {@link UDPTransport.stopListening}. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** A UDP port that can be a member of multicast groups. Made by `reactor.listenMulticast` and its siblings. */
export interface MulticastPort extends UDPPort, MulticastTransport {}

/** A port that is connected to its peer, unless its program calls `disconnect()`. Made by `reactor.connectUDP`. */
export interface ConnectedUDPPort extends MulticastPort {
  /** Returns the peer that `reactor.connectUDP` fixed. */
  getPeer(): SocketAddress;
}
