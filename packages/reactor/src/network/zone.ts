import { type NetworkInterface, needsZone, type Outcome } from "@groupcast/backend";
import { choiceAdvice, InvalidArgumentError } from "@groupcast/base";
import { REACTOR_ERRORS } from "../reactor-errors.js";
import type { ParsedSelector } from "./interface-selector.js";
import type { IPLiteral } from "./ip-literal.js";

/** List of the host's interfaces. */
export interface InterfaceSource {
  /** Returns the interfaces that `selector` means now; a negative errno when the OS does not list them. */
  select(selector: ParsedSelector): readonly NetworkInterface[] | Outcome;
  /** Returns the interfaces that are known. */
  current(): readonly NetworkInterface[];
}

/**
 * Returns the canonical text of `literal`, its zone as an interface's name.
 *
 * A zone is a name or an index (RFC 4007, 11). An unknown zone must never mean "default". When the OS does not list the interfaces, the
 * zone stays as it was written, and the call that uses the address is refused.
 *
 * @throws InvalidArgumentError `ERR_ADDRESS_SCOPE`.
 */
export function checkZone(operation: string, argument: string, { address, zone }: IPLiteral, interfaces: InterfaceSource): string {
  if (zone === undefined) return address;
  const named = interfaces.select({ by: "name", name: zone });
  const found = typeof named === "object" && named.length === 0 && isIndex(zone) ? interfaces.select(byIndex(zone)) : named;
  if (typeof found === "number") return `${address}%${zone}`;
  if (found[0] !== undefined) return `${address}%${found[0].name}`;
  const meaning = `has the zone "${zone}", which is not an interface of this host`;
  const advice = zoneAdvice(zone, interfaces);
  throw new InvalidArgumentError(REACTOR_ERRORS.ERR_ADDRESS_SCOPE, { operation, argument, value: `${address}%${zone}`, meaning, advice });
}

/**
 * Like {@link checkZone}, for an address to bind: one of link scope needs its zone there, because the kernel asks no route
 * (`__inet6_bind()` of net/ipv6/af_inet6.c: EINVAL).
 *
 * @throws InvalidArgumentError `ERR_ADDRESS_SCOPE`.
 */
export function checkBindZone(operation: string, argument: string, literal: IPLiteral, interfaces: InterfaceSource): string {
  const { address, zone } = literal;
  if (zone !== undefined || !needsZone(address)) return checkZone(operation, argument, literal, interfaces);
  throw missingZone(operation, argument, address, interfaces);
}

/**
 * Refuses a unicast peer of link scope without its zone, as the kernel does (`__ip6_datagram_connect()` of net/ipv6/datagram.c: EINVAL), unless
 * the port itself is on a link.
 *
 * @throws InvalidArgumentError `ERR_ADDRESS_SCOPE`.
 */
export function checkPeerZone(operation: string, peer: string, isOnLink: boolean, interfaces: InterfaceSource): void {
  if (needsZone(peer) && !peer.includes("%") && !isOnLink) throw missingZone(operation, "address", peer, interfaces);
}

function missingZone(operation: string, argument: string, address: string, interfaces: InterfaceSource): InvalidArgumentError {
  const found = interfaces.select({ by: "all" });
  const names = typeof found === "object" ? found.filter(({ flags }) => !flags.loopback).map(({ name }) => name) : [];
  const examples = names.length === 0 ? [`${address}%eth0`] : names.map((name) => `${address}%${name}`);
  const meaning = "has no zone, and is valid on one link only";
  const advice = `write the interface of its link after it: ${examples.map((example) => `"${example}"`).join(" or ")}`;
  return new InvalidArgumentError(REACTOR_ERRORS.ERR_ADDRESS_SCOPE, { operation, argument, value: address, meaning, advice });
}

function zoneAdvice(zone: string, interfaces: InterfaceSource): string {
  const found = interfaces.select({ by: "all" });
  const names = typeof found === "object" ? found.map(({ name }) => name) : [];
  return names.length === 0 || isIndex(zone) ? REACTOR_ERRORS.ERR_ADDRESS_SCOPE.remedy : choiceAdvice(zone, names);
}

function isIndex(zone: string): boolean {
  return /^[1-9]\d*$/.test(zone);
}

function byIndex(zone: string): ParsedSelector {
  return { by: "index", index: Number(zone) };
}
