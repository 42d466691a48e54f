import { BASE_ERRORS, InvalidArgumentError, StateError, wrongType } from "@groupcast/base";
import type { DiagnosePortOptions, Diagnosis } from "@groupcast/diagnosis";
import { Reactor as BareReactor, type ReactorOptions as BareReactorOptions, REACTOR_ERRORS, type UDPPort } from "@groupcast/reactor";
import { chooseBackend } from "./choose-backend.js";

/** A name that bundlers do not see: of an import that they do see they make a second file, or none at all where one is asked for. */
const DIAGNOSIS: string = "@groupcast/diagnosis";

/** Options of a {@link Reactor}; each has a default. `backend` is the one that {@link chooseBackend} returns. */
export type ReactorOptions = { readonly [Name in keyof BareReactorOptions]?: BareReactorOptions[Name] | undefined };

/** A reactor on the network of this host: native where the addon can be loaded, else `node:dgram`. `reactor.backend.reason` says why. */
export class Reactor extends BareReactor {
  /**
   * Makes a reactor; opens nothing.
   *
   * @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`, `ERR_OPTION_UNKNOWN`; `ERR_NAME_UNKNOWN`: `GROUPCAST_BACKEND` names no backend.
   * @throws BackendLoadError `ERR_BACKEND_LOAD`: `GROUPCAST_BACKEND` asks for native, which cannot be loaded.
   */
  constructor(options: ReactorOptions = {}) {
    super(options?.backend === undefined ? { ...options, backend: chooseBackend() } : { ...options, backend: options.backend });
  }

  /**
   * Finds out why a port receives nothing: one diagnosis for each of its memberships, one after another, or one for its address if it has
   * none. Each listens for up to three seconds alongside the port, which keeps running, and reads the kernel's counters before and after.
   * The first call loads the package `@groupcast/diagnosis`; a bundle does not contain it. Needs Linux; elsewhere it reports what it could
   * not check.
   *
   * @param port - An open port of this reactor.
   * @returns A promise that rejects with InvalidArgumentError `ERR_ARGUMENT_TYPE`, `ERR_ARGUMENT_RANGE`, `ERR_OPTION_UNKNOWN`; with
   * StateError `ERR_REACTOR_STOPPED`; `ERR_DIAGNOSIS_LOAD`: the package is not installed with this program.
   */
  async diagnose(port: UDPPort, options?: DiagnosePortOptions): Promise<readonly Diagnosis[]> {
    if (typeof port?.getHost !== "function") throw wrongType("diagnose", "port", port, "a port, as listenMulticast() returns it");
    if (!this.ports.includes(port)) throw notOwn(port);
    const { diagnosePort } = await loadDiagnosis();
    return diagnosePort(this, port, options);
  }
}

async function loadDiagnosis(): Promise<typeof import("@groupcast/diagnosis")> {
  try {
    return (await import(/* webpackIgnore: true */ /* @vite-ignore */ DIAGNOSIS)) as typeof import("@groupcast/diagnosis");
  } catch (cause) {
    throw new StateError(REACTOR_ERRORS.ERR_DIAGNOSIS_LOAD, "diagnose", {}, { cause });
  }
}

function notOwn(port: UDPPort): InvalidArgumentError {
  const wrong = { operation: "diagnose", argument: "port", value: String(port), meaning: "is no open port of this reactor" };
  return new InvalidArgumentError(BASE_ERRORS.ERR_ARGUMENT_RANGE, { ...wrong, advice: "pass one of reactor.ports" });
}
