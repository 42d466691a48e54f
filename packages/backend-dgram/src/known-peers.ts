import { type SocketAddress, socketAddress } from "@groupcast/backend";

const MAX_PEERS = 1024; // a client per port of a busy server; forgetting them costs one object each, no more

/** Gives every peer one {@link SocketAddress} object for as long as it keeps sending. */
export class KnownPeers {
  readonly #byEndpoint = new Map<string, SocketAddress>();
  #last: SocketAddress | undefined;

  find(address: string, port: number): SocketAddress {
    if (this.#last?.port === port && this.#last.address === address) return this.#last;
    const endpoint = `${address}|${port}`;
    const known = this.#byEndpoint.get(endpoint) ?? this.#remember(endpoint, socketAddress(address, port));
    this.#last = known;
    return known;
  }

  #remember(endpoint: string, peer: SocketAddress): SocketAddress {
    if (this.#byEndpoint.size === MAX_PEERS) this.#byEndpoint.clear();
    this.#byEndpoint.set(endpoint, peer);
    return peer;
  }
}
