import { type DatagramSocket, type Family, formatEndpoint, type SocketAddress } from "@groupcast/backend";
import { BASE_ERRORS, InvalidArgumentError, preview, StateError, SystemError } from "@groupcast/base";
import { otherFamily } from "../network/ip-literal.js";
import { REACTOR_ERRORS } from "../reactor-errors.js";
import type { Destination } from "../transport.js";
import type { AddressBook, Contact } from "./address-book.js";

/**
 * Finds the destination of a port's datagrams: the peer that the port is connected to, or the one that each datagram names.
 *
 * A multicast group is a peer in name only: the socket is not connected to it. connect(2) would fix the source address before the
 * outgoing interface is known, and from then on Linux leaves by the interface that owns the address, whatever the route says
 * (ip_route_connect(), include/net/route.h).
 */
export class Peer {
  readonly #socket: DatagramSocket;
  readonly #book: AddressBook;
  readonly #family: Family;
  readonly #isOnLink: () => boolean;
  #contact: Contact | undefined;

  /**
   * @param peer - The peer that the socket has already; only an adopted one may have it.
   * @param isOnLink - Returns whether the socket is bound to an interface.
   */
  constructor(socket: DatagramSocket, book: AddressBook, peer: SocketAddress | undefined, isOnLink: () => boolean) {
    this.#socket = socket;
    this.#book = book;
    this.#isOnLink = isOnLink;
    this.#family = socket.family;
    if (peer !== undefined) this.#contact = { address: peer, isMulticast: false };
  }

  /** The peer that the port is connected to. */
  get contact(): Contact | undefined {
    return this.#contact;
  }

  /** Whether the kernel lets in this peer's datagrams only. */
  get isExclusive(): boolean {
    return this.#contact !== undefined && !this.#contact.isMulticast;
  }

  /** Connects; `connect` of {@link UDPTransport} documents the errors. */
  connect(operation: string, address: string, port: number): void {
    const contact = this.#find(operation, address, port);
    if (this.#contact !== undefined) throw alreadyConnected(operation, { address, port }, this.#contact.address);
    if (!contact.isMulticast) {
      this.#book.checkPeer("connect", contact, this.#isOnLink());
      const errno = this.#socket.connect(contact.address);
      if (errno < 0) throw new SystemError(REACTOR_ERRORS.ERR_CONNECT, { operation, errno, address, port });
    }
    this.#contact = contact;
  }

  /** Undoes `connect`. @throws StateError `ERR_NOT_CONNECTED`. @throws SystemError `ERR_CONNECT`. */
  disconnect(): void {
    if (this.#contact === undefined) throw new StateError(REACTOR_ERRORS.ERR_NOT_CONNECTED, "disconnect");
    if (!this.#contact.isMulticast) {
      const errno = this.#socket.disconnect();
      if (errno < 0) throw new SystemError(REACTOR_ERRORS.ERR_CONNECT, { operation: "disconnect", errno });
    }
    this.#contact = undefined;
  }

  /** Returns the destination of a datagram written with `to`. @throws InvalidArgumentError as `write` documents. */
  destination(operation: string, to: Destination | undefined): Contact {
    const peer = this.#contact;
    if (to === undefined || to === null) {
      if (peer !== undefined) return peer;
      throw new InvalidArgumentError(REACTOR_ERRORS.ERR_NO_DESTINATION, { operation, argument: "to", value: to, shown: "the destination" });
    }
    if (typeof to !== "object") throw noDestination(operation, to);
    const contact = this.#find(operation, to.address, to.port);
    if (peer === undefined) return contact;
    if (contact.address.address === peer.address.address && contact.address.port === peer.address.port) return peer;
    throw notThePeer(operation, to, peer.address);
  }

  #find(operation: string, address: unknown, port: unknown): Contact {
    const contact = this.#book.find(operation, address, port);
    if (contact.address.family === this.#family) return contact;
    throw otherFamily(operation, "address", contact.address.address, this.#family);
  }
}

function alreadyConnected(operation: string, to: Destination, peer: SocketAddress): StateError {
  const reason = `the port is already connected to ${formatEndpoint(peer)}`;
  return new StateError(REACTOR_ERRORS.ERR_ALREADY_CONNECTED, operation, to, { reason });
}

function noDestination(operation: string, to: unknown): InvalidArgumentError {
  const shown = `the destination ${preview(to)}`;
  const wrong = { operation, argument: "to", value: to, shown, expected: "{ address, port }" };
  return new InvalidArgumentError(BASE_ERRORS.ERR_ARGUMENT_TYPE, wrong);
}

function notThePeer(operation: string, to: Destination, peer: SocketAddress): InvalidArgumentError {
  const shown = `the destination ${formatEndpoint(to)}`;
  const meaning = `is not ${formatEndpoint(peer)}, to which this port is connected`;
  return new InvalidArgumentError(REACTOR_ERRORS.ERR_DESTINATION_FIXED, { operation, argument: "to", value: to, shown, meaning });
}
