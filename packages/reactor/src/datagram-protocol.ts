import type { Arrival, DatagramBatch, SocketAddress } from "@groupcast/backend";
import { StateError } from "@groupcast/base";
import { REACTOR_ERRORS } from "./reactor-errors.js";
import type { MulticastTransport, UDPTransport } from "./transport.js";

const transports = new WeakMap<object, UDPTransport>();

/**
 * What a program does with the datagrams of a port. Subclass it, and give one object to one port.
 *
 * Theory of operation: `listen…` sets {@link DatagramProtocol.transport}, then calls {@link DatagramProtocol.startProtocol} before it
 * returns. From then on datagrams are delivered one by one, never from inside a call into the transport. After `stopListening()`
 * nothing more is delivered; {@link DatagramProtocol.stopProtocol} is called exactly once for each startProtocol, with the transport
 * already gone, and the object may be given to another port. What these methods throw, or reject with, becomes the `error` event of
 * port and reactor; it never stops the port. Only what startProtocol throws comes out of `listen…`, and closes the socket.
 */
export abstract class DatagramProtocol<T extends UDPTransport = MulticastTransport> {
  /**
   * The port, as its protocol sees it.
   *
   * @throws StateError `ERR_NOT_LISTENING` before startProtocol and from stopProtocol on.
   */
  get transport(): T {
    const transport = transports.get(this);
    if (transport === undefined) throw new StateError(REACTOR_ERRORS.ERR_NOT_LISTENING, "use the transport");
    return transport as T;
  }

  /** The port is bound and about to deliver. The place to join groups, connect, and write the first datagram. */
  startProtocol(): void {}

  /**
   * A datagram arrived.
   *
   * @param _data - Its bytes; the protocol's own, to keep or change. Length 0 … 65,527.
   * @param _from - Its sender; frozen, and shared by all datagrams of that sender.
   * @param _arrival - What else is known; only on ports opened with `arrival: true`.
   */
  datagramReceived(_data: Buffer, _from: SocketAddress, _arrival?: Arrival): void | Promise<void> {}

  /**
   * Datagrams arrived; takes the place of datagramReceived where it is defined. For speed: the batch, and every view into it, is
   * valid during the call only.
   */
  datagramsReceived?(batch: DatagramBatch): void;

  /** The peer of a connected port answered that nobody listens there (ICMP port unreachable). The port stays open. */
  connectionRefused(): void {}

  /** The port has stopped; the socket is closed after this returns. */
  stopProtocol(): void {}

  /** The name this protocol has in the log. */
  logPrefix(): string {
    return this.constructor.name;
  }
}

/** @throws StateError `ERR_ALREADY_LISTENING`: `protocol` is on a port. */
export function checkDetached(operation: string, protocol: object): void {
  if (transports.has(protocol)) throw new StateError(REACTOR_ERRORS.ERR_ALREADY_LISTENING, operation);
}

export function attachTransport(protocol: object, transport: UDPTransport): void {
  transports.set(protocol, transport);
}

export function detachTransport(protocol: object): void {
  transports.delete(protocol);
}
