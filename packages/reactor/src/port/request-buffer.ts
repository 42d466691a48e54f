import type { DatagramBackend, DatagramSocket } from "@groupcast/backend";
import { type Logger, SystemError } from "@groupcast/base";
import { type OptionCall, setSocketOption } from "../network/socket-options.js";
import type { BufferGrant, PortBuffers } from "../port-buffers.js";
import { REACTOR_ERRORS } from "../reactor-errors.js";

const BUFFERS = {
  receiveBufferBytes: "net.core.rmem_max",
  sendBufferBytes: "net.core.wmem_max",
} as const;

/** Socket option that is the size of a buffer. */
export type BufferOption = keyof typeof BUFFERS;

/** Returns the size of a buffer as users count it: Linux reads back twice what it granted, half of it for its own bookkeeping (socket(7)). */
export function withoutBookkeeping(readBytes: number): number {
  return process.platform === "linux" ? readBytes / 2 : readBytes;
}

/** Asks for a buffer size; returns the grant of the OS. @throws SystemError `ERR_SET_OPTION`, `ERR_GET_OPTION`. */
export function requestBuffer(
  backend: DatagramBackend,
  socket: DatagramSocket,
  call: OptionCall,
  [name, askedBytes]: readonly [BufferOption, number],
): BufferGrant {
  setSocketOption(backend, socket, call, [name, askedBytes]);
  const readBytes = socket.getOption(name);
  if (readBytes < 0) throw new SystemError(REACTOR_ERRORS.ERR_GET_OPTION, { operation: call.operation, errno: readBytes, option: name });
  const grantedBytes = readBytes >= 2 * askedBytes ? askedBytes : withoutBookkeeping(readBytes);
  return grantedBytes >= askedBytes ? { askedBytes, grantedBytes: askedBytes } : { askedBytes, grantedBytes, cappedBy: BUFFERS[name] };
}

/** Logs each grant that is smaller than what was asked for. @param port - The port, as logs name it. */
export function warnIfCapped(logger: Logger, port: string, buffers: PortBuffers): void {
  for (const [name, { askedBytes, grantedBytes, cappedBy }] of Object.entries(buffers) as [string, BufferGrant][]) {
    if (cappedBy === undefined) continue;
    logger.warn(`${port}: asked for a ${name} buffer of ${askedBytes} bytes, got ${grantedBytes}: raise ${cappedBy}`);
  }
}
