/** Errors for programs that read a batch; made apart from the checks, so that the compiler inlines the checks. */
import { type InvalidArgumentError, outOfRange, StateError, wrongType } from "@groupcast/base";
import { BACKEND_ERRORS } from "./backend-errors.js";

const OPERATION = "read a batch";

/** Makes the error for an index that a batch of `length` datagrams does not have. */
export function outsideBatch(index: unknown, length: number): InvalidArgumentError {
  const expected = length > 0 ? `an integer from 0 to ${length - 1}` : "no index: a batch is valid during the call that delivers it";
  if (typeof index !== "number") return wrongType(OPERATION, "index", index, expected);
  return outOfRange(OPERATION, "index", index, expected);
}

/** Refuses a start beyond the end of a datagram. @throws InvalidArgumentError `ERR_ARGUMENT_RANGE`, `ERR_ARGUMENT_TYPE`. */
export function checkStart(startBytes: number, lengthBytes: number): void {
  if (startBytes >>> 0 !== startBytes || startBytes > lengthBytes) throw outsideDatagram(startBytes, lengthBytes);
}

/** Makes the error for a start that a datagram of `lengthBytes` does not have. */
function outsideDatagram(startBytes: unknown, lengthBytes: number): InvalidArgumentError {
  const expected = `an integer from 0 to ${lengthBytes}, the length of the datagram`;
  if (typeof startBytes !== "number") return wrongType(OPERATION, "startBytes", startBytes, expected);
  return outOfRange(OPERATION, "startBytes", startBytes, expected);
}

/** Makes the error for datagrams whose bytes are gone: a user has transferred the memory that they lie in. */
export function batchDetached(): StateError {
  return new StateError(BACKEND_ERRORS.ERR_BATCH_DETACHED, OPERATION);
}
