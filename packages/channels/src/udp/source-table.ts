import type { SocketAddress } from "groupcast";
import type { ChannelSource } from "../contract/channel-transport.js";

/** Addresses as sources of packets. Each address has one object, as in the reactor. */
export class SourceTable {
  readonly #sources = new WeakMap<SocketAddress, ChannelSource>();

  /** Returns the source of datagrams from an address. */
  of(from: SocketAddress): ChannelSource {
    const known = this.#sources.get(from);
    if (known !== undefined) return known;
    const { address, port } = from;
    const source = Object.freeze({ id: `${address}:${port}`, address, port });
    this.#sources.set(from, source);
    return source;
  }
}
