/** Rule by which one of several sockets on a number is chosen for each unicast datagram. Sockets count from 0, in the order of their bind. */
export type Steering = SteeringByCpu | SteeringBySource | SteeringByPayload;

/** By the CPU that the kernel handles the datagram on: socket number `CPU modulo ports`. */
export interface SteeringByCpu {
  /** Discriminator. */
  readonly by: "cpu";
  /** Number of ports that share the number, 1 … 65,535. */
  readonly ports: number;
}

/** By the address of the sender, without its port: all datagrams of one address go to one socket. */
export interface SteeringBySource {
  /** Discriminator. */
  readonly by: "source";
  /** Number of ports that share the number, 1 … 65,535. */
  readonly ports: number;
}

/**
 * By a key in the payload. A key of 1 to 4 bytes is a number, the highest byte first, and goes to socket number `key modulo ports`; a longer
 * one is hashed. A datagram that ends before its key does goes where it would go without steering: its flow chooses.
 */
export interface SteeringByPayload {
  /** Discriminator. */
  readonly by: "payload";
  /** Offset of the key in the payload, 0 … 65,526 bytes. */
  readonly offsetBytes: number;
  /** Length of the key, 1 … 64 bytes. */
  readonly lengthBytes: number;
  /** Number of ports that share the number, 1 … 65,535. */
  readonly ports: number;
}

/** Largest number of sockets that Linux spreads one number over: `__reuseport_alloc` and `reuseport_grow` of net/core/sock_reuseport.c. */
export const MAX_STEERED_PORTS = 65_535;

/** Longest key of {@link SteeringByPayload}, in bytes. */
export const MAX_STEERING_KEY_BYTES = 64;

/** Longest key that is a number, in bytes; longer ones are hashed. */
export const MAX_STEERING_NUMBER_BYTES = 4;

const PRIME = 0x9e37_79b1; // the odd number next to 2^32 divided by the golden ratio

/** Steps of the hash of a long key, word by word. Backends that compute it elsewhere build it of the same numbers. */
export const STEERING_HASH: { readonly prime: number; readonly shiftBits: number } = Object.freeze({ prime: PRIME, shiftBits: 15 });

/** Returns the hash of `words`, 0 … 2^32 - 1: for backends that steer by themselves. */
export function steeringHash(words: Iterable<number>): number {
  let hash = 0;
  for (const word of words) {
    hash = Math.imul(hash ^ word, STEERING_HASH.prime);
    hash ^= hash >>> STEERING_HASH.shiftBits;
  }
  return hash >>> 0;
}
