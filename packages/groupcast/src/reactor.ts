import { Reactor as BareReactor, type ReactorOptions as BareReactorOptions } from "@groupcast/reactor";
import { chooseBackend } from "./choose-backend.js";

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
}
