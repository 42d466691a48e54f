/** Payloads, in every form that `send` takes them. */
import { isUint8Array, joinBytes } from "@groupcast/base";
import { nodeError } from "./node-errors.js";

const EXPECTED = "of type string or an instance of Buffer, TypedArray, or DataView";

const NOTHING = new Uint8Array(0);

/**
 * Returns `length` bytes of `data` from `offset`. @throws TypeError `ERR_INVALID_ARG_TYPE`. @throws RangeError `ERR_BUFFER_OUT_OF_BOUNDS`.
 */
export function sliceOf(data: unknown, offset: unknown, length: unknown): Uint8Array {
  const bytes = bytesOf(data);
  const start = (offset as number) >>> 0;
  const count = (length as number) >>> 0;
  if (start > bytes.byteLength) throw nodeError("ERR_BUFFER_OUT_OF_BOUNDS", "offset");
  if (start + count > bytes.byteLength) throw nodeError("ERR_BUFFER_OUT_OF_BOUNDS", "length");
  return bytes.subarray(start, start + count);
}

/** Returns the payload: one piece, or a list of them. @throws TypeError `ERR_INVALID_ARG_TYPE`. */
export function payloadOf(data: unknown): Uint8Array | string {
  if (typeof data === "string") return data;
  if (!Array.isArray(data)) return bytesOf(data);
  if (data.length === 1) return pieceOf(data[0], data);
  return joinBytes(Array.from(data, (piece: unknown) => pieceOf(piece, data))); // from(): a hole is a piece, too
}

function bytesOf(data: unknown): Uint8Array {
  const bytes = viewOf(data);
  if (bytes === undefined) throw nodeError("ERR_INVALID_ARG_TYPE", "buffer", EXPECTED, data);
  return bytes;
}

function pieceOf(piece: unknown, list: unknown): Uint8Array {
  const bytes = viewOf(piece);
  if (bytes === undefined) throw nodeError("ERR_INVALID_ARG_TYPE", "buffer list arguments", EXPECTED, list);
  return bytes;
}

/** Asks what it is, not what it is an instance of: a proxy of a buffer has no bytes. */
function viewOf(data: unknown): Uint8Array | undefined {
  if (typeof data === "string") return Buffer.from(data);
  if (!ArrayBuffer.isView(data)) return undefined;
  if (data.byteLength === 0) return NOTHING; // detached, maybe
  return isUint8Array(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
