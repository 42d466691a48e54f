export * from "@groupcast/reactor";
export { chooseBackend } from "./choose-backend.js";
export { type Once, type OnceOptions, once } from "./events.js";
export { Reactor, type ReactorOptions } from "./reactor.js";
