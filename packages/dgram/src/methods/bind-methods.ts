import { errorMonitor } from "node:events";
import { type AddressInfo, isIP } from "node:net";
import { checkObject, checkPort, checkString } from "../arguments/argument-checks.js";
import { errnoError, hostPortError, nodeError } from "../arguments/node-errors.js";
import type { BindOptions, BindSyncOptions } from "../dgram-api.js";
import { descriptorKind } from "../handle/descriptor-kind.js";
import type { Handle } from "../handle/handle.js";
import { openState, STATE, type StatefulSocket } from "../socket-state.js";
import { applyBufferSizes } from "./buffer-sizes.js";

/**
 * Event on which a bind callback is forgotten. Before Node 24 it is `error` itself, so that a callback also keeps the error from being
 * uncaught.
 */
const FAILURE = Number.parseInt(process.versions.node, 10) >= 24 ? (errorMonitor as unknown as string) : "error";

const MAX_INT32 = 0x7fff_ffff;

/** First argument of `bind`: a port number, options, nothing, or a callback. */
type BindTarget = number | BindOptions | (() => void) | null | undefined;

/** Methods of a socket that bind it. */
export const bindMethods = {
  bind(this: StatefulSocket, target: BindTarget, second?: unknown): StatefulSocket {
    const state = openState(this);
    if (state.binding !== "unbound") throw nodeError("ERR_SOCKET_ALREADY_BOUND");
    state.binding = "binding";
    // biome-ignore lint/complexity/noArguments: the callback is the last argument, however many there are; bind.length is 2 in Node
    const callback: unknown = arguments[arguments.length - 1];
    if (typeof callback === "function") onceBound(this, callback as () => void);

    const options = typeof target === "object" && target !== null ? target : undefined;
    const fd = options === undefined ? undefined : descriptorOf(options);
    if (fd !== undefined) {
      adopt(this, state.handle, fd);
      return this;
    }
    const port = options === undefined ? target : options.port;
    const given = options === undefined ? (typeof second === "function" ? "" : second) : options.address || "";
    const address = (given as string) || anyAddress(this);
    state.handle.lookup(address, (error, ip) => {
      if (state.handle === null) return; // closed meanwhile
      const failure = error ?? failureOf(state.handle.bind(ip, portNumber(port), state.flags), ip, port);
      if (failure === undefined) {
        startReceiving(this);
        this.emit("listening");
        return;
      }
      state.binding = "unbound";
      this.emit("error", failure);
    });
    return this;
  },

  bindSync(this: StatefulSocket, options: BindSyncOptions = {}): AddressInfo {
    const state = openState(this);
    checkObject(options, "options");
    if (state.binding !== "unbound") throw nodeError("ERR_SOCKET_ALREADY_BOUND");
    const port = checkPort(options.port ?? 0, "options.port", true);
    const address = options.address ? literal(options.address) : anyAddress(this);
    const failure = failureOf(state.handle.bind(address, port, state.flags), address, port);
    if (failure !== undefined) throw failure;
    startReceiving(this);
    process.nextTick(() => {
      if (state.handle !== null) this.emit("listening");
    });
    return this.address();
  },
};

function onceBound(socket: StatefulSocket, callback: () => void): void {
  const forget = (): void => {
    socket.removeListener(FAILURE, forget);
    socket.removeListener("listening", listening);
  };
  const listening = (): void => {
    forget();
    callback.call(socket);
  };
  socket.on(FAILURE, forget);
  socket.on("listening", listening);
}

/** Returns the descriptor in `options`, or that of a handle of Node's own. */
function descriptorOf(options: BindOptions & { readonly recvStart?: unknown }): number | undefined {
  const { fd } = options;
  return Number.isInteger(fd) && fd! > 0 && fd! <= MAX_INT32 ? fd : undefined;
}

function adopt(socket: StatefulSocket, handle: Handle, fd: number): void {
  const kind = descriptorKind(fd);
  if (kind !== "UDP") throw nodeError("ERR_INVALID_FD_TYPE", kind);
  const errno = handle.open(fd);
  if (errno < 0) throw errnoError(errno, "open");
  startReceiving(socket);
  socket.emit("listening");
}

function startReceiving(socket: StatefulSocket): void {
  socket[STATE].binding = "bound";
  applyBufferSizes(socket[STATE]);
}

function anyAddress({ type }: StatefulSocket): string {
  return type === "udp4" ? "0.0.0.0" : "::";
}

/** Converts to a port number as Node's C++ does: programs pass strings, and numbers that are cut to 16 bits. */
function portNumber(port: unknown): number {
  return ((port as number) >>> 0) & 0xffff;
}

function literal(address: unknown): string {
  const text = checkString(address, "options.address");
  if (isIP(text) !== 0) return text;
  throw nodeError(
    "ERR_INVALID_ARG_VALUE",
    "options.address",
    text,
    "must be a numeric IP address; bindSync does not perform DNS resolution",
  );
}

function failureOf(errno: number, address: string, port: unknown): Error | undefined {
  return errno < 0 ? hostPortError(errno, "bind", address, port) : undefined;
}
