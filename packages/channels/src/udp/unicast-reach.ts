import type { MulticastTransport, Reactor, UDPTransport } from "groupcast";
import type { ChannelSource } from "../contract/channel-transport.js";

const KNOWN_MS = 1000; // a list of addresses that is older is read again

/**
 * The unicast of a transport, which goes no farther than its multicast: with TTL 0 to the addresses of this host alone. Whoever sends to the
 * channels' port from outside must not make a host answer that keeps its channels to itself.
 */
export class UnicastReach {
  /** TTL of unicast. */
  readonly ttl: number;
  readonly #reactor: Reactor;
  readonly #isLocal: boolean;
  #own: ReadonlySet<string> = new Set();
  #readMs = Number.NEGATIVE_INFINITY;

  constructor(reactor: Reactor, multicastTtl: number) {
    this.#reactor = reactor;
    this.#isLocal = multicastTtl === 0;
    this.ttl = Math.max(1, multicastTtl);
  }

  /** Writes a datagram to a participant; returns false when it is out of reach, or when the port does not take it. */
  write(port: UDPTransport | MulticastTransport, datagram: Buffer, { address, port: number }: ChannelSource): boolean {
    // Port number 0 is that of a sender who wants no answer (RFC 768), and nobody can be sent anything there.
    if (address === undefined || !number || !this.#reaches(address)) return false;
    return port.write(datagram, { address, port: number });
  }

  #reaches(address: string): boolean {
    if (!this.#isLocal) return true;
    const nowMs = this.#reactor.clock.nowMs();
    if (nowMs - this.#readMs >= KNOWN_MS) {
      this.#readMs = nowMs;
      this.#own = new Set(this.#reactor.network.interfaces().flatMap(({ addresses }) => addresses.map((own) => own.address)));
    }
    return this.#own.has(address);
  }
}
