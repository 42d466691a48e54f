/** Ports, as a reactor returns them. */
import type { SocketAddress } from "@groupcast/backend";
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

/** Kernel buffers of a port; each is absent where its size was left to the OS. */
export interface PortBuffers {
  /** Buffer that datagrams wait in until the port reads them (`SO_RCVBUF`). */
  readonly receive?: BufferGrant;
  /** Buffer that datagrams wait in until the link takes them (`SO_SNDBUF`). */
  readonly send?: BufferGrant;
}

/** A buffer size, asked for and granted. */
export interface BufferGrant {
  /** Size that was asked for, in bytes. */
  readonly askedBytes: number;
  /** Size that the OS granted, in bytes, without its own bookkeeping. */
  readonly grantedBytes: number;
  /** The sysctl that capped the grant: raise it to at least `askedBytes`. */
  readonly cappedBy?: "net.core.rmem_max" | "net.core.wmem_max";
}
