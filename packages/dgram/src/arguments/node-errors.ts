/** Errors of `node:dgram`: programs look at their code, errno, syscall and message. */
import { getSystemErrorMap, inspect } from "node:util";

type ErrorClass = ErrorConstructor | TypeErrorConstructor | RangeErrorConstructor;

/** Map of code → what its message needs. */
interface ErrorDetails {
  ERR_BUFFER_OUT_OF_BOUNDS: [name: string];
  ERR_INVALID_ARG_TYPE: [name: string, expected: string, value: unknown];
  ERR_INVALID_ARG_VALUE: [name: string, value: unknown, reason: string];
  ERR_INVALID_FD_TYPE: [kind: string];
  ERR_IP_BLOCKED: [address: string];
  ERR_MISSING_ARGS: [name: string];
  ERR_OUT_OF_RANGE: [name: string, range: string, value: number];
  ERR_SOCKET_ALREADY_BOUND: [];
  ERR_SOCKET_BAD_BUFFER_SIZE: [];
  ERR_SOCKET_BAD_PORT: [name: string, isZeroAllowed: boolean, value: unknown];
  ERR_SOCKET_BAD_TYPE: [];
  ERR_SOCKET_DGRAM_IS_CONNECTED: [];
  ERR_SOCKET_DGRAM_NOT_CONNECTED: [];
  ERR_SOCKET_DGRAM_NOT_RUNNING: [];
}

/** Code of an error that `node:dgram` throws. */
export type NodeErrorCode = keyof ErrorDetails;

/** Map of code → class and message, as Node has them. */
const NODE_ERRORS: { readonly [Code in NodeErrorCode]: readonly [ErrorClass, (...details: ErrorDetails[Code]) => string] } = {
  ERR_BUFFER_OUT_OF_BOUNDS: [RangeError, (name) => `"${name}" is outside of buffer bounds`],
  ERR_INVALID_ARG_TYPE: [
    TypeError,
    (name, expected, value) =>
      `The "${name}" ${name.includes(".") ? "property" : "argument"} must be ${expected}. Received ${received(value)}`,
  ],
  ERR_INVALID_ARG_VALUE: [
    TypeError,
    (name, value, reason) =>
      `The ${name.includes(".") ? "property" : "argument"} '${name}' ${reason}. Received ${shortened(inspect(value), 128)}`,
  ],
  ERR_INVALID_FD_TYPE: [TypeError, (kind) => `Unsupported fd type: ${kind}`],
  ERR_IP_BLOCKED: [Error, (address) => `IP(${address}) is blocked by net.BlockList`],
  ERR_MISSING_ARGS: [TypeError, (name) => `The "${name}" argument must be specified`],
  ERR_OUT_OF_RANGE: [
    RangeError,
    (name, range, value) => `The value of "${name}" is out of range. It must be ${range}. Received ${grouped(value)}`,
  ],
  ERR_SOCKET_ALREADY_BOUND: [Error, () => "Socket is already bound"],
  ERR_SOCKET_BAD_BUFFER_SIZE: [TypeError, () => "Buffer size must be a positive integer"],
  ERR_SOCKET_BAD_PORT: [
    RangeError,
    (name, isZeroAllowed, value) => `${name} should be ${isZeroAllowed ? ">=" : ">"} 0 and < 65536. Received ${received(value)}.`,
  ],
  ERR_SOCKET_BAD_TYPE: [TypeError, () => "Bad socket type specified. Valid types are: udp4, udp6"],
  ERR_SOCKET_DGRAM_IS_CONNECTED: [Error, () => "Already connected"],
  ERR_SOCKET_DGRAM_NOT_CONNECTED: [Error, () => "Not connected"],
  ERR_SOCKET_DGRAM_NOT_RUNNING: [Error, () => "Not running"],
};

/** Makes the error that Node has for `code`. */
export function nodeError<Code extends NodeErrorCode>(code: Code, ...details: ErrorDetails[Code]): NodeJS.ErrnoException {
  const [ErrorClass, message] = NODE_ERRORS[code] as unknown as readonly [ErrorClass, (...details: unknown[]) => string];
  return withCode(new ErrorClass(message(...details)), code, nodeError);
}

/** Makes the error that Node has for `errno` of `syscall`. */
export function errnoError(errno: number, syscall: string): NodeJS.ErrnoException {
  return systemError(errno, syscall, "", errnoError);
}

/** Makes the error that Node has for `errno` of `syscall` with an address. */
export function hostPortError(errno: number, syscall: string, address: unknown, port: unknown): NodeJS.ErrnoException {
  const hasPort = (port as number) > 0; // Node tells of a port that is a function or an object, but not in the message
  const subject = hasPort ? ` ${address}:${port}` : address ? ` ${address}` : "";
  const error = systemError(errno, syscall, subject, hostPortError);
  return Object.assign(error, { address }, Boolean(port) && { port });
}

/** Makes the error that Node has for a buffer size that was refused with `errno`. */
export function bufferSizeError(errno: number, syscall: string): NodeJS.ErrnoException {
  const { name, text } = errnoEntry(errno);
  const code = "ERR_SOCKET_BUFFER_SIZE";
  const error = new Error(`Could not get or set buffer size: ${syscall} returned ${name} (${text})`);
  Object.defineProperty(error, "name", { value: "SystemError", writable: true, configurable: true });
  Error.captureStackTrace(error, bufferSizeError);
  return Object.assign(error, { code, info: { errno, code: name, message: text, syscall }, errno, syscall });
}

function systemError(errno: number, syscall: string, subject: string, above: (...args: never[]) => unknown): NodeJS.ErrnoException {
  const { name: code } = errnoEntry(errno);
  const error = new Error(`${syscall} ${code}${subject}`);
  Error.captureStackTrace(error, above);
  return Object.assign(error, { errno, code, syscall });
}

let entries: ReturnType<typeof getSystemErrorMap> | undefined; // asked once: Node makes a map of all errors for each call, in 36 us

function errnoEntry(errno: number): { readonly name: string; readonly text: string } {
  entries ??= getSystemErrorMap();
  const [name, text] = entries.get(errno) ?? [`Unknown system error ${errno}`, `Unknown system error ${errno}`];
  return { name, text };
}

/** Gives `error` its code, and a stack that begins with name and code, as Node's own errors have it. */
function withCode(error: NodeJS.ErrnoException, code: string, above: (...args: never[]) => unknown): NodeJS.ErrnoException {
  Object.defineProperty(error, "name", { value: `${error.name} [${code}]`, configurable: true });
  Error.captureStackTrace(error, above);
  Reflect.deleteProperty(error, "name");
  error.code = code;
  return error;
}

/** Describes a wrong value as Node's messages do. */
function received(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (typeof value === "function") return `function ${value.name}`;
  if (typeof value === "object") {
    const name = (value as { constructor?: { name?: string } }).constructor?.name;
    return name ? `an instance of ${name}` : inspect(value, { depth: -1 });
  }
  return `type ${typeof value} (${shortened(inspect(value, { colors: false }), 28)})`;
}

function shortened(text: string, max: number): string {
  const quoted = text.startsWith("'") && max === 28;
  if (text.length <= max) return text;
  return quoted ? `${text.slice(0, 26)}...'` : `${text.slice(0, max === 28 ? 25 : max)}...`;
}

/** Formats a number as ERR_OUT_OF_RANGE shows it: `8_589_934_592`. */
function grouped(value: number): string {
  if (!Number.isInteger(value) || Math.abs(value) <= 2 ** 32) return String(value);
  return String(value).replace(/\B(?=(\d{3})+$)/g, "_");
}
