import type { DatagramSocket, MessageListener, SocketConstructor, SocketOptions, SocketType } from "./dgram-api.js";
import { firstFacade } from "./first-facade.js";
import { Socket as OwnSocket } from "./socket.js";

export type {
  BindOptions,
  BindSyncOptions,
  DatagramSocket,
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
  createSocket(type: SocketType | SocketOptions, listener?: MessageListener): DatagramSocket;
  /** Constructor of sockets. */
  Socket: SocketConstructor;
}

/** The module, as `import dgram from "@groupcast/dgram"` and `require` give it. */
const dgram: Dgram = firstFacade({
  createSocket(type, listener) {
    return new OwnSocket(type, listener);
  },
  Socket: OwnSocket,
});

/** Makes a socket; `listener` is added to its `message` event. Throws what `node:dgram` throws, for the same arguments. */
export const createSocket: Dgram["createSocket"] = dgram.createSocket;

/** Constructor of sockets; extend it, or call {@link createSocket}. */
export const Socket: SocketConstructor = dgram.Socket;

/** A UDP socket, by the name that `node:dgram` has for it. */
export type Socket = DatagramSocket;

// biome-ignore lint/style/noDefaultExport: programs import node:dgram by default
export { dgram as default, dgram as "module.exports" };
