import { BACKEND_ERRORS, type DatagramBackend, type Family, type PacketOrigin } from "@groupcast/backend";
import { checkOptions, UnsupportedError } from "@groupcast/base";
import type { HostNetwork } from "../network/host-network.js";
import { onlyOne, parseSelector, unknownInterface } from "../network/interface-selector.js";
import { checkSource } from "../network/ip-literal.js";
import type { WriteOptions } from "../transport.js";

/**
 * Turns the options of one `write` into the backend's form; undefined when they name neither interface nor source.
 *
 * @throws InvalidArgumentError as `write` documents. @throws UnsupportedError `ERR_UNSUPPORTED_OPERATION`: the backend cannot choose.
 */
export function packetOrigin(
  backend: DatagramBackend,
  network: HostNetwork,
  family: Family,
  given: WriteOptions,
): PacketOrigin | undefined {
  const { interface: on, source } = checkOptions("write", given, ["interface", "source"]);
  if (on === undefined && source === undefined) return undefined;
  const origin = {
    interfaceIndex: on === undefined ? 0 : interfaceIndex(network, on),
    source: source === undefined ? undefined : checkSource("write", source, family),
  };
  if (backend.capabilities.has("sendPacketInfo")) return origin;
  throw new UnsupportedError(BACKEND_ERRORS.ERR_UNSUPPORTED_OPERATION, "write", backend.name);
}

function interfaceIndex(network: HostNetwork, on: NonNullable<WriteOptions["interface"]>): number {
  const selector = parseSelector("write", on);
  if (selector.by === "default") return 0;
  const found = onlyOne("write", "interface", selector, network.select(selector));
  if (found !== undefined) return found.index;
  throw unknownInterface("write", "interface", on);
}
