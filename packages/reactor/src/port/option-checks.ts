/** Checks of listen options. Each returns the value that its option resolves to, or throws before anything is opened. */
import { BACKEND_ERRORS, isLinkLocal, isMulticast, type OptionName } from "@groupcast/backend";
import { checkBoolean, checkInteger, InvalidArgumentError, wrongType } from "@groupcast/base";
import { checkOption } from "../network/check-argument.js";
import { indexOfInterface } from "../network/interface-index.js";
import { type InterfaceSelector, parseOutgoingSelector } from "../network/interface-selector.js";
import { checkGroup, checkIP } from "../network/ip-literal.js";
import { checkBindZone, type InterfaceSource } from "../network/zone.js";

/** The option that is checked, and the call that it was given to. */
export interface Checking {
  /** Name of the public function that was called. */
  readonly operation: string;
  /** Name of the option. */
  readonly option: string;
  /** Interfaces of the host. */
  readonly interfaces: InterfaceSource;
}

/** Check of one option's value. @throws InvalidArgumentError. */
export type OptionCheck<Resolved> = (value: unknown, checking: Checking) => Resolved;

/** Refuses everything but booleans. */
export const isBoolean: OptionCheck<boolean> = (value, { operation, option }) => checkBoolean(operation, option, value);

/** Returns a check for integers within `range`, ends included. */
export function isWithin(range: readonly [min: number, max: number]): OptionCheck<number> {
  return (value, { operation, option }) => checkInteger(operation, option, value, range);
}

/** Returns a check for the range of a row of the waist's option table. */
export function isValueOf(name: OptionName): OptionCheck<number> {
  return (value, { operation, option }) => checkOption(operation, option, name, value);
}

/** Accepts an address to bind and returns its canonical text. `""` is the default, as for Twisted. */
export const isBindAddress: OptionCheck<string | undefined> = (value, { operation, option, interfaces }) => {
  if (typeof value !== "string") throw wrongType(operation, option, value, "the address to bind, as a string");
  if (value === "") return undefined;
  refuseName(value, { operation, option, interfaces });
  const literal = checkIP(operation, option, value);
  if (isMulticast(literal.address) && operation === "listenUDP") {
    const meaning = "is a multicast group, and listenUDP() binds to addresses of this host";
    const advice = "call listenMulticast() with the group as option group";
    throw new InvalidArgumentError(BACKEND_ERRORS.ERR_ADDRESS_NOT_IP, { operation, argument: option, value, meaning, advice });
  }
  return checkBindZone(operation, option, literal, interfaces);
};

/** Refuses the name of an interface, which many pass where its address is needed; the error lists the addresses. */
function refuseName(value: string, { operation, option, interfaces }: Checking): void {
  const named = interfaces.select({ by: "name", name: value });
  if (typeof named === "number" || named[0] === undefined) return;
  const addresses = named[0].addresses.map(({ address }) => (isLinkLocal(address) ? `"${address}%${value}"` : `"${address}"`));
  const meaning = "is the name of an interface, and a port binds to an address";
  const forUnicast = addresses.length === 0 ? "give the interface an address first" : `pass one of its addresses: ${addresses.join(", ")}`;
  // On Linux a port that is bound to a unicast address receives no groups.
  const forGroups = `leave the option out and name "${value}" in joinGroup(), or for unicast alone ${forUnicast}`;
  const advice = operation === "listenMulticast" ? forGroups : forUnicast;
  throw new InvalidArgumentError(BACKEND_ERRORS.ERR_ADDRESS_NOT_IP, { operation, argument: option, value, meaning, advice });
}

/** Accepts a selector of one interface, and returns it as it was written: the interface may not exist yet. */
export const isOutgoingInterface: OptionCheck<InterfaceSelector> = (value, { operation, option }) => {
  parseOutgoingSelector(operation, value, option);
  return value as InterfaceSelector;
};

/** Accepts the name of an interface, and returns its index; 0 for `"default"`. */
export const isInterfaceName: OptionCheck<number> = (value, { operation, option, interfaces }) =>
  indexOfInterface(operation, option, value, interfaces);

/** Accepts a group, and returns it as it was written: its zone may name an interface that does not exist yet. */
export const isGroup: OptionCheck<string> = (value, { operation, option }) => {
  checkGroup(operation, value, checkIP(operation, option, value).family);
  return value as string;
};
