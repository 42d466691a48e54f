import { parseIpAddress, type WrittenAddress } from "./ip-address.js";

const MAX_ENTRIES = 8192; // some 4 MiB: a scan of many destinations, or groups that come and go, must not grow it without end

/** Keeps parsed addresses, so that the address of a datagram costs one look-up. */
export class ParsedAddresses {
  readonly #written = new Map<string, WrittenAddress>();

  /** Parses an IP literal, which the caller has checked. */
  parse(text: string): WrittenAddress {
    let written = this.#written.get(text);
    if (written === undefined) {
      if (this.#written.size >= MAX_ENTRIES) this.#written.clear();
      written = parseIpAddress(text);
      this.#written.set(text, written);
    }
    return written;
  }
}
