import { BACKEND_ERRORS, type DatagramBackend, type Outcome, type PacketOrigin } from "@groupcast/backend";
import { checkOptions, outOfRange, UnsupportedError } from "@groupcast/base";
import type { HostNetwork } from "../network/host-network.js";
import { multicastCarriers, onlyOne, parseSelector, unknownInterface } from "../network/interface-selector.js";
import { checkSource } from "../network/ip-literal.js";
import { notTheOnly, type OnlyInterface } from "../network/only-interface.js";
import type { WriteOptions } from "../transport.js";
import type { Contact } from "./address-book.js";

/** A datagram that names its origin. */
export interface OriginRequest {
  /** Name of the public function that was called. */
  readonly operation: string;
  readonly to: Contact;
  readonly options: WriteOptions;
  /** The interface that the port is bound to. */
  readonly only: OnlyInterface | undefined;
}

/**
 * Turns the options of one `write` to `to` into the backend's form; a list, with one for each copy, where they name all interfaces;
 * undefined when they name neither interface nor source; a negative errno when the OS does not say whether the interface exists.
 *
 * @throws InvalidArgumentError as `write` documents. @throws UnsupportedError `ERR_UNSUPPORTED_OPERATION`: the backend cannot choose.
 */
export function packetOrigin(
  request: OriginRequest,
  backend: DatagramBackend,
  network: HostNetwork,
): PacketOrigin | readonly PacketOrigin[] | undefined | Outcome {
  const { operation, to, options } = request;
  const { interface: by, source: text } = checkOptions(operation, options, ["interface", "source"]);
  if (by === undefined && text === undefined) return undefined;
  const indexes = by === undefined ? 0 : by === "all" ? allIndexes(request, network) : interfaceIndex(request, by, network);
  const source = text === undefined ? undefined : checkSource(operation, text, to.address.family);
  if (!backend.capabilities.has("sendPacketInfo")) {
    const lack = { backend: backend.name, capability: "sendPacketInfo" };
    throw new UnsupportedError(BACKEND_ERRORS.ERR_UNSUPPORTED_OPERATION, operation, lack, {
      option: by === undefined ? "source" : "interface",
    });
  }
  if (typeof indexes === "object") return indexes.map((interfaceIndex) => ({ interfaceIndex, source }));
  return indexes < 0 ? indexes : { interfaceIndex: indexes, source };
}

/** Returns the indexes of the interfaces that carry multicast now. @throws InvalidArgumentError `ERR_ARGUMENT_RANGE`. */
function allIndexes({ operation, to, only }: OriginRequest, network: HostNetwork): readonly number[] {
  const { family, scope } = to.address;
  if (!to.isMulticast) throw outOfRange(operation, "interface", "all", 'a single interface: only datagrams to a group take "all"');
  if (scope !== undefined) throw outOfRange(operation, "interface", "all", "nothing, since the group's zone names the interface");
  const indexes = multicastCarriers(family, network.current()).map(({ index }) => index);
  return only === undefined ? indexes : indexes.filter((index) => index === only.index);
}

/**
 * Returns the index of the interface, 0 for the default one, or a negative errno.
 *
 * @throws InvalidArgumentError `ERR_INTERFACE_UNKNOWN`, `ERR_INTERFACE_FIXED`, `ERR_ARGUMENT_RANGE`.
 */
function interfaceIndex({ operation, only }: OriginRequest, by: NonNullable<WriteOptions["interface"]>, network: HostNetwork): number {
  const selector = parseSelector(operation, by);
  if (selector.by === "default") return 0;
  const selected = network.select(selector);
  if (typeof selected === "number") return selected;
  const found = onlyOne(operation, "interface", selector, selected);
  if (found === undefined) throw unknownInterface(operation, "interface", by, network.current());
  if (only !== undefined && found.index !== only.index) throw notTheOnly(operation, "interface", by, only);
  return found.index;
}
