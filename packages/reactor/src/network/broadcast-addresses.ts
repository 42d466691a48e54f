import type { InterfaceAddress, NetworkInterface } from "@groupcast/backend";

const LIMITED = "255.255.255.255"; // RFC 919
const MAPPED = "::ffff:"; // the form of an IPv4 address on a port for both versions (RFC 4291, 2.5.5.2)
const LONGEST_PREFIX = 30; // a longer one has no broadcast address: RFC 3021

/**
 * The broadcast addresses of the host. Each interface has those of its networks, whether it was given them or not: Linux adds the last
 * address, and before 5.14 the first (fib_add_ifaddr() of net/ipv4/fib_frontend.c). So 127.255.255.255 is one.
 */
export class BroadcastAddresses {
  #interfaces: readonly NetworkInterface[] | undefined;
  #addresses: ReadonlySet<string> = new Set();

  /** Returns whether `address` is one, while the host has these interfaces. */
  has(address: string, interfaces: readonly NetworkInterface[]): boolean {
    if (interfaces !== this.#interfaces) {
      this.#interfaces = interfaces;
      this.#addresses = broadcastsOf(interfaces);
    }
    return this.#addresses.has(address.startsWith(MAPPED) ? address.slice(MAPPED.length) : address);
  }
}

function broadcastsOf(interfaces: readonly NetworkInterface[]): ReadonlySet<string> {
  const own = interfaces.flatMap(({ addresses }) => addresses).filter(({ family }) => family === 4);
  const broadcasts = new Set([LIMITED, ...own.flatMap(endsOf)]);
  for (const { address } of own) broadcasts.delete(address); // since 5.14 a host may have the first one
  return broadcasts;
}

function endsOf({ address, prefixLength, broadcast = LIMITED }: InterfaceAddress): string[] {
  if (prefixLength > LONGEST_PREFIX) return [broadcast];
  const bits = address.split(".").reduce((number, byte) => number * 256 + Number(byte), 0);
  const size = 2 ** (32 - prefixLength);
  const first = bits - (bits % size);
  return [broadcast, textOf(first), textOf(first + size - 1)];
}

function textOf(bits: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(bits / 2 ** shift) % 256).join(".");
}
