import { bufferSizeError, nodeError } from "../arguments/node-errors.js";
import type { Handle } from "../handle/handle.js";
import type { SocketState } from "../socket-state.js";

/** A buffer of the kernel, by the name of the call that resizes it. */
export type BufferName = "uv_recv_buffer_size" | "uv_send_buffer_size";

/** Asks for the size of a buffer, or with 0 for none; returns the size. @throws TypeError; SystemError `ERR_SOCKET_BUFFER_SIZE`. */
export function bufferSize(handle: Handle, size: number, name: BufferName): number {
  if (size >>> 0 !== size) throw nodeError("ERR_SOCKET_BAD_BUFFER_SIZE");
  const outcome = handle.bufferSize(size, name === "uv_recv_buffer_size" ? "receive" : "send");
  if (outcome < 0) throw bufferSizeError(outcome, name);
  return outcome;
}

/** Applies the sizes that the socket was made with. */
export function applyBufferSizes({ handle, recvBufferSize, sendBufferSize }: SocketState): void {
  if (recvBufferSize) bufferSize(handle!, recvBufferSize, "uv_recv_buffer_size");
  if (sendBufferSize) bufferSize(handle!, sendBufferSize, "uv_send_buffer_size");
}
