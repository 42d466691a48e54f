/** The four ways to open a port. Each checks its arguments, opens and goes live. When a step fails, nothing is left open. */

import {
  anyAddress,
  type DatagramBackend,
  type Family,
  isMulticast,
  needsZone,
  type SocketAddress,
  socketAddress,
} from "@groupcast/backend";
import { InvalidArgumentError, UnsupportedError } from "@groupcast/base";
import type { Protocol } from "../datagram-protocol.js";
import { checkPort } from "../network/check-argument.js";
import { checkGroup, checkIP } from "../network/ip-literal.js";
import { REACTOR_ERRORS } from "../reactor-errors.js";
import type { Destination } from "../transport.js";
import { goLive } from "./go-live.js";
import {
  type AdoptOptions,
  type ConnectOptions,
  type ListenOptions,
  type MulticastListenOptions,
  type OpeningOperation,
  type ResolvedOptions,
  resolveOptions,
} from "./listen-options.js";
import type { Port } from "./port.js";
import type { PortContext } from "./port-context.js";

/** Opens a port for `listenUDP`. */
export function openPort(context: PortContext, protocol: Protocol, port: number, given?: ListenOptions): Port {
  const operation = "listenUDP";
  const options = resolveOptions(operation, given, context.network);
  const local = localAddress(operation, options, checkPort(operation, port, 0));
  return goLive(context, protocol, { by: "bind", operation, options, local });
}

/** Opens a port for `listenMulticast`. */
export function openMulticastPort(context: PortContext, protocol: Protocol, port: number, given?: MulticastListenOptions): Port {
  const operation = "listenMulticast";
  const options = resolveOptions(operation, given, context.network);
  const asked = localAddress(operation, options, checkPort(operation, port, 0));
  const local = atGroup(context.backend, operation, options, asked);
  return goLive(context, protocol, { by: "bind", operation, options, local });
}

/** Opens a port for `connectUDP`. */
export function openConnectedPort(context: PortContext, protocol: Protocol, to: Destination, given?: ConnectOptions): Port {
  const operation = "connectUDP";
  const peer = context.addressBook.find(operation, to.address, to.port);
  const { family } = peer.address;
  const options = resolveOptions(operation, given, context.network);
  const asked = localAddress(operation, options, options.localPort, family);
  if (asked.family !== family) {
    const meaning = `is of another IP version than the peer, "${to.address}"`;
    const advice = `pass a local IPv${family} address, or leave it out`;
    const wrong = { operation, argument: "interface", value: given?.interface };
    throw new InvalidArgumentError(REACTOR_ERRORS.ERR_FAMILY_MISMATCH, { ...wrong, meaning, advice });
  }
  const local = atGroup(context.backend, operation, options, asked);
  context.addressBook.checkPeer(operation, peer, local.address.includes("%") || options.bindToInterface !== undefined);
  return goLive(context, protocol, { by: "bind", operation, options, local }, to);
}

/** Opens a port for `adoptDatagramPort`. */
export function openAdoptedPort(context: PortContext, protocol: Protocol, fd: number, given?: AdoptOptions): Port {
  const operation = "adoptDatagramPort";
  return goLive(context, protocol, { by: "adopt", operation, options: resolveOptions(operation, given, context.network), fd });
}

/**
 * Returns the address to bind. Default: the unspecified address of `family`, else of the family of `group`, else IPv4's.
 *
 * @throws InvalidArgumentError `ERR_FAMILY_MISMATCH`: the group is of the other family.
 */
function localAddress(
  operation: OpeningOperation,
  { interface: at, group }: ResolvedOptions,
  port: number,
  family?: Family,
): SocketAddress {
  const own = family ?? (group === undefined ? 4 : checkIP(operation, "group", group).family);
  const local = socketAddress(at ?? anyAddress(own), port);
  if (group !== undefined) checkGroup(operation, group, local.family);
  return local;
}

/**
 * Returns the address that keeps unicast out of a port with `multicastOnly`: the group's where the backend does not see destinations, so
 * that it cannot filter. Not that of a group of link scope or less: binding to it needs a zone (RFC 4291, 2.7).
 *
 * @throws UnsupportedError `ERR_MULTICAST_ONLY`: the backend can do neither.
 */
function atGroup(
  { capabilities, name }: DatagramBackend,
  operation: OpeningOperation,
  { group, interface: given, multicastOnly }: ResolvedOptions,
  local: SocketAddress,
): SocketAddress {
  if (!multicastOnly || capabilities.has("packetInfo") || isMulticast(local.address)) return local;
  if (group !== undefined && given === undefined && !needsZone(group)) {
    return socketAddress(checkGroup(operation, group, local.family).address, local.port);
  }
  throw new UnsupportedError(REACTOR_ERRORS.ERR_MULTICAST_ONLY, operation, { backend: name }, { option: "multicastOnly" });
}
