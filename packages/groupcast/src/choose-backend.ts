import { BackendLoadError, type DatagramBackend } from "@groupcast/backend";
import { DgramBackend } from "@groupcast/backend-dgram";
import { NativeBackend } from "@groupcast/backend-native";
import { BASE_ERRORS, InvalidArgumentError } from "@groupcast/base";

const VARIABLE = "GROUPCAST_BACKEND";

/** Backend name → how to get it, given why. */
const BACKENDS: Readonly<Record<string, (reason: string) => DatagramBackend>> = {
  native: (reason) => NativeBackend.load(reason),
  dgram: (reason) => new DgramBackend({ reason }),
};

/**
 * The best backend there is: native, else dgram. `wanted`, or else the variable `GROUPCAST_BACKEND`, decides otherwise.
 *
 * Falls back when the addon cannot be loaded, and for no other reason; why stands in `backend.reason`.
 *
 * @param wanted - `"native"` or `"dgram"`.
 * @throws InvalidArgumentError when no backend has that name. @throws BackendLoadError when it is native and cannot be loaded.
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
