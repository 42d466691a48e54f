import { type Family, familyOf, zoneOf } from "./ip-facts.js";

/**
 * One end of a UDP exchange.
 *
 * Shape: `address` is an IP literal, never a host name; IPv6 is compressed as in RFC 5952 and carries its zone where it has one
 * (`fe80::1%eth0`), so `{ address, port }` alone is enough to answer. `scope` repeats that zone. Frozen: one object stands for
 * every datagram of a peer, so it is safe to keep and must not be changed.
 */
export interface SocketAddress {
  /** IP literal; IPv6 with its zone where it has one. */
  readonly address: string;
  /** Port number, 0 … 65,535. */
  readonly port: number;
  /** IP version. */
  readonly family: Family;
  /** Zone of `address`: the name of an interface. */
  readonly scope?: string;
}

/** Makes a frozen {@link SocketAddress}. The caller has checked `address` and `port`. */
export function socketAddress(address: string, port: number): SocketAddress {
  const family = familyOf(address);
  const scope = zoneOf(address);
  return Object.freeze(scope === undefined ? { address, port, family } : { address, port, family, scope });
}

/** Returns the unspecified address of `family`, which binds to every local address: `0.0.0.0` or `::`. */
export function anyAddress(family: Family): string {
  return family === 4 ? "0.0.0.0" : "::";
}

/** Returns an endpoint as people write it: `192.0.2.1:9`, `[fe80::1%eth0]:9`. */
export function formatEndpoint(endpoint: Pick<SocketAddress, "address" | "port">): string {
  return familyOf(endpoint.address) === 6 ? `[${endpoint.address}]:${endpoint.port}` : `${endpoint.address}:${endpoint.port}`;
}
