/**
 * Makes dgram's asynchronous socket fit a synchronous contract, through its public interface alone.
 *
 * `bind` and `connect` do their work inside the call if the `lookup` option answers inside the call. Only their events come later, or do
 * not matter. Seen on Node 20.20, 22.23, 24.21 and 26.10.
 */

import type { Socket, SocketOptions } from "node:dgram";
import { type Family, familyOf, type Outcome, type SocketAddress } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import { errnoOfError, outcomeOf } from "./errno-of-error.js";
import { createSocket } from "./node-dgram.js";
import { isUdpLite } from "./udp-lite.js";

/** Options that dgram takes only while it makes a socket. */
export interface CreationOptions {
  reuseAddr?: boolean;
  reusePort?: boolean; // Node 22.12 and later; not in the typings of 20
  ipv6Only?: boolean;
}

// When a socket disconnects, Linux forgets a port it chose itself (`__udp_disconnect` in net/ipv4/udp.c). It then receives nothing more.
const FORGETS_CHOSEN_PORT = process.platform === "linux";
const PIN_ATTEMPTS = 16; // another process may take the port between the two binds

/** Opens a socket and binds it. @returns The socket, with a listener for errors on it, or an errno; then nothing is left open. */
export function bindSocket(local: SocketAddress, creation: CreationOptions): Socket | Outcome {
  if (local.port !== 0 || !FORGETS_CHOSEN_PORT) return bindOnce(local, creation);
  // The kernel keeps a port that was asked for by its number, so this asks for the kernel's own choice once more.
  for (let attempt = 1; ; attempt++) {
    const chosen = bindOnce(local, creation);
    if (typeof chosen === "number") return chosen;
    const pinned = bindOnce({ ...local, port: portAfterClosing(chosen) }, creation);
    if (pinned !== ERRNO.EADDRINUSE || attempt === PIN_ATTEMPTS) return pinned;
  }
}

/**
 * Makes a socket take over a descriptor of the given family.
 *
 * Node cannot duplicate a descriptor, cannot take standard input, and does not ask which family it has. The socket's own address shows the
 * family afterwards; by then the descriptor belongs to the socket, so a wrong `family` costs the descriptor.
 */
export function adoptDescriptor(fd: number, family: Family): Socket | Outcome {
  if (fd === 0) return ERRNO.ENOTSUP; // dgram takes 0 for "no descriptor" and would bind to a port of its own
  if (isUdpLite(fd)) return ERRNO.EINVAL;
  const socket = newSocket(family, {});
  try {
    socket.bind({ fd, exclusive: true });
    if (socket.address().family === `IPv${family}`) return socket;
    socket.close();
    return ERRNO.EAFNOSUPPORT;
  } catch (error) {
    socket.close();
    // Closed, or neither IPv4 nor IPv6, or no datagram socket: Node does not say which. EINVAL is libuv's errno for all three.
    if ((error as NodeJS.ErrnoException).code === "ERR_INVALID_FD_TYPE") return ERRNO.EINVAL;
    const errno = errnoOfError(error);
    if (errno === undefined) throw error;
    return errno;
  }
}

/** Socket of Node 24.19, 26.4 and later. */
type SynchronousSocket = Socket & { connectSync(port: number, address: string): void };

/**
 * Connects a bound socket.
 *
 * Before Node 24.19 and 26.4 a refusal shows at once, but Node reports its errno a turn later. The outcome is then `UNKNOWN`, and
 * `explained` is called with the errno.
 */
export function connectSocket(socket: Socket, peer: SocketAddress, explained: (errno: number) => void): Outcome {
  if ("connectSync" in socket) return outcomeOf(() => (socket as SynchronousSocket).connectSync(peer.port, peer.address));
  socket.connect(peer.port, peer.address, (error?: Error) => {
    const errno = errnoOfError(error);
    if (errno !== undefined) explained(errno);
  });
  return hasPeer(socket) ? 0 : ERRNO.UNKNOWN;
}

function hasPeer(socket: Socket): boolean {
  try {
    socket.remoteAddress();
    return true;
  } catch {
    return false; // ERR_SOCKET_DGRAM_NOT_CONNECTED
  }
}

function portAfterClosing(socket: Socket): number {
  try {
    return socket.address().port;
  } finally {
    socket.close();
  }
}

function bindOnce({ family, address, port }: SocketAddress, creation: CreationOptions): Socket | Outcome {
  const socket = newSocket(family, creation);
  let outcome = ERRNO.ENOTSUP; // a Node that neither binds nor fails inside the call
  socket.once("listening", () => {
    outcome = 0;
  });
  socket.once("error", (error) => {
    outcome = errnoOfError(error) ?? ERRNO.UNKNOWN;
  });
  try {
    socket.bind({ address, port, exclusive: true }); // exclusive: in a cluster too, the socket is this process's own
  } catch (error) {
    outcome = ERRNO.UNKNOWN;
    throw error;
  } finally {
    if (outcome < 0) socket.close();
  }
  return outcome < 0 ? outcome : socket;
}

/** Makes a socket with a listener for errors: an "error" event without a listener ends the process. */
function newSocket(family: Family, creation: CreationOptions): Socket {
  const options: SocketOptions = { type: family === 4 ? "udp4" : "udp6", lookup: answerAtOnce, ...creation };
  return createSocket(options).on("error", () => {});
}

/** Answers inside the call: addresses are literals here, and need no look-up. */
function answerAtOnce(literal: string, _: unknown, found: (error: null, address: string, family: number) => void): void {
  found(null, literal, familyOf(literal));
}
