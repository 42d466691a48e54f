/** What a port's local address says about it. */

import { type Capability, type DatagramSocket, isMulticast, type SocketAddress } from "@groupcast/backend";
import { SystemError } from "@groupcast/base";
import { REACTOR_ERRORS } from "../reactor-errors.js";
import type { Isolation } from "../transport.js";

/** The address `socket` is bound to. @throws SystemError `ERR_GET_OPTION` when the OS does not say. */
export function hostOf(socket: DatagramSocket, operation: string): SocketAddress {
  const local = socket.localAddress();
  if (typeof local !== "number") return local;
  throw new SystemError(REACTOR_ERRORS.ERR_GET_OPTION, { operation, errno: local });
}

/** Whether datagrams leave with this address as their source: it is neither "any" nor a group. */
export function isSourceAddress(address: string): boolean {
  return address !== "0.0.0.0" && address !== "::" && !isMulticast(address);
}

/** What keeps the datagrams of other groups out. */
export function isolationOf(capabilities: ReadonlySet<Capability>, { address, family }: SocketAddress): Isolation {
  if (family === 4 && capabilities.has("set multicastAll")) return "kernel";
  if (capabilities.has("packetInfo")) return "filtered";
  return isMulticast(address) ? "bound" : "none";
}
