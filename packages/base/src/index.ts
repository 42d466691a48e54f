export { asError } from "./as-error.js";
export { BASE_ERRORS } from "./base-errors.js";
export { BufferView, type BufferViewConstructor } from "./buffer-view.js";
export {
  checkBoolean,
  checkBytes,
  checkDelay,
  checkFunction,
  checkInteger,
  checkOptions,
  checkSignal,
  checkString,
  type Given,
  givenOptions,
  outOfRange,
  wrongType,
} from "./check-argument.js";
export type { Clock, ScheduledCall } from "./clock.js";
export { defineErrors, type ErrorDefinition, type ErrorDefinitions, type ErrorRow } from "./define-errors.js";
export { Emitter, type EventMap, type EventTable, type Subscribable } from "./emitter.js";
export { ERRNO, type ErrnoName, errnoName, errnoText } from "./errno.js";
export {
  DatagramError,
  type ErrorSubject,
  type InvalidArgument,
  InvalidArgumentError,
  isGroupcastError,
  reasonOf,
  StateError,
  SystemError,
  type SystemFailure,
  UnsupportedError,
} from "./errors.js";
export { Eventful } from "./eventful.js";
export { foreignRuntime } from "./foreign-runtime.js";
export { guardLogger, type LogFields, type Logger, stderrLogger } from "./logger.js";
export { brandError, OperationError, type OperationFailure, preview, type SubjectWords } from "./operation-error.js";
export { systemClock } from "./system-clock.js";
export { callGuarded, isThenable, settled, watchRejection } from "./user-code.js";
