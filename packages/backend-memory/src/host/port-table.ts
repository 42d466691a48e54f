/** The ports of a host and the sockets that hold them. */
import type { Outcome } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import type { Random } from "../network/random.js";
import type { Endpoint, Flow } from "./endpoint.js";

const HASH_PRIME = 0x0100_0193; // FNV-1a, 32 bits (draft-eastlake-fnv)
const HASH_BASIS = 0x811c_9dc5;
const NO_SOCKETS: readonly never[] = [];

/** A socket, as far as ports are concerned. */
export interface PortHolder {
  readonly endpoint: Endpoint;
}

export class PortTable<Socket extends PortHolder> {
  readonly #sockets = new Map<number, readonly Socket[]>(); // by port, those that are found first last
  readonly #random: Random;
  readonly #ephemeral: readonly [first: number, last: number];

  constructor(random: Random, ephemeral: readonly [first: number, last: number]) {
    this.#random = random;
    this.#ephemeral = ephemeral;
  }

  /** Returns the sockets that hold `port`. */
  holders(port: number): readonly Socket[] {
    return this.#sockets.get(port) ?? NO_SOCKETS;
  }

  /** Gives `port` to the socket, or a free one by chance if it is 0. */
  claim(socket: Socket, port: number): Outcome {
    const { endpoint } = socket;
    const claimed = port === 0 ? this.#freePort() : port;
    if (claimed === undefined) return ERRNO.EADDRINUSE;
    if (this.#isRefused(endpoint, claimed)) return ERRNO.EADDRINUSE;
    endpoint.port = claimed;
    // IPv6 sockets with SO_REUSEPORT go to the far end of the list (sk_add_node_rcu of include/net/sock.h): others are found before them.
    const isLast = endpoint.family === 6 && endpoint.isReusingPort;
    this.#sockets.set(claimed, isLast ? [socket, ...this.holders(claimed)] : [...this.holders(claimed), socket]);
    return 0;
  }

  release(socket: Socket): void {
    const { port } = socket.endpoint;
    const rest = this.holders(port).filter((other) => other !== socket);
    if (rest.length === 0) this.#sockets.delete(port);
    else this.#sockets.set(port, rest);
  }

  /** Returns the one socket that gets a unicast datagram: the best fit, of equals the last one bound, or by flow within SO_REUSEPORT. */
  unicast(flow: Flow, interfaceIndex: number): Socket | undefined {
    let best: Socket | undefined;
    let bestScore = -1;
    for (const socket of this.holders(flow.destinationPort)) {
      const score = socket.endpoint.score(flow, interfaceIndex);
      if (score < 0 || score < bestScore) continue;
      best = socket;
      bestScore = score;
    }
    if (best === undefined || best.endpoint.peer !== undefined || !best.endpoint.isReusingPort) return best;
    return this.#chosenByFlow(best, flow);
  }

  /** Asks the newest first; a socket that shares by SO_REUSEPORT ends the search, even if an older one is in the way (`udp_lib_lport_inuse`). */
  #isRefused(endpoint: Endpoint, port: number): boolean {
    const blocking = this.holders(port).findLast(({ endpoint: other }) => !other.sharesAddressWith(endpoint));
    return blocking !== undefined && !blocking.endpoint.sharesFlowsWith(endpoint);
  }

  #chosenByFlow(best: Socket, flow: Flow): Socket {
    const twins = this.holders(flow.destinationPort).filter(({ endpoint }) => best.endpoint.isTwinOf(endpoint));
    return twins[flowHash(flow) % twins.length] ?? best;
  }

  /** Returns a port that no socket holds. Linux may give one port to several sockets that could share it; here they never get the same by chance. */
  #freePort(): number | undefined {
    const [first, last] = this.#ephemeral;
    const count = last - first + 1;
    const start = this.#random.below(count);
    for (let step = 0; step < count; step++) {
      const port = first + ((start + step) % count);
      if (!this.#sockets.has(port)) return port;
    }
    return undefined;
  }
}

function flowHash({ source, sourcePort, destination, destinationPort }: Flow): number {
  let hash = HASH_BASIS;
  const mix = (byte: number): void => {
    hash = Math.imul(hash ^ byte, HASH_PRIME);
  };
  for (const byte of source.bytes) mix(byte);
  for (const byte of destination.bytes) mix(byte);
  for (const port of [sourcePort, destinationPort]) {
    mix(port >> 8);
    mix(port & 0xff);
  }
  return (hash ^ (hash >>> 15)) >>> 0;
}
