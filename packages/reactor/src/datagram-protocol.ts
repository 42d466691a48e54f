import type { Arrival, DatagramBatch, SocketAddress } from "@groupcast/backend";
import { type Clock, StateError } from "@groupcast/base";
import { REACTOR_ERRORS } from "./reactor-errors.js";
import type { Destination, MulticastTransport, UDPTransport } from "./transport.js";

/**
 * The methods of a protocol that its port calls; each may be missing. A plain object with some of them is a protocol, and so is an object
 * of {@link DatagramProtocol}, which says when each is called.
 */
export interface Protocol {
  /** Called when the port is bound and about to deliver. */
  startProtocol?(): void;
  /** Called with each datagram that arrives. `arrival`: only on ports opened with `arrival: true`. */
  datagramReceived?(data: Buffer, from: SocketAddress, arrival?: Arrival): void | Promise<void>;
  /** Called with the datagrams of one wake-up; replaces datagramReceived. The batch is valid during the call only. */
  datagramsReceived?(batch: DatagramBatch): void;
  /** Called when the peer of a connected port answers that no socket listens there. */
  connectionRefused?(): void;
  /** Called when the port has stopped. */
  stopProtocol?(): void;
  /** Returns the name of this protocol in the log. */
  logPrefix?(): string;
}

/**
 * A protocol written as an object literal; its methods use `this.transport`. `listen…` infers it, so a program names this type only where
 * it keeps the object in a variable.
 *
 * The port defines `transport` on the object, so the object must not be frozen. One object serves one port at a time.
 */
export type PlainProtocol<T extends UDPTransport = MulticastTransport> = Protocol & ThisType<Protocol & Attached<T>>;

/** An object that a port has given its transport to. */
export interface Attached<T extends UDPTransport> {
  /** The port of this protocol. @throws StateError `ERR_NOT_LISTENING` before startProtocol and from stopProtocol on. */
  readonly transport: T;
}

/** A port, as the protocols that come with the reactor see it. */
export interface PortInsides {
  readonly transport: UDPTransport;
  /** Clock of the reactor. */
  readonly clock: Clock;
  /** Returns the destination of a datagram to `to`: checked, in one spelling. @throws InvalidArgumentError as `write` documents. */
  contact(operation: string, to: Destination | undefined): { readonly address: SocketAddress; readonly isMulticast: boolean };
  /** Sends one datagram; {@link UDPTransport.send}. */
  send(data: Buffer, to: SocketAddress): Promise<void>;
  /** Pauses the port until {@link PortInsides.resume}, whatever the user resumes meanwhile. */
  pause(): void;
  /** Undoes {@link PortInsides.pause}; a port that the user has paused stays so. Does nothing on a port that stops. */
  resume(): void;
  /** Reports what user code threw. */
  report(thrown: unknown): void;
}

const ports = new WeakMap<object, PortInsides>();

/**
 * A program's side of a port: it receives the port's datagrams and writes with its transport. Subclass it, and give one object to one port;
 * a plain object with the same methods will do as well ({@link PlainProtocol}). Twisted: `DatagramProtocol`.
 *
 * Theory of operation: `listen…` sets {@link DatagramProtocol.transport}, then calls {@link DatagramProtocol.startProtocol} before it
 * returns. From then on datagrams are delivered one by one, never from inside a call into the transport. After `stopListening()`
 * nothing more is delivered; {@link DatagramProtocol.stopProtocol} is called exactly once for each startProtocol, when the transport is
 * already detached, and the object may be given to another port. An error that these methods throw or reject with becomes the `error`
 * event of port and reactor; it never stops the port. Only an error that startProtocol throws comes out of `listen…`, and closes the
 * socket.
 */
export abstract class DatagramProtocol<T extends UDPTransport = MulticastTransport> implements Protocol {
  /**
   * The port of this protocol.
   *
   * @throws StateError `ERR_NOT_LISTENING` before startProtocol and from stopProtocol on.
   */
  get transport(): T {
    return transportOf(this) as T;
  }

  /** Called when the port is bound and about to deliver: the place to join groups, connect, and write the first datagram. */
  startProtocol(): void {}

  /**
   * Called with each datagram that arrives.
   *
   * @param _data - Payload, 0 … 65,527 bytes; it belongs to the protocol, which may keep or change it.
   * @param _from - Sender; frozen, and shared by all datagrams of that sender.
   * @param _arrival - Destination, interface, TTL and time; only on ports opened with `arrival: true`.
   */
  datagramReceived(_data: Buffer, _from: SocketAddress, _arrival?: Arrival): void | Promise<void> {}

  /**
   * Called with the datagrams of one wake-up of the socket, in order of arrival; replaces datagramReceived where it is defined. For speed:
   * the batch, and every view into it, is valid during the call only.
   */
  datagramsReceived?(batch: DatagramBatch): void;

  /** Called when the peer of a connected port answers that no socket listens there (ICMP port unreachable). The port stays open. */
  connectionRefused(): void {}

  /** Called when the port has stopped; the socket is closed after this returns. */
  stopProtocol(): void {}

  /** Returns the name of this protocol in the log. Default: the name of its class. */
  logPrefix(): string {
    return this.constructor.name;
  }
}

/** Checks that `protocol` is on no port. @throws StateError `ERR_ALREADY_LISTENING`. */
export function checkDetached(operation: string, protocol: object): void {
  if (ports.has(protocol)) throw new StateError(REACTOR_ERRORS.ERR_ALREADY_LISTENING, operation);
}

/** Returns the transport of `protocol`. @throws StateError `ERR_NOT_LISTENING`. */
export function transportOf(protocol: object): UDPTransport {
  return insidesOf(protocol, "get transport").transport;
}

/** Returns the port of `protocol`. @throws StateError `ERR_NOT_LISTENING`. */
export function insidesOf(protocol: object, operation: string): PortInsides {
  const port = ports.get(protocol);
  if (port === undefined) throw new StateError(REACTOR_ERRORS.ERR_NOT_LISTENING, operation);
  return port;
}

/** Puts `protocol` on `port`. */
export function attachTransport(protocol: object, port: PortInsides): void {
  ports.set(protocol, port);
}

/** Takes the transport away from `protocol`. */
export function detachTransport(protocol: object): void {
  ports.delete(protocol);
}
