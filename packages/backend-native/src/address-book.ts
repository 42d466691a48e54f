import { type Outcome, type SocketAddress, socketAddress } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import type { Addon } from "./addon.js";
import { ADDRESS } from "./batch-layout.js";
import { InternedAddresses } from "./interned-addresses.js";

const MAX_LITERALS = 4096;

/**
 * Translates addresses between the addon's words and IP literals, and remembers both directions, so that each is formatted and
 * parsed once.
 *
 * What names an interface is right only until interfaces change. Before the first such thing is remembered `watchChanges` is
 * called; if that is refused none is remembered. After each change {@link AddressBook.forget} must be called.
 */
export class AddressBook {
  readonly #addon: Addon;
  readonly #addresses: Int32Array; // the shared table: arguments and results of single calls
  readonly #watchChanges: () => boolean;
  readonly #peers = new InternedAddresses((words) => this.#make(words));
  readonly #destinations = new InternedAddresses((words) => this.#make(words));
  readonly #literals = new Map<string, Int32Array>();
  readonly #interfaceNames = new Map<number, string>();

  constructor(addon: Addon, addresses: Int32Array, watchChanges: () => boolean) {
    this.#addon = addon;
    this.#addresses = addresses;
    this.#watchChanges = watchChanges;
  }

  /** Forgets everything: interfaces may have other names or numbers now. */
  forget(): void {
    this.#peers.clear();
    this.#destinations.clear();
    this.#literals.clear();
    this.#interfaceNames.clear();
  }

  /** The address at `table[at …]`; the same object for the same peer. */
  peerAt(table: Int32Array, at: number): SocketAddress {
    return this.#peers.at(table, at);
  }

  /** The destination of a datagram at `table[at …]`, as an IP literal. */
  destinationAt(table: Int32Array, at: number): string {
    return this.#destinations.at(table, at).address;
  }

  /** The address that the last call left as its result; undefined when there is none. */
  result(): SocketAddress | undefined {
    return this.#addresses[ADDRESS.FAMILY] === 0 ? undefined : this.#peers.at(this.#addresses, 0);
  }

  /** Writes argument 0 or 1 of the next call; `undefined` as "none". -EINVAL: not an address; -ENODEV: no interface of that zone. */
  argument(index: 0 | 1, literal: string | undefined, port = 0): Outcome {
    const words = this.words(literal);
    if (typeof words === "number") return words;
    this.#addresses.set(words, index * ADDRESS.SIZE);
    this.#addresses[index * ADDRESS.SIZE + ADDRESS.PORT] = port;
    return 0;
  }

  /** The words of an IP literal, with port 0; `undefined` has family 0. The array must not be changed. */
  words(literal: string | undefined): Int32Array | Outcome {
    if (literal === undefined) return NO_ADDRESS;
    return this.#literals.get(literal) ?? this.#parse(literal);
  }

  /** The name of an interface, "" if it is gone. */
  interfaceName(index: number): string {
    const known = this.#interfaceNames.get(index);
    if (known !== undefined) return known;
    const remember = this.#watchChanges();
    const name = this.#addon.interface_name(index);
    if (remember && name !== "") this.#interfaceNames.set(index, name);
    return name;
  }

  #make(words: Int32Array): SocketAddress {
    this.#addresses.set(words);
    const literal = this.#addon.format_address();
    const scope = words[ADDRESS.SCOPE] as number;
    const zone = scope === 0 ? "" : `%${this.interfaceName(scope) || scope}`;
    return socketAddress(literal + zone, words[ADDRESS.PORT] as number);
  }

  #parse(literal: string): Int32Array | Outcome {
    const percent = literal.indexOf("%");
    if (this.#addon.parse_address(percent < 0 ? literal : literal.slice(0, percent)) < 0) return ERRNO.EINVAL;
    const words = this.#addresses.slice(0, ADDRESS.SIZE);
    let remember = true;
    if (percent >= 0) {
      remember = this.#watchChanges();
      const scope = this.#scopeOf(literal.slice(percent + 1));
      if (scope === 0) return ERRNO.ENODEV;
      words[ADDRESS.SCOPE] = scope;
    }
    if (this.#literals.size >= MAX_LITERALS) this.#literals.clear();
    if (remember) this.#literals.set(literal, words);
    return words;
  }

  /** A zone is the name of an interface or, where there is none of that name, its index (RFC 4007 11.2). */
  #scopeOf(zone: string): number {
    return this.#addon.interface_index(zone) || (/^\d+$/.test(zone) ? Number(zone) : 0);
  }
}

const NO_ADDRESS: Int32Array = new Int32Array(ADDRESS.SIZE);
