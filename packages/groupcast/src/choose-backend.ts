import { BackendLoadError, type DatagramBackend } from "@groupcast/backend";
import { DgramBackend } from "@groupcast/backend-dgram";
import { NativeBackend } from "@groupcast/backend-native";
import { checkChoice, hideFrames } from "@groupcast/base";

hideFrames(import.meta.url);

const VARIABLE = "GROUPCAST_BACKEND";

/** Map of backend name → function that makes the backend, given the reason for choosing it. */
const BACKENDS: Readonly<Record<"native" | "dgram", (reason: string) => DatagramBackend>> = {
  native: (reason) => NativeBackend.load(reason),
  dgram: (reason) => new DgramBackend({ reason }),
};

/**
 * Returns the best available backend: native, else dgram. `wanted`, or else the environment variable `GROUPCAST_BACKEND`, overrides that.
 *
 * Falls back only when the addon cannot be loaded; `backend.reason` says why.
 *
 * @param wanted - `"native"` or `"dgram"`.
 * @throws InvalidArgumentError `ERR_NAME_UNKNOWN`: no backend has that name.
 * @throws BackendLoadError `ERR_BACKEND_LOAD`: native was asked for and cannot be loaded, or the runtime is Bun or Deno, where
 * neither backend works.
 */
export function chooseBackend(wanted?: string): DatagramBackend {
  if (wanted !== undefined) return backendNamed(wanted, "backend", "it was asked for");
  const variable = process.env[VARIABLE];
  return variable === undefined || variable === "" ? nativeElseDgram() : backendNamed(variable, VARIABLE, `${VARIABLE} asks for it`);
}

function backendNamed(name: string, argument: string, reason: string): DatagramBackend {
  const make = BACKENDS[checkChoice("chooseBackend", argument, name, Object.keys(BACKENDS) as (keyof typeof BACKENDS)[])];
  return make(reason);
}

function nativeElseDgram(): DatagramBackend {
  try {
    return NativeBackend.load("native addon loaded");
  } catch (error) {
    if (!(error instanceof BackendLoadError)) throw error;
    return new DgramBackend({ reason: `Cannot load the native backend: ${error.reason}` });
  }
}
