export { checkSignal, isAborted, throwIfAborted, whenAborted } from "./abort-signal.js";
export { asError } from "./as-error.js";
export { type AttemptPlan, BackOff, planAttempts } from "./back-off.js";
export { BASE_ERRORS } from "./base-errors.js";
export { BufferView, type BufferViewConstructor } from "./buffer-view.js";
export { bytesLength, isUint8Array, joinBytes } from "./bytes.js";
export { type CallOrigin, callOrigin, hideFrames, withoutFrames } from "./caller-stack.js";
export {
  checkBoolean,
  checkBytes,
  checkChoice,
  checkDelay,
  checkFunction,
  checkInteger,
  checkOptions,
  checkString,
  type Given,
  givenOptions,
  outOfRange,
  wrongType,
} from "./check-argument.js";
export type { Clock, ScheduledCall } from "./clock.js";
export { choiceAdvice } from "./closest-name.js";
export { defineErrors, type ErrnoRemedies, type ErrorDefinition, type ErrorDefinitions, type ErrorRow } from "./define-errors.js";
export { Emitter, type EventMap, type EventTable, type Subscribable } from "./emitter.js";
export { ERRNO, type ErrnoName, errnoName, errnoText } from "./errno.js";
export {
  DatagramError,
  type ErrorSubject,
  type InvalidArgument,
  InvalidArgumentError,
  type Lack,
  StateError,
  SystemError,
  type SystemFailure,
  UnsupportedError,
} from "./errors.js";
export { Eventful } from "./eventful.js";
export { foreignRuntime } from "./foreign-runtime.js";
// In this form, so that packages can merge their declarations into the interfaces of this file.
export * from "./groupcast-error.js";
export { guardLogger, type LogFields, type Logger, stderrLogger } from "./logger.js";
export { brandError, OperationError, type OperationFailure, preview, type SubjectWords } from "./operation-error.js";
export { systemClock } from "./system-clock.js";
export { callGuarded, isThenable, settled, watchRejection } from "./user-code.js";
