/** Errors for programs that read a batch; made apart from the checks, so that the compiler inlines the checks. */
import { type InvalidArgumentError, outOfRange, StateError, wrongType } from "@groupcast/base";
import { BACKEND_ERRORS } from "./backend-errors.js";

const OPERATION = "read a batch";
const WORD_BYTES = 4;

/** Makes the error for an index that a batch of `length` datagrams does not have. */
function outsideBatch(index: unknown, length: number): InvalidArgumentError {
  const expected = length > 0 ? `an integer from 0 to ${length - 1}` : "no index: a batch is valid during the call that delivers it";
  if (typeof index !== "number") return wrongType(OPERATION, "index", index, expected);
  return outOfRange(OPERATION, "index", index, expected);
}

/**
 * Refuses an index that a batch of `length` datagrams does not have.
 *
 * @throws InvalidArgumentError `ERR_ARGUMENT_RANGE`, `ERR_ARGUMENT_TYPE`.
 */
export function checkIndex(index: number, length: number): void {
  if (!isPlace(index) || index >= length) throw outsideBatch(index, length);
}

/** Refuses a start beyond the end of a datagram. @throws InvalidArgumentError `ERR_ARGUMENT_RANGE`, `ERR_ARGUMENT_TYPE`. */
export function checkStart(startBytes: number, lengthBytes: number): void {
  if (!isPlace(startBytes) || startBytes > lengthBytes) throw outsideDatagram("startBytes", startBytes, lengthBytes);
}

/**
 * Refuses a prefix, and a least length, that the first datagram of a run does not have.
 *
 * @throws InvalidArgumentError `ERR_ARGUMENT_RANGE`, `ERR_ARGUMENT_TYPE`.
 */
export function checkRun(prefixBytes: number, leastBytes: number, lengthBytes: number): void {
  if (!isPlace(prefixBytes) || prefixBytes > lengthBytes) throw outsideDatagram("prefixBytes", prefixBytes, lengthBytes);
  if (!isPlace(leastBytes) || leastBytes > lengthBytes || leastBytes < prefixBytes) {
    throw outsideDatagram("leastBytes", leastBytes, lengthBytes, prefixBytes);
  }
}

/** Refuses an offset that has no 32 bits of the datagram behind it. @throws InvalidArgumentError `ERR_ARGUMENT_RANGE`, `ERR_ARGUMENT_TYPE`. */
export function checkOffset(offset: number, lengthBytes: number): void {
  if (!isPlace(offset) || offset + WORD_BYTES > lengthBytes) throw noWordAt(offset, lengthBytes);
}

/** Whether a value is an integer from 0 on; asked for its type first, because `>>>` throws an error of its own for symbols and bigints. */
function isPlace(value: unknown): value is number {
  return typeof value === "number" && value >>> 0 === value;
}

function outsideDatagram(argument: string, value: unknown, lengthBytes: number, least = 0): InvalidArgumentError {
  return wrongPlace(argument, value, `an integer from ${least} to ${lengthBytes}, the length of the datagram`);
}

function noWordAt(offset: unknown, lengthBytes: number): InvalidArgumentError {
  const isTooShort = lengthBytes < WORD_BYTES;
  const expected = isTooShort
    ? `no offset: the datagram has ${lengthBytes} bytes, and the number ${WORD_BYTES}`
    : `an integer from 0 to ${lengthBytes - WORD_BYTES}: the datagram has ${lengthBytes} bytes, and the number ${WORD_BYTES}`;
  return wrongPlace("offset", offset, expected);
}

function wrongPlace(argument: string, value: unknown, expected: string): InvalidArgumentError {
  if (typeof value !== "number") return wrongType(OPERATION, argument, value, expected);
  return outOfRange(OPERATION, argument, value, expected);
}

/** Makes the error for datagrams whose bytes are gone: a user has transferred the memory that they lie in. */
export function batchDetached(): StateError {
  return new StateError(BACKEND_ERRORS.ERR_BATCH_DETACHED, OPERATION);
}
