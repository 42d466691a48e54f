import { BACKEND_ERRORS, type DatagramBackend, type Family, type Outcome, type PacketOrigin } from "@groupcast/backend";
import { checkOptions, UnsupportedError } from "@groupcast/base";
import type { HostNetwork } from "../network/host-network.js";
import { onlyOne, parseSelector, unknownInterface } from "../network/interface-selector.js";
import { checkSource } from "../network/ip-literal.js";
import type { WriteOptions } from "../transport.js";

/**
 * Turns the options of one `write` into the backend's form; undefined when they name neither interface nor source; a negative errno when
 * the OS does not say whether the interface exists.
 *
 * @throws InvalidArgumentError as `write` documents. @throws UnsupportedError `ERR_UNSUPPORTED_OPERATION`: the backend cannot choose.
 */
export function packetOrigin(
  backend: DatagramBackend,
  network: HostNetwork,
  family: Family,
  given: WriteOptions,
): PacketOrigin | undefined | Outcome {
  const { interface: by, source } = checkOptions("write", given, ["interface", "source"]);
  if (by === undefined && source === undefined) return undefined;
  const index = by === undefined ? 0 : interfaceIndex(network, by);
  const origin = {
    interfaceIndex: index,
    source: source === undefined ? undefined : checkSource("write", source, family),
  };
  if (backend.capabilities.has("sendPacketInfo")) return index < 0 ? index : origin;
  throw new UnsupportedError(BACKEND_ERRORS.ERR_UNSUPPORTED_OPERATION, "write", backend.name);
}

/** Returns the index of the interface, 0 for the default one, or a negative errno. */
function interfaceIndex(network: HostNetwork, by: NonNullable<WriteOptions["interface"]>): number {
  const selector = parseSelector("write", by);
  if (selector.by === "default") return 0;
  const selected = network.select(selector);
  if (typeof selected === "number") return selected;
  const found = onlyOne("write", "interface", selector, selected);
  if (found !== undefined) return found.index;
  throw unknownInterface("write", "interface", by, network.current());
}
