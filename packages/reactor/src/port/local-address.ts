/** Facts about a port that its local address shows. */

import { type Capability, type DatagramSocket, isMulticast, type SocketAddress } from "@groupcast/backend";
import { SystemError } from "@groupcast/base";
import { REACTOR_ERRORS } from "../reactor-errors.js";
import type { Isolation } from "../transport.js";

/** Returns the address that `socket` is bound to. @throws SystemError `ERR_GET_OPTION`. */
export function hostOf(socket: DatagramSocket, operation: string): SocketAddress {
  const local = socket.localAddress();
  if (typeof local !== "number") return local;
  throw new SystemError(REACTOR_ERRORS.ERR_GET_OPTION, { operation, errno: local });
}

/** Returns whether datagrams leave with this address as their source: it is neither "any" nor a group. */
export function isSourceAddress(address: string): boolean {
  return address !== "0.0.0.0" && address !== "::" && !isMulticast(address);
}

/** Returns the method that keeps the datagrams of other groups out of a port with this local address; `isWanted`: its option `isolated`. */
export function isolationOf(capabilities: ReadonlySet<Capability>, { address, family }: SocketAddress, isWanted: boolean): Isolation {
  if (!isWanted) return "none";
  if (family === 4 && capabilities.has("set multicastAll")) return "kernel";
  if (capabilities.has("packetInfo")) return "filtered";
  return isMulticast(address) ? "bound" : "none";
}
