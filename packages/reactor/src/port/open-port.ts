/** The four ways to open a port. Each checks its arguments, opens and goes live. When a step fails, nothing is left open. */

import { anyAddress, type DatagramBackend, type Family, needsZone, socketAddress } from "@groupcast/backend";
import { InvalidArgumentError } from "@groupcast/base";
import { checkFamily } from "../network/check-argument.js";
import { checkGroup } from "../network/ip-literal.js";
import { REACTOR_ERRORS } from "../reactor-errors.js";
import type { AnyProtocol } from "../receiving/inbox.js";
import type { Destination } from "../transport.js";
import { goLive } from "./go-live.js";
import {
  type AdoptOptions,
  type ConnectOptions,
  type ListenOptions,
  type MulticastListenOptions,
  type ResolvedListenOptions,
  resolveListenOptions,
  resolvePortOptions,
} from "./listen-options.js";
import type { Port } from "./port.js";
import type { PortContext } from "./port-context.js";

/** Opens a port for `listenUDP`. */
export function openPort(context: PortContext, protocol: AnyProtocol, port: number, given?: ListenOptions): Port {
  const operation = "listenUDP";
  const options = resolveListenOptions(operation, ["port", port], given, context.network);
  return goLive(context, protocol, { by: "bind", operation, options }, () => {});
}

/** Opens a port for `listenMulticast`. */
export function openMulticastPort(context: PortContext, protocol: AnyProtocol, port: number, given?: MulticastListenOptions): Port {
  const operation = "listenMulticast";
  const resolved = resolveListenOptions(operation, ["port", port], given, context.network);
  const options = given?.interface === undefined ? bindToGroup(context.backend, resolved) : resolved;
  return goLive(context, protocol, { by: "bind", operation, options }, (opened) => applyMulticast(opened, options));
}

/** Opens a port for `connectUDP`. */
export function openConnectedPort(context: PortContext, protocol: AnyProtocol, to: Destination, given?: ConnectOptions): Port {
  const operation = "connectUDP";
  const { family } = context.addressBook.find(operation, to.address, to.port).address;
  const localPort = given?.localPort === undefined ? 0 : given.localPort;
  const options = resolveListenOptions(operation, ["localPort", localPort], withFamily(given, family), context.network);
  if (options.local.family !== family) {
    throw new InvalidArgumentError(REACTOR_ERRORS.ERR_FAMILY_MISMATCH, { operation, argument: "interface", value: given?.interface });
  }
  return goLive(context, protocol, { by: "bind", operation, options }, (opened) => {
    applyMulticast(opened, options);
    opened.connect(to.address, to.port);
  });
}

/** Opens a port for `adoptDatagramPort`. */
export function openAdoptedPort(context: PortContext, protocol: AnyProtocol, fd: number, given?: AdoptOptions): Port {
  const operation = "adoptDatagramPort";
  const options = resolvePortOptions(operation, given);
  return goLive(context, protocol, { by: "adopt", operation, options, fd, family: checkFamily(operation, given?.family) }, () => {});
}

/**
 * Adds the unspecified address of the peer's family where no address to bind is given. The check of options refuses values that are no
 * object.
 */
function withFamily(given: ConnectOptions | undefined, family: Family): ConnectOptions {
  if (given === undefined) return { interface: anyAddress(family) };
  return typeof given !== "object" || given === null || given.interface !== undefined ? given : { ...given, interface: anyAddress(family) };
}

function applyMulticast(port: Port, { ttl, loopback, outgoingInterface, group }: ResolvedListenOptions): void {
  if (outgoingInterface !== undefined) port.setOutgoingInterface(outgoingInterface);
  if (loopback !== undefined) port.setLoopbackMode(loopback);
  if (ttl !== undefined) port.setTTL(ttl);
  if (group !== undefined) port.joinGroup(group);
}

/**
 * Binds to the group where the backend can neither make the kernel isolate the port nor see the destinations of datagrams. Not to groups
 * of link scope and less: binding to them needs a zone (RFC 4291, 2.7; the fourth hex digit is the scope).
 */
function bindToGroup({ capabilities }: DatagramBackend, options: ResolvedListenOptions): ResolvedListenOptions {
  const { group, local } = options;
  const isIsolated = capabilities.has("packetInfo") || (local.family === 4 && capabilities.has("set multicastAll"));
  if (group === undefined || isIsolated || needsZone(group)) return options;
  return { ...options, local: socketAddress(checkGroup("listenMulticast", group, local.family).address, local.port) };
}
