/** The four ways to open a port. Each checks its arguments, opens and goes live. When a step fails, nothing is left open. */

import { anyAddress, type DatagramBackend, type Family, needsZone, type SocketAddress, socketAddress } from "@groupcast/backend";
import { InvalidArgumentError } from "@groupcast/base";
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
  const local = given?.interface === undefined ? atGroup(context.backend, options, asked) : asked;
  return goLive(context, protocol, { by: "bind", operation, options, local });
}

/** Opens a port for `connectUDP`. */
export function openConnectedPort(context: PortContext, protocol: Protocol, to: Destination, given?: ConnectOptions): Port {
  const operation = "connectUDP";
  const peer = context.addressBook.find(operation, to.address, to.port);
  const { family } = peer.address;
  const options = resolveOptions(operation, given, context.network);
  const local = localAddress(operation, options, options.localPort, family);
  if (local.family !== family) {
    throw new InvalidArgumentError(REACTOR_ERRORS.ERR_FAMILY_MISMATCH, { operation, argument: "interface", value: given?.interface });
  }
  context.addressBook.checkPeer(operation, peer, local);
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
 * Returns the group's address to bind to where the backend can neither make the kernel isolate the port nor see the destinations of
 * datagrams. Not for groups of link scope and less: binding to them needs a zone (RFC 4291, 2.7; the fourth hex digit is the scope).
 */
function atGroup({ capabilities }: DatagramBackend, { group }: ResolvedOptions, local: SocketAddress): SocketAddress {
  const isIsolated = capabilities.has("packetInfo") || (local.family === 4 && capabilities.has("set multicastAll"));
  if (group === undefined || isIsolated || needsZone(group)) return local;
  return socketAddress(checkGroup("listenMulticast", group, local.family).address, local.port);
}
