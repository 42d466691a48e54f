/** Checks and facts of an address that its text alone decides. */

import { isIPv6, SocketAddress as NodeSocketAddress } from "node:net";
import { BACKEND_ERRORS, type Family, isMulticast, withoutZone, zoneOf } from "@groupcast/backend";
import { InvalidArgumentError, wrongType } from "@groupcast/base";
import { REACTOR_ERRORS } from "../reactor-errors.js";

/** IPv4 literals as `isIPv4` of `node:net` has them. Nobody asks that module for them, because loading it, with the streams, takes some 4 ms. */
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

const MAPPED = "::ffff:"; // canonical, with the IPv4 address in dots behind it

/** Parts of an IP literal. */
export interface IPLiteral {
  /** Canonical text (RFC 5952), without zone. */
  readonly address: string;
  readonly family: Family;
  /** Text after the `%`. */
  readonly zone: string | undefined;
}

/** Returns the parts of `text`; undefined when it is no IP literal. */
export function parseIP(text: string): IPLiteral | undefined {
  if (IPV4.test(text)) return { address: text, family: 4, zone: undefined };
  return text.includes(":") ? parseIPv6(text) : undefined;
}

function parseIPv6(text: string): IPLiteral | undefined {
  if (!isIPv6(text)) return undefined;
  const { address } = new NodeSocketAddress({ address: withoutZone(text), family: "ipv6" }); // one spelling for each address (RFC 5952)
  return { address, family: 6, zone: zoneOf(text) };
}

/** Like {@link parseIP}, and refuses other values. @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`, `ERR_ADDRESS_NOT_IP`. */
export function checkIP(operation: string, argument: string, value: unknown): IPLiteral {
  if (typeof value !== "string") throw wrongType(operation, argument, value, expectedAddress(argument));
  const literal = parseIP(value);
  if (literal === undefined) throw new InvalidArgumentError(BACKEND_ERRORS.ERR_ADDRESS_NOT_IP, { operation, argument, value });
  return literal;
}

function expectedAddress(argument: string): string {
  return argument === "group" ? 'a group as a string, such as "239.255.0.1"' : 'an IP address as a string, such as "192.0.2.1"';
}

/**
 * Returns whether `address` is an IPv4 group as an IPv6 socket spells it (RFC 4291, 2.5.5.2). The IPv6 options of the socket (TTL, loopback
 * mode, interface) do not apply to such a group.
 */
export function isMappedGroup(address: string): boolean {
  return address.startsWith(MAPPED) && isMulticast(address.slice(MAPPED.length));
}

/** Returns the parts of a group of `family`. @throws InvalidArgumentError as {@link checkIPOf}, and `ERR_NOT_MULTICAST`. */
export function checkGroup(operation: string, value: unknown, family: Family): IPLiteral {
  const literal = checkIPOf(operation, "group", value, family);
  if (!isMulticast(literal.address))
    throw new InvalidArgumentError(REACTOR_ERRORS.ERR_NOT_MULTICAST, { operation, argument: "group", value });
  return literal;
}

/**
 * Returns the unicast address of a sender of `family`, without its zone: the interface of the membership says it already.
 *
 * @throws InvalidArgumentError as {@link checkIPOf}, and `ERR_SOURCE_IS_MULTICAST`.
 */
export function checkSource(operation: string, value: unknown, family: Family): string {
  const literal = checkIPOf(operation, "source", value, family);
  if (isMulticast(literal.address))
    throw new InvalidArgumentError(REACTOR_ERRORS.ERR_SOURCE_IS_MULTICAST, { operation, argument: "source", value });
  return literal.address;
}

/** Like {@link checkIP}, and refuses addresses that a port of `family` cannot use. @throws InvalidArgumentError `ERR_FAMILY_MISMATCH`. */
function checkIPOf(operation: string, argument: string, value: unknown, family: Family): IPLiteral {
  const literal = checkIP(operation, argument, value);
  if (literal.family === family) return literal;
  throw otherFamily(operation, argument, literal.address, family);
}

/** Makes the error about an address that a port of `family` cannot use. */
export function otherFamily(
  operation: string,
  argument: string,
  value: string,
  family: Family,
): InvalidArgumentError<"ERR_FAMILY_MISMATCH"> {
  const meaning = `is an IPv${family === 4 ? 6 : 4} address, and the port is IPv${family}`;
  const what = isMulticast(value) ? "group" : "address";
  const advice = family === 4 ? `pass an IPv4 ${what}, or listen with interface: "::"` : adviceForIPv6(value);
  return new InvalidArgumentError(REACTOR_ERRORS.ERR_FAMILY_MISMATCH, { operation, argument, value, meaning, advice });
}

function adviceForIPv6(value: string): string {
  return isMulticast(value)
    ? "pass an IPv6 group, or open an IPv4 port for this one"
    : `pass an IPv6 address: this one is written ${MAPPED}${value}`;
}
