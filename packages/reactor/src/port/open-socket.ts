/** Opens, sets up and binds the socket of a port, or leaves nothing behind. */

import {
  BACKEND_ERRORS,
  type DatagramBackend,
  type DatagramSocket,
  type Family,
  type OptionName,
  type Outcome,
  type SocketAddress,
  type SocketObserver,
} from "@groupcast/backend";
import { ERRNO, SystemError, UnsupportedError } from "@groupcast/base";
import { readIfSupported, setIfSupported, setSocketOption } from "../network/socket-options.js";
import { REACTOR_ERRORS } from "../reactor-errors.js";
import { CannotListenError } from "../system-errors.js";
import type { BindSetting, ResolvedOptions } from "./listen-options.js";

/** Opens a socket and binds it. @throws CannotListenError `ERR_LISTEN`. @throws UnsupportedError `ERR_UNSUPPORTED_OPTION`. */
export function openBound(
  backend: DatagramBackend,
  operation: string,
  { observer, local, settings }: { observer: SocketObserver; local: SocketAddress; settings: readonly BindSetting[] },
): DatagramSocket {
  const { address, port, family } = local;
  const socket = backend.openSocket(family, observer);
  if (typeof socket === "number") throw new CannotListenError({ operation, errno: socket, address, port });
  return closingOnThrow(socket, () => {
    for (const [name, value, option] of settings) setSocketOption(backend, socket, { operation, option }, [name, value]);
    const errno = socket.bind(local);
    if (errno < 0) throw new CannotListenError({ operation, errno, address, port, ...privilegeFor(errno) });
    return socket;
  });
}

/** Returns the capability for ports below `net.ipv4.ip_unprivileged_port_start`, which Linux otherwise refuses with EACCES: ip(7). */
function privilegeFor(errno: Outcome): { readonly privilege?: string } {
  return process.platform === "linux" && errno === ERRNO.EACCES ? { privilege: "CAP_NET_BIND_SERVICE" } : {};
}

/** Adopts the descriptor `fd`. @throws SystemError `ERR_ADOPT`. @throws UnsupportedError `ERR_UNSUPPORTED_OPERATION`. */
export function openAdopted(
  backend: DatagramBackend,
  operation: string,
  { fd, observer, family }: { fd: number; observer: SocketObserver; family: Family | undefined },
): DatagramSocket {
  if (!backend.capabilities.has("adopt")) {
    throw new UnsupportedError(BACKEND_ERRORS.ERR_UNSUPPORTED_OPERATION, operation, { backend: backend.name, capability: "adopt" });
  }
  const socket = backend.adoptSocket(fd, observer, family);
  if (typeof socket === "number") throw new SystemError(REACTOR_ERRORS.ERR_ADOPT, { operation, errno: socket });
  return socket;
}

/** Sets the options that every socket of ours has; an isolated one receives no datagrams of others. See docs/decisions, isolation. */
export function applyDefaults(
  backend: DatagramBackend,
  socket: DatagramSocket,
  { isolated, receiveOffload }: Pick<ResolvedOptions, "isolated" | "receiveOffload">,
): void {
  setIfSupported(backend, socket, "multicastAll", isolated ? 0 : 1);
  setIfSupported(backend, socket, "receiveErrors", 1);
  setIfSupported(backend, socket, "receiveOffload", receiveOffload ? 1 : 0);
}

/** Sets the options of a port with `arrival: true`. Fields that a backend cannot fill are absent from an arrival. */
export function requestArrivals(backend: DatagramBackend, socket: DatagramSocket): void {
  for (const name of ["receivePacketInfo", "receiveTtl", "receiveTimestamp", "receiveDropCount"] as const) {
    setIfSupported(backend, socket, name, 1);
  }
}

/** Returns the result of `build`; closes `socket` if that throws. */
export function closingOnThrow<T>(socket: DatagramSocket, build: () => T): T {
  try {
    return build();
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** Returns the options that an adopted socket was bound with, as far as the backend can read them. */
export function bindSettingsOf(backend: DatagramBackend, socket: DatagramSocket): readonly BindSetting[] {
  const names: readonly OptionName[] = ["reuseAddress", "reusePort", ...(socket.family === 6 ? ["ipv6Only" as const] : [])];
  const settings = names.map((name): BindSetting => [name, readIfSupported(backend, socket, name, 0), name]);
  return settings.filter(([name, value]) => value > 0 || name === "ipv6Only");
}

/** Binds a further socket to the number of `siblings`, which stays closed to other programs. See membership-sockets.ts. */
export function openBeside(
  backend: DatagramBackend,
  siblings: readonly DatagramSocket[],
  { observer, local, settings }: { observer: SocketObserver; local: SocketAddress; settings: readonly BindSetting[] },
): DatagramSocket | Outcome {
  const socket = backend.openSocket(local.family, observer);
  if (typeof socket === "number") return socket;
  const bind = (): Outcome => bindWith(socket, local, settings);
  const isShared = settings.some(([name]) => name === "reuseAddress");
  const outcome = isShared ? bind() : whileReusing([...siblings, socket], bind);
  if (outcome >= 0) return socket;
  socket.close();
  return outcome;
}

function bindWith(socket: DatagramSocket, local: SocketAddress, settings: readonly BindSetting[]): Outcome {
  for (const [name, value] of settings) {
    const outcome = socket.setOption(name, value);
    if (outcome < 0) return outcome;
  }
  return socket.bind(local);
}

/** Runs `bind` while each of `sockets` has SO_REUSEADDR, and takes it away again. */
function whileReusing(sockets: readonly DatagramSocket[], bind: () => Outcome): Outcome {
  let outcome = 0;
  for (const socket of sockets) outcome = Math.min(outcome, socket.setOption("reuseAddress", 1));
  if (outcome >= 0) outcome = bind();
  for (const socket of sockets) socket.setOption("reuseAddress", 0);
  return outcome;
}
