import type { DatagramBackend, DatagramSocket } from "@groupcast/backend";
import { SystemError } from "@groupcast/base";
import { type OptionCall, setSocketOption } from "../network/socket-options.js";
import { REACTOR_ERRORS } from "../reactor-errors.js";
import type { BufferGrant } from "../udp-port.js";

const BUFFERS = {
  receiveBufferBytes: "net.core.rmem_max",
  sendBufferBytes: "net.core.wmem_max",
} as const;

/** Socket option that is the size of a buffer. */
export type BufferOption = keyof typeof BUFFERS;

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
  // Linux reads back twice what it granted: half of it is for its own bookkeeping (socket(7), SO_RCVBUF).
  const grantedBytes = readBytes >= 2 * askedBytes ? askedBytes : process.platform === "linux" ? readBytes / 2 : readBytes;
  return grantedBytes >= askedBytes ? { askedBytes, grantedBytes: askedBytes } : { askedBytes, grantedBytes, cappedBy: BUFFERS[name] };
}
