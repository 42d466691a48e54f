import { BACKEND_ERRORS, type DatagramBackend, type DatagramSocket, type OptionName, optionRow } from "@groupcast/backend";
import { ERRNO, SystemError, UnsupportedError } from "@groupcast/base";
import { REACTOR_ERRORS } from "../reactor-errors.js";

/** The public call that sets an option. Errors name it. */
export interface OptionCall {
  /** Name of the public function that the user called. */
  readonly operation: string;
  /** Name of the option as the user gave it. Default: the one of the option table. */
  readonly option?: string;
}

/** Sets an option. @throws SystemError `ERR_SET_OPTION`. @throws UnsupportedError `ERR_UNSUPPORTED_OPTION`. */
export function setSocketOption(
  backend: DatagramBackend,
  socket: DatagramSocket,
  { operation, option }: OptionCall,
  [name, value]: readonly [OptionName, number],
): void {
  if (!backend.capabilities.has(`set ${name}`)) {
    throw new UnsupportedError(BACKEND_ERRORS.ERR_UNSUPPORTED_OPTION, operation, { backend: backend.name }, { option: option ?? name });
  }
  const errno = socket.setOption(name, value);
  if (errno >= 0) return;
  const { privilege } = optionRow(name);
  const isForbidden = errno === ERRNO.EPERM && privilege !== undefined;
  throw new SystemError(REACTOR_ERRORS.ERR_SET_OPTION, { operation, errno, option: option ?? name, ...(isForbidden && { privilege }) });
}

/** Sets an option where the backend has it: for options that improve a port and promise nothing. Returns whether it is set. */
export function setIfSupported(backend: DatagramBackend, socket: DatagramSocket, name: OptionName, value: number): boolean {
  return backend.capabilities.has(`set ${name}`) && socket.setOption(name, value) >= 0;
}

/** Reads an option where the backend can and the OS answers; returns `fallback` elsewhere. */
export function readIfSupported(backend: DatagramBackend, socket: DatagramSocket, name: OptionName, fallback: number): number {
  const value = backend.capabilities.has(`get ${name}`) ? socket.getOption(name) : fallback;
  return value < 0 ? fallback : value;
}
