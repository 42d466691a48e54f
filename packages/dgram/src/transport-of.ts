import type { MulticastPort } from "groupcast";
import type { DatagramSocket } from "./dgram-api.js";
import { STATE, type StatefulSocket } from "./socket-state.js";

/**
 * Returns Groupcast's port beneath a bound socket, for facts that `node:dgram` does not provide: `statistics()` counts losses,
 * `memberships` lists the groups, `isolation` says how other groups are kept out. Leave sending, receiving and closing to the socket.
 *
 * @returns Undefined before the socket is bound, after it was closed, and for sockets of `node:dgram` itself.
 */
export function transportOf(socket: DatagramSocket): MulticastPort | undefined {
  return (socket as StatefulSocket)[STATE]?.handle?.port;
}
