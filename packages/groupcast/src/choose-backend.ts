import { BackendLoadError, type DatagramBackend } from "@groupcast/backend";
import { DgramBackend } from "@groupcast/backend-dgram";
import { NativeBackend } from "@groupcast/backend-native";
import { BASE_ERRORS, InvalidArgumentError } from "@groupcast/base";

const VARIABLE = "GROUPCAST_BACKEND";

/** Map of backend name → function that makes the backend, given the reason for choosing it. */
const BACKENDS: Readonly<Record<string, (reason: string) => DatagramBackend>> = {
  native: (reason) => NativeBackend.load(reason),
  dgram: (reason) => new DgramBackend({ reason }),
};

/**
 * Returns the best available backend: native, else dgram. `wanted`, or else the environment variable `GROUPCAST_BACKEND`, overrides that.
 *
 * Falls back only when the addon cannot be loaded; `backend.reason` says why.
 *
 * @param wanted - `"native"` or `"dgram"`.
 * @throws InvalidArgumentError `ERR_ARGUMENT_RANGE`: no backend has that name.
 * @throws BackendLoadError `ERR_BACKEND_LOAD`: native was asked for and cannot be loaded, or the runtime is Bun or Deno, where
 * neither backend works.
 */
export function chooseBackend(wanted?: string): DatagramBackend {
  if (wanted !== undefined) return backendNamed(wanted, "backend", "it was asked for");
  const variable = process.env[VARIABLE];
  return variable === undefined || variable === "" ? nativeElseDgram() : backendNamed(variable, VARIABLE, `${VARIABLE} asks for it`);
}

function backendNamed(name: string, argument: string, reason: string): DatagramBackend {
  const make = Object.hasOwn(BACKENDS, name) ? BACKENDS[name] : undefined;
  if (make !== undefined) return make(reason);
  const expected = Object.keys(BACKENDS).join(" or ");
  throw new InvalidArgumentError(BASE_ERRORS.ERR_ARGUMENT_RANGE, { operation: "choose a backend", argument, value: name, expected });
}

function nativeElseDgram(): DatagramBackend {
  try {
    return NativeBackend.load("the native addon is there");
  } catch (error) {
    if (!(error instanceof BackendLoadError)) throw error;
    return new DgramBackend({ reason: error.message });
  }
}
