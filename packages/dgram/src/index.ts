import type { MessageListener, SocketConstructor, SocketOptions, Socket as SocketShape, SocketType } from "./dgram-api.js";
import { Socket as OwnSocket } from "./socket.js";

export type {
  BindOptions,
  BindSyncOptions,
  MessageListener,
  RemoteInfo,
  SocketConstructor,
  SocketOptions,
  SocketType,
} from "./dgram-api.js";
export { transportOf } from "./transport-of.js";

/** `node:dgram`'s module, as `require` and a default import give it. */
export interface Dgram {
  /** Makes a socket; `listener` is added to its `message` event. Throws what `node:dgram` throws, for the same arguments. */
  createSocket(type: SocketType | SocketOptions, listener?: MessageListener): SocketShape;
  /** Constructor of sockets. */
  Socket: SocketConstructor;
}

const dgram: Dgram = {
  createSocket(type, listener) {
    return new OwnSocket(type, listener);
  },
  Socket: OwnSocket,
};

/** Makes a socket; `listener` is added to its `message` event. Throws what `node:dgram` throws, for the same arguments. */
export const createSocket: Dgram["createSocket"] = dgram.createSocket;

/** Constructor of sockets; extend it, or call {@link createSocket}. */
export const Socket: SocketConstructor = dgram.Socket;

/** A UDP socket, as `node:dgram` documents it. */
export type Socket = SocketShape;

// biome-ignore lint/style/noDefaultExport: programs import node:dgram by default
export { dgram as default, dgram as "module.exports" };
