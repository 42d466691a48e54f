import type { MessageListener, SocketConstructor, SocketOptions, Socket as SocketShape, SocketType } from "./dgram-api.js";
import { Socket } from "./socket.js";

export type {
  BindOptions,
  BindSyncOptions,
  MessageListener,
  RemoteInfo,
  SocketConstructor,
  SocketOptions,
  SocketType,
} from "./dgram-api.js";

/** Makes a socket; `listener` is added to its `message` event. Throws what `node:dgram` throws, for the same arguments. */
export function createSocket(type: SocketType | SocketOptions, listener?: MessageListener): SocketShape {
  return new Socket(type, listener);
}

/** `node:dgram`'s module, as `require` and a default import give it. */
export interface Dgram {
  /** Makes a socket. */
  createSocket: typeof createSocket;
  /** Constructor of sockets. */
  Socket: SocketConstructor;
}

const dgram: Dgram = { createSocket, Socket };

// biome-ignore lint/style/noDefaultExport: programs import node:dgram by default
export { dgram as default, dgram as "module.exports", Socket };
