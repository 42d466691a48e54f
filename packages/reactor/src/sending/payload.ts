/** Payloads, as programs give them. */
import { wrongType } from "@groupcast/base";

const NOTHING = new Uint8Array(0);

/** Returns the length of a payload, in bytes. @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`. */
export function payloadBytes(operation: string, data: unknown): number {
  if (typeof data === "string") return lengthOf(data);
  if (!(data instanceof Uint8Array)) throw wrongType(operation, "data", data, "a Uint8Array or a string");
  const lengthBytes = lengthOf(data);
  if (lengthBytes === 0) checkMemory(operation, "data", data);
  return lengthBytes;
}

/** Returns the length of a payload that was checked before, in bytes. */
export function lengthOf(data: Uint8Array | string): number {
  return typeof data === "string" ? Buffer.byteLength(data) : data.length; // V8 of Node 20 inlines `length`, and calls for `byteLength`
}

/** Refuses bytes whose memory the program has transferred: they must not pass for none. @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`. */
export function checkMemory(operation: string, argument: string, bytes: Uint8Array): void {
  try {
    NOTHING.set(bytes); // throws where the memory is gone; Node 20 has no `detached`
  } catch {
    throw wrongType(operation, argument, bytes, "a Uint8Array whose memory was not transferred to somebody else");
  }
}
