import { BACKEND_ERRORS, type Family, type NetworkInterface } from "@groupcast/backend";
import { choiceAdvice, InvalidArgumentError, outOfRange, wrongType } from "@groupcast/base";
import { parseIP } from "./ip-literal.js";

/** Names a network interface: by name (`"eth0"`), by one of its addresses, by index, or as `network.interfaces()` returned it. */
export type InterfaceSelector = string | number | NetworkInterface;

/** A selector as the reactor keeps it: checked, and comparable as text. */
export type ParsedSelector =
  | { readonly by: "default" | "all" }
  | { readonly by: "name" | "address"; readonly name: string }
  | { readonly by: "index"; readonly index: number };

const MAX_INDEX = 0x7fff_ffff; // an int in C (if_nametoindex(3))
const UNSPECIFIED = new Set(["", "default", "0.0.0.0", "::"]); // Twisted's and the kernel's words for "any"

/**
 * Parses a selector; does not check that the interface exists.
 *
 * @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`, `ERR_ARGUMENT_RANGE`, `ERR_INTERFACE_UNKNOWN`.
 */
export function parseSelector(operation: string, value: unknown, argument = "interface"): ParsedSelector {
  if (typeof value === "string") return parseText(operation, argument, value);
  if (typeof value === "number") return parseIndex(operation, argument, value);
  const name = typeof value === "object" && value !== null ? (value as { name?: unknown }).name : undefined;
  if (typeof name === "string" && name !== "") return { by: "name", name };
  throw wrongType(operation, argument, value, "the name, an address or the index of an interface, or one of network.interfaces()");
}

/** Like {@link parseSelector}, and accepts `"all"` and undefined, too. */
export function parseJoinSelector(operation: string, value: unknown): ParsedSelector {
  if (value === undefined) return { by: "default" };
  if (value === "all") return { by: "all" };
  const areOptions = typeof value === "object" && value !== null && ("source" in value || "whenAvailable" in value);
  if (areOptions) throw wrongType(operation, "interface", value, 'an interface or "all" here, and the options as the third argument');
  return parseSelector(operation, value);
}

/**
 * Like {@link parseSelector}, for the one interface that multicast leaves by: refuses `"all"`.
 *
 * @throws InvalidArgumentError as parseSelector.
 */
export function parseOutgoingSelector(operation: string, value: unknown, argument: string): ParsedSelector {
  if (value === "all") throw unknownInterface(operation, argument, value);
  return parseSelector(operation, value, argument);
}

/** Returns the interfaces of `all` that `selector` means. */
export function selectInterfaces(selector: ParsedSelector, all: readonly NetworkInterface[]): readonly NetworkInterface[] {
  const meant: NetworkInterface[] = [];
  for (const iface of all) if (isMeant(selector, iface)) meant.push(iface);
  return meant;
}

function isMeant(selector: ParsedSelector, { name, index, addresses, flags }: NetworkInterface): boolean {
  switch (selector.by) {
    case "name":
      return name === selector.name;
    case "index":
      return index === selector.index;
    case "address":
      return addresses.some(({ address }) => address === selector.name);
    case "all":
      return flags.multicast || flags.loopback; // lo carries multicast without the flag on Linux
    case "default":
      return false;
  }
}

/**
 * Returns the interfaces of `all` that datagrams to groups can leave by: up, with an address. IPv6 has no multicast on loopback, unless
 * root adds a route (addrconf_add_mroute() in net/ipv6/addrconf.c leaves it out).
 */
export function multicastCarriers(family: Family, all: readonly NetworkInterface[]): readonly NetworkInterface[] {
  return all.filter(({ flags, addresses }) => {
    const carries = flags.multicast || (flags.loopback && family === 4);
    return carries && flags.up && addresses.some((address) => address.family === family);
  });
}

/**
 * Returns the only interface among those `found` for `selector`; undefined without one.
 *
 * @throws InvalidArgumentError `ERR_ARGUMENT_RANGE`: several have the address.
 */
export function onlyOne(
  operation: string,
  argument: string,
  selector: ParsedSelector,
  found: readonly NetworkInterface[],
): NetworkInterface | undefined {
  if (found.length <= 1) return found[0];
  const expected = `the name of one of the interfaces that share it: ${found.map(({ name }) => `"${name}"`).join(", ")}`;
  throw outOfRange(operation, argument, formatSelector(selector), expected);
}

/** Makes the error about `value`, which names no interface that the call could use. @param present - The interfaces that there are. */
export function unknownInterface(
  operation: string,
  argument: string,
  value: unknown,
  present: readonly NetworkInterface[] = [],
): InvalidArgumentError<"ERR_INTERFACE_UNKNOWN"> {
  const names = present.map(({ name }) => name);
  const listed = names.length === 0 ? {} : { advice: choiceAdvice(value, names) };
  const advice =
    value === "all"
      ? { meaning: "is not a single interface", advice: 'name one interface, since only joinGroup and write take "all"' }
      : listed;
  return new InvalidArgumentError(BACKEND_ERRORS.ERR_INTERFACE_UNKNOWN, { operation, argument, value, ...advice });
}

/** Returns `selector` as memberships, events and errors show it. */
export function formatSelector(selector: ParsedSelector): string {
  if (selector.by === "index") return String(selector.index);
  return selector.by === "name" || selector.by === "address" ? selector.name : selector.by;
}

function parseText(operation: string, argument: string, text: string): ParsedSelector {
  if (UNSPECIFIED.has(text)) return { by: "default" };
  const literal = parseIP(text);
  if (literal === undefined) return { by: "name", name: checkName(operation, argument, text) };
  // "::%eth0" is how node:dgram names an interface; an unknown zone must never mean "default".
  if (literal.zone === undefined) return { by: "address", name: literal.address };
  return /^\d+$/.test(literal.zone) ? parseIndex(operation, argument, Number(literal.zone)) : { by: "name", name: literal.zone };
}

function parseIndex(operation: string, argument: string, index: number): ParsedSelector {
  if (Number.isInteger(index) && index > 0 && index <= MAX_INDEX) return { by: "index", index };
  throw outOfRange(operation, argument, index, "the index of an interface, 1 or more");
}

function checkName(operation: string, argument: string, name: string): string {
  // dev_valid_name() of net/core/dev.c refuses these; other systems are stricter still.
  if (!/[\s/:\0]/.test(name)) return name;
  throw unknownInterface(operation, argument, name);
}
