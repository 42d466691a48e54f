import { type AddressInfo, isIP } from "node:net";
import { checkPort, checkString } from "../arguments/argument-checks.js";
import { errnoError, hostPortError, nodeError } from "../arguments/node-errors.js";
import { openState, STATE, type StatefulSocket } from "../socket-state.js";
import { blockedError } from "./block-list.js";
import { callWhenBound } from "./call-queue.js";

type Callback = ((error?: Error) => void) | undefined;

/** Methods of a socket that fix its peer. */
export const connectMethods = {
  connect(this: StatefulSocket, port_: unknown, address_?: unknown, callback_?: Callback): void {
    const port = checkPort(port_, "Port", false);
    const callback = typeof address_ === "function" ? (address_ as Callback) : callback_;
    const address = typeof address_ === "function" || address_ === undefined ? "" : checkString(address_, "address");
    const state = this[STATE];
    if (state.connection !== "disconnected") throw nodeError("ERR_SOCKET_DGRAM_IS_CONNECTED");
    state.connection = "connecting";
    if (state.binding === "unbound") this.bind({ port: 0, exclusive: true }, null as never);
    if (state.binding === "bound") lookUpAndConnect(this, { address, port, callback });
    else callWhenBound(this, () => lookUpAndConnect(this, { address, port, callback }));
  },

  connectSync(this: StatefulSocket, port_: unknown, address_?: unknown): void {
    const state = openState(this);
    const port = checkPort(port_, "Port", false);
    if (state.connection !== "disconnected") throw nodeError("ERR_SOCKET_DGRAM_IS_CONNECTED");
    const address = isGiven(address_) ? literal(address_) : this.type === "udp4" ? "127.0.0.1" : "::1";
    if (state.binding === "unbound") this.bindSync();
    else if (state.binding === "binding") throw nodeError("ERR_SOCKET_ALREADY_BOUND");
    const blocked = blockedError(state.sendBlockList, address);
    if (blocked !== undefined) throw blocked;
    const errno = state.handle.connect(address, port);
    if (errno < 0) throw hostPortError(errno, "connect", address, port);
    state.connection = "connected";
    process.nextTick(() => {
      if (state.handle !== null) this.emit("connect");
    });
  },

  disconnect(this: StatefulSocket): void {
    const state = this[STATE];
    if (state.connection !== "connected") throw nodeError("ERR_SOCKET_DGRAM_NOT_CONNECTED");
    const errno = state.handle!.disconnect();
    if (errno < 0) throw errnoError(errno, "connect");
    state.connection = "disconnected";
  },

  remoteAddress(this: StatefulSocket): AddressInfo {
    const state = openState(this);
    if (state.connection !== "connected") throw nodeError("ERR_SOCKET_DGRAM_NOT_CONNECTED");
    const peer = state.handle.peerAddress();
    if (typeof peer === "number") throw errnoError(peer, "getpeername");
    return peer;
  },
};

interface Peer {
  readonly address: string;
  readonly port: number;
  readonly callback: Callback;
}

function lookUpAndConnect(socket: StatefulSocket, { address, port, callback }: Peer): void {
  const state = socket[STATE];
  if (callback) socket.once("connect", callback);
  state.handle!.lookup(address, (lookupError, ip) => {
    if (state.handle === null) return; // closed meanwhile
    const error = lookupError ?? blockedError(state.sendBlockList, ip) ?? connectError(state.handle.connect(ip, port), address, port);
    if (error === undefined) {
      state.connection = "connected";
      process.nextTick(() => socket.emit("connect"));
      return;
    }
    state.connection = "disconnected";
    process.nextTick(() => {
      if (!callback) {
        socket.emit("error", error);
        return;
      }
      socket.removeListener("connect", callback);
      callback(error);
    });
  });
}

function connectError(errno: number, address: string, port: number): Error | undefined {
  return errno < 0 ? hostPortError(errno, "connect", address, port) : undefined;
}

function isGiven(address: unknown): boolean {
  return address !== undefined && address !== null && address !== "";
}

function literal(address: unknown): string {
  const text = checkString(address, "address");
  if (isIP(text) !== 0) return text;
  throw nodeError("ERR_INVALID_ARG_VALUE", "address", text, "must be a numeric IP address; connectSync does not perform DNS resolution");
}
