/** The ports of a host and the sockets that hold them. */
import type { Outcome, Steering } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import type { Random } from "../network/random.js";
import type { Endpoint, Flow } from "./endpoint.js";
import { type Payload, steeredPlace } from "./steered-place.js";

const HASH_PRIME = 0x0100_0193; // FNV-1a, 32 bits (draft-eastlake-fnv)
const HASH_BASIS = 0x811c_9dc5;
const NO_SOCKETS: readonly never[] = [];

/** A socket, as far as ports are concerned. */
export interface PortHolder {
  readonly endpoint: Endpoint;
}

export class PortTable<Socket extends PortHolder> {
  readonly #sockets = new Map<number, readonly Socket[]>(); // by port, those that are found first last
  readonly #shared = new Map<Socket, number>(); // sockets with SO_REUSEPORT → their place among those of the number
  readonly #steerings = new Map<Socket, Steering>();
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
    if (endpoint.isReusingPort) this.#joinTwins(socket);
    // IPv6 sockets with SO_REUSEPORT go to the far end of the list (sk_add_node_rcu of include/net/sock.h): others are found before them.
    const isLast = endpoint.family === 6 && endpoint.isReusingPort;
    this.#sockets.set(claimed, isLast ? [socket, ...this.holders(claimed)] : [...this.holders(claimed), socket]);
    return 0;
  }

  release(socket: Socket): void {
    const { port } = socket.endpoint;
    this.#leaveTwins(socket);
    const rest = this.holders(port).filter((other) => other !== socket);
    if (rest.length === 0) this.#sockets.delete(port);
    else this.#sockets.set(port, rest);
  }

  /** Returns the one socket that gets a unicast datagram: the best fit, of equals the last one bound, or by flow within SO_REUSEPORT. */
  unicast(flow: Flow & Partial<Payload>, interfaceIndex: number): Socket | undefined {
    let best: Socket | undefined;
    let bestScore = -1;
    for (const socket of this.holders(flow.destinationPort)) {
      const score = socket.endpoint.score(flow, interfaceIndex);
      if (score < 0 || score < bestScore) continue;
      best = socket;
      bestScore = score;
    }
    if (best === undefined || best.endpoint.peer !== undefined || !best.endpoint.isReusingPort) return best;
    return this.#chosen(best, flow);
  }

  /** Steers what arrives for the sockets that share the number with `socket`. A socket that was bound without SO_REUSEPORT is EINVAL. */
  steer(socket: Socket, steering: Steering): Outcome {
    if (!this.#shared.has(socket)) return ERRNO.EINVAL;
    for (const twin of this.#twins(socket)) this.#steerings.set(twin, steering);
    return 0;
  }

  /** Asks the newest first; a socket that shares by SO_REUSEPORT ends the search, even if an older one is in the way (`udp_lib_lport_inuse`). */
  #isRefused(endpoint: Endpoint, port: number): boolean {
    const blocking = this.holders(port).findLast(({ endpoint: other }) => !other.sharesAddressWith(endpoint));
    return blocking !== undefined && !blocking.endpoint.sharesFlowsWith(endpoint);
  }

  #chosen(best: Socket, flow: Flow & Partial<Payload>): Socket {
    const twins = this.#twins(best);
    const steering = this.#steerings.get(best);
    const place = steering === undefined ? undefined : steeredPlace(steering, flow);
    const steered = place === undefined ? undefined : twins[place];
    return steered ?? twins[flowHash(flow) % twins.length] ?? best;
  }

  /** Returns the sockets over which unicast is spread with `socket`, itself among them, by their place. */
  #twins(socket: Socket): readonly Socket[] {
    const twins = this.holders(socket.endpoint.port).filter(({ endpoint }) => socket.endpoint.isTwinOf(endpoint));
    return twins.sort((one, other) => (this.#shared.get(one) ?? 0) - (this.#shared.get(other) ?? 0));
  }

  /** A new socket takes the last place, and the steering of the others (`reuseport_add_sock` of net/core/sock_reuseport.c). */
  #joinTwins(socket: Socket): void {
    const twins = this.#twins(socket);
    const last = twins.at(-1);
    this.#shared.set(socket, last === undefined ? 0 : (this.#shared.get(last) ?? 0) + 1);
    const steering = last && this.#steerings.get(last);
    if (steering !== undefined) this.#steerings.set(socket, steering);
  }

  /** The last socket takes the place of one that leaves (`__reuseport_detach_sock`). */
  #leaveTwins(socket: Socket): void {
    const last = this.#shared.has(socket) ? this.#twins(socket).at(-1) : undefined;
    if (last !== undefined && last !== socket) this.#shared.set(last, this.#shared.get(socket)!);
    this.#shared.delete(socket);
    this.#steerings.delete(socket);
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
