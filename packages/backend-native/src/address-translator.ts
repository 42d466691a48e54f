import { type Outcome, type SocketAddress, socketAddress, withoutZone, zoneOf } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import type { Addon } from "./addon.js";
import { ADDRESS } from "./batch-layout.js";
import { InternedAddresses } from "./interned-addresses.js";

const MAX_LITERALS = 4096;

/**
 * Translates addresses between the addon's words and IP literals. It remembers both directions, so that each address is formatted and
 * parsed once.
 *
 * An address that names an interface is right only until interfaces change. The translator calls `watchChanges` before it remembers the
 * first one; if the watch is refused, it remembers none. The owner calls {@link AddressTranslator.forget} after each change.
 */
export class AddressTranslator {
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

  /** Forgets all addresses and names: interfaces may have other names or numbers now. */
  forget(): void {
    this.#peers.clear();
    this.#destinations.clear();
    this.#literals.clear();
    this.#interfaceNames.clear();
  }

  /** Returns the address at `table[offset …]`; the same object for the same peer. */
  peerAt(table: Int32Array, offset: number): SocketAddress {
    return this.#peers.at(table, offset);
  }

  /** Returns the destination of a datagram at `table[offset …]` as an IP literal. */
  destinationAt(table: Int32Array, offset: number): string {
    return this.#destinations.at(table, offset).address;
  }

  /** Returns the address that the last call left as its result, or `undefined` if it left none. */
  result(): SocketAddress | undefined {
    return this.#addresses[ADDRESS.FAMILY] === 0 ? undefined : this.#peers.at(this.#addresses, 0);
  }

  /** Writes argument 0 or 1 of the next call; `undefined` stands for none. `-EINVAL`: no address; `-ENODEV`: no interface has that zone. */
  argument(index: 0 | 1, literal: string | undefined, port = 0): Outcome {
    const words = this.words(literal);
    if (typeof words === "number") return words;
    this.#addresses.set(words, index * ADDRESS.SIZE);
    this.#addresses[index * ADDRESS.SIZE + ADDRESS.PORT] = port;
    return 0;
  }

  /** Like `argument(0, group)`, and does not remember it: thousands of groups, each named once, would push out the peers. */
  groupArgument(group: string): Outcome {
    const outcome = this.#addon.parse_address(group); // leaves the words where argument 0 is
    return outcome < 0 ? this.argument(0, group) : outcome; // with a zone, perhaps
  }

  /** Returns the words of an IP literal, with port 0; `undefined` has family 0. The caller must not change the array. */
  words(literal: string | undefined): Int32Array | Outcome {
    if (literal === undefined) return NO_ADDRESS;
    return this.#literals.get(literal) ?? this.#parse(literal);
  }

  /** Returns the name of an interface, "" if it is gone, or `undefined` if the OS does not say, as without free descriptors. */
  interfaceName(index: number): string | undefined {
    const known = this.#interfaceNames.get(index);
    if (known !== undefined) return known;
    const remember = this.#watchChanges();
    const name = this.#addon.interface_name(index);
    if (typeof name === "number") return undefined;
    if (remember && name !== "") this.#interfaceNames.set(index, name);
    return name;
  }

  #make(words: Int32Array): SocketAddress {
    this.#addresses.set(words);
    const literal = this.#addon.format_address();
    const scope = words[ADDRESS.SCOPE]!;
    const zone = scope === 0 ? "" : `%${this.interfaceName(scope) || scope}`;
    return socketAddress(literal + zone, words[ADDRESS.PORT]!);
  }

  #parse(literal: string): Int32Array | Outcome {
    const zone = zoneOf(literal);
    if (this.#addon.parse_address(withoutZone(literal)) < 0) return ERRNO.EINVAL;
    const words = this.#addresses.slice(0, ADDRESS.SIZE);
    let remember = true;
    if (zone !== undefined) {
      remember = this.#watchChanges();
      const scope = this.#scopeOf(zone);
      if (scope < 0) return scope;
      words[ADDRESS.SCOPE] = scope;
    }
    if (this.#literals.size >= MAX_LITERALS) this.#literals.clear();
    if (remember) this.#literals.set(literal, words);
    return words;
  }

  /** Returns the index of a zone: the name of an interface or, if no interface has that name, an index (RFC 4007 11.2). */
  #scopeOf(zone: string): number | Outcome {
    const index = this.#addon.interface_index(zone);
    const number = /^\d+$/.test(zone) ? Number(zone) : 0;
    return index < 0 && number > 0 ? number : index;
  }
}

const NO_ADDRESS: Int32Array = new Int32Array(ADDRESS.SIZE);
