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

/** The module `node:dgram`, as `require` and a default import return it. */
export interface Dgram {
  /** Creates a socket, and adds `listener` to its `message` event. Throws the same errors as `node:dgram` for the same arguments. */
  createSocket(type: SocketType | SocketOptions, listener?: MessageListener): DatagramSocket;
  /** Constructor of sockets. */
  Socket: SocketConstructor;
}

/** The module, as `import dgram from "@groupcast/dgram"` and `require` return it. */
const dgram: Dgram = firstFacade({
  createSocket(type, listener) {
    return new OwnSocket(type, listener);
  },
  Socket: OwnSocket,
});

/** Creates a socket, and adds `listener` to its `message` event. Throws the same errors as `node:dgram` for the same arguments. */
export const createSocket: Dgram["createSocket"] = dgram.createSocket;

/** Constructor of sockets; extend it, or call {@link createSocket}. */
export const Socket: SocketConstructor = dgram.Socket;

/** A UDP socket, under the name that `node:dgram` uses. */
export type Socket = DatagramSocket;

// biome-ignore lint/style/noDefaultExport: programs import node:dgram by default
export { dgram as default, dgram as "module.exports" };
