import { Reactor as BareReactor, type ReactorOptions as BareReactorOptions } from "@groupcast/reactor";
import { chooseBackend } from "./choose-backend.js";

/** What a reactor is made of; nothing of it must be given. */
export type ReactorOptions = Partial<BareReactorOptions>;

/** A reactor on the network of this host: native where the addon can be loaded, else `node:dgram`. `reactor.backend.reason` says why. */
export class Reactor extends BareReactor {
  constructor(options: ReactorOptions = {}) {
    super(options?.backend === undefined ? { ...options, backend: chooseBackend() } : { ...options, backend: options.backend });
  }
}
