import { BACKEND_ERRORS, type DatagramBackend, type DatagramSocket, type OptionName } from "@groupcast/backend";
import { SystemError, UnsupportedError } from "@groupcast/base";
import type { BufferGrant } from "./port-buffers.js";
import { REACTOR_ERRORS } from "./reactor-errors.js";

/** Sets an option, or throws what the outcome means. */
export function setSocketOption(
  backend: DatagramBackend,
  socket: DatagramSocket,
  operation: string,
  [name, value]: readonly [OptionName, number],
): void {
  if (!backend.capabilities.has(`set ${name}`)) {
    throw new UnsupportedError(BACKEND_ERRORS.ERR_UNSUPPORTED_OPTION, operation, backend.name, { option: name });
  }
  const errno = socket.setOption(name, value);
  if (errno < 0) throw new SystemError(REACTOR_ERRORS.ERR_SET_OPTION, { operation, errno, option: name });
}

/** Sets an option where the backend has it; for those that are an improvement, not a promise. */
export function setIfSupported(backend: DatagramBackend, socket: DatagramSocket, name: OptionName, value: number): boolean {
  return backend.capabilities.has(`set ${name}`) && socket.setOption(name, value) >= 0;
}

/** Reads an option where the backend can and the OS tells; `fallback` elsewhere. */
export function readIfSupported(backend: DatagramBackend, socket: DatagramSocket, name: OptionName, fallback: number): number {
  const value = backend.capabilities.has(`get ${name}`) ? socket.getOption(name) : fallback;
  return value < 0 ? fallback : value;
}

const BUFFERS = {
  receiveBufferBytes: "net.core.rmem_max",
  sendBufferBytes: "net.core.wmem_max",
} as const;

/** Asks for a buffer size and tells what came of it. */
export function requestBuffer(
  backend: DatagramBackend,
  socket: DatagramSocket,
  operation: string,
  [name, askedBytes]: readonly [keyof typeof BUFFERS, number],
): BufferGrant {
  setSocketOption(backend, socket, operation, [name, askedBytes]);
  const readBytes = socket.getOption(name);
  if (readBytes < 0) throw new SystemError(REACTOR_ERRORS.ERR_GET_OPTION, { operation, errno: readBytes, option: name });
  // Linux reads back twice what it granted: half of it is for its own bookkeeping (socket(7), SO_RCVBUF).
  const grantedBytes = readBytes >= 2 * askedBytes ? askedBytes : process.platform === "linux" ? readBytes / 2 : readBytes;
  return grantedBytes >= askedBytes ? { askedBytes, grantedBytes: askedBytes } : { askedBytes, grantedBytes, cappedBy: BUFFERS[name] };
}
