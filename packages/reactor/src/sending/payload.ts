/** Payloads, as programs give them. */
import { bytesLength, isUint8Array, joinBytes, wrongType } from "@groupcast/base";

const NOTHING = new Uint8Array(0);

/** Returns the length of a payload, in bytes. @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`. */
export function payloadBytes(operation: string, data: unknown): number {
  if (typeof data === "string" || isUint8Array(data)) return lengthOf(data) || noBytes(operation, data);
  throw wrongType(operation, "data", data, "a Uint8Array or a string");
}

/** Apart from `payloadBytes`: with this in it, sending to 16 peers in turn took 7 % more CPU. */
function noBytes(operation: string, data: Uint8Array | string): 0 {
  if (typeof data !== "string") checkMemory(operation, "data", data);
  return 0;
}

/** Returns the length of a payload that was checked before, in bytes. */
export function lengthOf(data: Uint8Array | string): number {
  return typeof data === "string" ? Buffer.byteLength(data) : bytesLength(data);
}

/** Returns one payload of several parts. @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`. */
export function joinedParts(operation: string, parts: readonly Uint8Array[]): Buffer {
  if (!Array.isArray(parts)) throw wrongType(operation, "parts", parts, "an array of Uint8Array");
  const checked = Array.from(parts, (part: unknown, index) => {
    if (!isUint8Array(part)) throw wrongType(operation, `parts[${index}]`, part, "a Uint8Array");
    if (bytesLength(part) === 0) checkMemory(operation, `parts[${index}]`, part);
    return part;
  });
  return joinBytes(checked);
}

/** Refuses bytes whose memory the program has transferred: they must not pass for none. */
function checkMemory(operation: string, argument: string, bytes: Uint8Array): void {
  try {
    NOTHING.set(bytes); // throws where the memory is gone; Node 20 has no `detached`
  } catch {
    throw wrongType(operation, argument, bytes, "a Uint8Array whose memory was not transferred to somebody else");
  }
}
