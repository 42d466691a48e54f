import { isMulticast, type SocketAddress, socketAddress } from "@groupcast/backend";
import { InvalidArgumentError } from "@groupcast/base";
import { checkPort } from "../network/check-argument.js";
import { checkIP, isMappedGroup } from "../network/ip-literal.js";
import { checkPeerZone, checkZone, type InterfaceSource } from "../network/zone.js";
import { REACTOR_ERRORS } from "../reactor-errors.js";

/** A destination that has been checked once. */
export interface Contact {
  readonly address: SocketAddress;
  readonly isMulticast: boolean;
}

const MAX_CONTACTS = 4096; // enough for the peers of a busy server; about 1 MiB
const BROADCAST = "<broadcast>"; // the BSD and Twisted word for 255.255.255.255

/**
 * Checks destinations, and remembers those that passed: a datagram to a known peer costs two map look-ups, and none when it has the same
 * destination as the one before.
 *
 * Bounded: when it is full it is emptied, which costs one check per peer.
 */
export class AddressBook {
  readonly #interfaces: InterfaceSource;
  readonly #contacts = new Map<string, Map<number, Contact>>();
  #size = 0;
  #last: Contact | undefined; // most datagrams have the same destination as the one before
  #lastText: unknown;

  /** @param interfaces - Resolves the zones of addresses. */
  constructor(interfaces: InterfaceSource) {
    this.#interfaces = interfaces;
  }

  /**
   * Returns the checked destination.
   *
   * @throws InvalidArgumentError `ERR_ADDRESS_NOT_IP`, `ERR_ADDRESS_SCOPE`, `ERR_FAMILY_MISMATCH`, `ERR_PORT_RANGE`, `ERR_ARGUMENT_TYPE`.
   */
  find(operation: string, address: unknown, port: unknown): Contact {
    const last = this.#last;
    if (last !== undefined && address === this.#lastText && port === last.address.port) return last;
    const contact = this.#contacts.get(address as string)?.get(port as number) ?? this.#add(operation, address, port);
    this.#lastText = address;
    this.#last = contact;
    return contact;
  }

  /** Refuses a peer that needs a zone, unless the port is on a link. @throws InvalidArgumentError `ERR_ADDRESS_SCOPE`. */
  checkPeer(operation: string, peer: Contact, isOnLink: boolean): void {
    if (!peer.isMulticast) checkPeerZone(operation, peer.address.address, isOnLink, this.#interfaces);
  }

  /** Forgets everything: interfaces changed, so zones may mean other ones now. */
  clear(): void {
    this.#contacts.clear();
    this.#size = 0;
    this.#last = undefined;
  }

  #add(operation: string, text: unknown, port: unknown): Contact {
    const address = text === BROADCAST ? "255.255.255.255" : this.#canonical(operation, text);
    const contact = { address: socketAddress(address, checkPort(operation, port, 1)), isMulticast: isMulticast(address) };
    if (this.#size >= MAX_CONTACTS) this.clear();
    const ports = this.#contacts.get(text as string) ?? new Map<number, Contact>();
    this.#contacts.set(text as string, ports.set(contact.address.port, contact));
    this.#size++;
    return contact;
  }

  #canonical(operation: string, text: unknown): string {
    const literal = checkIP(operation, "address", text);
    if (!isMappedGroup(literal.address)) return checkZone(operation, "address", literal, this.#interfaces);
    const meaning = "is an IPv4 group, which the multicast options of an IPv6 port do not reach";
    const advice = "pass an IPv6 group, or open an IPv4 port for this one";
    throw new InvalidArgumentError(REACTOR_ERRORS.ERR_FAMILY_MISMATCH, { operation, argument: "address", value: text, meaning, advice });
  }
}
