export * from "@groupcast/reactor";
export { chooseBackend } from "./choose-backend.js";
export { Reactor, type ReactorOptions } from "./reactor.js";
